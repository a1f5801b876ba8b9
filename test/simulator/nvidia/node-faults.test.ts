import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_TOPOLOGY_CHECKS } from '../../../src/evidence/nvidia/checks.ts';
import {
  type NvidiaNodeVerification,
  verifyNvidiaNode,
} from '../../../src/evidence/nvidia/node.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import type { NvidiaNodeFault } from '../../../src/simulator/nvidia/faults/fault.ts';
import {
  NVIDIA_NODE_FAULTS,
  NVIDIA_NODE_VARIANTS,
  type NvidiaNodeCaseName,
  nvidiaNodeCase,
} from '../../../src/simulator/nvidia/faults/node-table.ts';
import { simulateNvidiaNode } from '../../../src/simulator/nvidia/node.ts';

function verified(fault: NvidiaNodeCaseName): NvidiaNodeVerification {
  const { devices, evidence, rims, ocsp, at, roots, questions } = simulateNvidiaNode({ fault });
  const verifier = new NvidiaVerifier({
    device: [anchorFromCertificate(roots.device, 'root')],
    rim: [anchorFromCertificate(roots.rim, 'root')],
  });
  return verifyNvidiaNode({ devices: evidence ?? devices, rims, ocsp, at, ...questions }, verifier);
}

/** Of the machine and of its devices, each id once. */
function answers({ checks, parts }: NvidiaNodeVerification, outcome: string): string[] {
  const all = [...checks, ...parts.flatMap((part) => part.checks)];
  return [
    ...new Set(all.filter((check) => check.outcome === outcome).map(({ id }) => id)),
  ].toSorted();
}

const names = <Name extends string>(cases: Readonly<Record<Name, unknown>>) =>
  Object.keys(cases) as Name[];

describe('each fault of a machine trips its own checks and no other', () => {
  it.each(names(NVIDIA_NODE_FAULTS))('%s', (name) => {
    const { fails = [], unresolved = [], skipped = [] } = nvidiaNodeCase(name);
    const verification = verified(name);
    expect(answers(verification, 'fail')).toEqual([...fails].sort());
    expect(answers(verification, 'unresolved')).toEqual([...unresolved].sort());
    expect(answers(verification, 'skipped')).toEqual([...skipped].sort());
    expect(verification.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
  });
});

describe('machines as they are, are accepted', () => {
  it.each(names(NVIDIA_NODE_VARIANTS))('%s', (name) => {
    const verification = verified(name);
    expect([answers(verification, 'fail'), answers(verification, 'unresolved')]).toEqual([[], []]);
    expect(answers(verification, 'skipped')).toEqual(
      [...(nvidiaNodeCase(name).skipped ?? [])].sort(),
    );
    expect(verification).toMatchObject({
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: name === 'node_ocsp' ? 'checked' : 'unchecked',
    });
  });
});

it('has a fault for every check that trips that check alone', () => {
  const faults: readonly NvidiaNodeFault[] = Object.values(NVIDIA_NODE_FAULTS);
  const alone = new Set<string>(
    faults.flatMap(({ fails = [], unresolved = [] }) => {
      const wrong = [...fails, ...unresolved];
      return wrong.length === 1 ? wrong : [];
    }),
  );
  // What others say of a machine is no part of it, and tested with their statements.
  expect(Object.keys(NVIDIA_TOPOLOGY_CHECKS).filter((id) => !alone.has(id))).toEqual([
    'nvidia.topology.statement',
  ]);
});
