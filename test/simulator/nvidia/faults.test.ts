import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS, type NvidiaAnchors } from '../../../src/evidence/nvidia/anchors.ts';
import { NVIDIA_CHECKS, type NvidiaCheckId } from '../../../src/evidence/nvidia/checks.ts';
import { type NvidiaVerification, verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import type { NvidiaFault } from '../../../src/simulator/nvidia/faults/fault.ts';
import {
  NVIDIA_FAULTS,
  type NvidiaFaultName,
  type NvidiaVariantName,
  nvidiaCase,
} from '../../../src/simulator/nvidia/faults/table.ts';
import { NVIDIA_VARIANTS } from '../../../src/simulator/nvidia/faults/variants.ts';
import type { NvidiaModel } from '../../../src/simulator/nvidia/model.ts';
import { simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';

type CaseName = NvidiaFaultName | NvidiaVariantName;

/** Every case with every model of which it makes sense. */
function casesOf<Name extends CaseName>(
  faults: Readonly<Record<Name, NvidiaFault>>,
): (readonly [NvidiaModel, Name])[] {
  const names = Object.keys(faults) as Name[];
  return names.flatMap((name) =>
    (nvidiaCase(name).models ?? (['h100'] as const)).map((model) => [model, name] as const),
  );
}

function verified(
  model: NvidiaModel,
  fault: CaseName,
  anchors?: NvidiaAnchors,
): NvidiaVerification {
  const { report, chain, rims, ocsp, at, roots, questions } = simulateNvidia({ model, fault });
  const simulated = {
    device: [anchorFromCertificate(roots.device, 'root')],
    rim: [anchorFromCertificate(roots.rim, 'root')],
  };
  return verifyNvidia({
    report,
    chain,
    rims,
    ocsp,
    at,
    anchors: anchors ?? simulated,
    ...questions,
  });
}

/** Skipped by the caller's leave. */
function waived({ checks }: NvidiaVerification): string[] {
  return checks.filter((check) => 'waived' in check && check.waived).map(({ id }) => id);
}

function answers({ checks }: NvidiaVerification, outcome: string): string[] {
  return checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
}

describe('each fault trips its own checks and no other', () => {
  it.each(casesOf(NVIDIA_FAULTS))('%s %s', (model, name) => {
    const { fails = [], unresolved = [], skipped = [] } = nvidiaCase(name);
    const verification = verified(model, name);
    expect(answers(verification, 'fail').sort()).toEqual([...fails].sort());
    expect(answers(verification, 'unresolved').sort()).toEqual([...unresolved].sort());
    expect(answers(verification, 'skipped').sort()).toEqual([...skipped].sort());
    expect(verification.verdict).toBe(fails.length > 0 ? 'reject' : 'indeterminate');
  });
});

describe('what is merely out of the ordinary is accepted', () => {
  it.each(casesOf(NVIDIA_VARIANTS))('%s %s', (model, name) => {
    const verification = verified(model, name);
    expect([answers(verification, 'fail'), answers(verification, 'unresolved')]).toEqual([[], []]);
    const { skipped = [] } = nvidiaCase(name);
    expect(answers(verification, 'skipped').sort()).toEqual([...skipped]);
    expect(waived(verification).sort()).toEqual(
      skipped.filter((id) => id !== 'nvidia.device.fwid'),
    );
    expect(verification.verdict).toBe('accept');
    expect([verification.authentic, verification.anchors]).toEqual([true, 'simulator']);
  });
});

describe('all OCSP responses together make the revocation checked', () => {
  it.each([
    ['valid', 'unchecked'],
    ['ocsp_one', 'unchecked'],
    ['ocsp_of_the_device_only', 'unchecked'],
    ['ocsp_all', 'checked'],
    ['ocsp_with_nonce', 'checked'],
  ] as const)('%s: %s', (name, revocation) => {
    expect(verified('h100', name).revocation).toBe(revocation);
  });
});

describe('under NVIDIA’s roots nothing of the simulator is authentic', () => {
  it.each(['h100', 'gb100', 'ls10'] as const)('%s', (model) => {
    const verification = verified(model, model === 'ls10' ? 'switch_asked' : 'valid', NVIDIA_ROOTS);
    expect([verification.verdict, verification.authentic]).toEqual(['reject', false]);
    expect(answers(verification, 'fail')).toEqual(
      expect.arrayContaining(['nvidia.chain.root', 'nvidia.rim.vbios.root']),
    );
  });

  it.each(['device', 'rim'] as const)('nor with one of the two exchanged: %s', (kind) => {
    const { roots } = simulateNvidia();
    const own = { ...NVIDIA_ROOTS, [kind]: [anchorFromCertificate(roots[kind], 'root')] };
    const verification = verified('h100', 'valid', own);
    expect([verification.verdict, verification.anchors]).toEqual(['reject', 'simulator']);
  });
});

/** A manifest that can't be relied upon leaves its measurements uncompared as well. */
const OF_MANIFESTS = /^nvidia\.rim\.(driver|vbios)\.(format|signature|chain|root|match)$/;
const FOLLOW = new Set(['nvidia.measurements.index', 'nvidia.measurements.match']);

it('has a fault for every check that trips that check alone', () => {
  const faults: readonly NvidiaFault[] = Object.values(NVIDIA_FAULTS);
  const alone = new Set(
    faults.flatMap(({ fails = [], unresolved = [] }) => {
      const wrong = [...fails, ...unresolved];
      const [cause] = wrong;
      const rest = wrong.filter(
        (id) => !(cause && OF_MANIFESTS.test(cause) && FOLLOW.has(id) && id !== cause),
      );
      return rest.length === 1 ? rest : [];
    }),
  );
  const ids = Object.keys(NVIDIA_CHECKS) as NvidiaCheckId[];
  expect(ids.filter((id) => !alone.has(id))).toEqual([]);
});

it('has no fault without a consequence', () => {
  const faults = Object.entries<NvidiaFault>(NVIDIA_FAULTS);
  const idle = faults.filter(([, { fails, unresolved }]) => !fails?.length && !unresolved?.length);
  expect(idle).toEqual([]);
  expect(faults.length).toBeGreaterThan(270);
});
