import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { type NvidiaInput, nvidiaClocksAt } from '../../../src/evidence/nvidia/input.ts';
import { verifyNvidiaNode } from '../../../src/evidence/nvidia/node.ts';
import { withNrasStatements } from '../../../src/evidence/nvidia/nras/statements.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import type { NvidiaPlan } from '../../../src/simulator/nvidia/plan.ts';
import { type NvidiaSimulation, simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { expectGoodUntil, kindsOf } from '../../support/until.ts';

const SOON = '2026-06-01T03:04:05Z';
const NOW = Date.UTC(2026, 5, 1);
const RIM_END = '2027-06-01T02:08:29Z';

function device(options: NvidiaSimulation = {}) {
  const { report, chain, rims, ocsp, roots } = simulateNvidia(options);
  const verifier = new NvidiaVerifier({
    device: [anchorFromCertificate(roots.device, 'root')],
    rim: [anchorFromCertificate(roots.rim, 'root')],
  });
  const input = { report, chain, rims, ocsp };
  return {
    ...input,
    verifier,
    verify: (now: number, change: Partial<NvidiaInput> = {}) =>
      verifier.verify({ ...input, at: nvidiaClocksAt(now), ...change }),
  };
}

const good = device();

it('holds until the first signer of its manifests ends, and names them', () => {
  expectGoodUntil(good.verify, NOW, RIM_END);
  const { endorsements } = good.verify(NOW);
  const digests = good.rims.map((xml) => ({ kind: 'rim', sha256: toHex(sha256(xml)) }));
  expect(endorsements).toHaveLength(2);
  expect(endorsements).toEqual(expect.arrayContaining(digests));
});

it.each<[string, (plan: NvidiaPlan) => void]>([
  [
    'the leaf',
    ({ certificates }) => {
      certificates.leaf.notAfter = SOON;
    },
  ],
  [
    'the root of devices',
    ({ certificates }) => {
      certificates.root.notAfter = SOON;
    },
  ],
  [
    'the signer of one manifest',
    ({ certificates }) => {
      certificates.vbiosSigner.notAfter = SOON;
    },
  ],
  [
    'the root of manifests',
    ({ certificates }) => {
      certificates.rimRoot.notAfter = SOON;
    },
  ],
  [
    'what OCSP says of a CA',
    ({ ocsp }) => {
      ocsp.provisioner.nextUpdate = SOON;
    },
  ],
  [
    'what OCSP says of a signer',
    ({ ocsp }) => {
      ocsp.driverSigner.nextUpdate = SOON;
    },
  ],
  [
    'a responder',
    ({ certificates }) => {
      certificates.identityResponder.notAfter = SOON;
    },
  ],
])('holds no longer than %s', (_, edit) => {
  const made = device({ ocsp: 'all', edit });
  expectGoodUntil(made.verify, NOW, SOON);
});

it('with OCSP holds until the first response is to be updated, and names them all', () => {
  const made = device({ ocsp: 'all' });
  expectGoodUntil(made.verify, NOW, '2026-06-01T12:00:00Z');
  const kinds = kindsOf(made.verify(NOW));
  expect(kinds).toEqual([...made.ocsp.map(() => 'ocsp'), 'rim', 'rim']);
});

describe('of two responses about one certificate', () => {
  const later = device({
    ocsp: 'all',
    edit: ({ ocsp }) => {
      for (const answer of Object.values(ocsp)) answer.nextUpdate = '2026-06-02T00:00:00Z';
    },
  });
  const { ocsp } = device({ ocsp: 'all' });

  it('the one that lasts longer counts, since it is enough', () => {
    for (const both of [
      [...ocsp, ...later.ocsp],
      [...later.ocsp, ...ocsp],
    ]) {
      const verify = (now: number) => later.verify(now, { ocsp: both });
      expectGoodUntil(verify, NOW, '2026-06-02T00:00:00Z');
    }
  });

  it('yesterday’s is not relied upon', () => {
    const at = nvidiaClocksAt(Date.UTC(2026, 5, 1, 18));
    const fresh = later.verify(NOW, { at });
    const both = later.verify(NOW, { at, ocsp: [...ocsp, ...later.ocsp] });
    expect(both).toMatchObject({ verdict: 'accept', until: fresh.until });
    expect(both.endorsements).toEqual(fresh.endorsements);
  });

  it('the last of which has ended, it says when', () => {
    const result = later.verify(Date.UTC(2026, 5, 3), { ocsp: [...ocsp, ...later.ocsp] });
    expect(result).toMatchObject({ verdict: 'indeterminate', until: '2026-06-02T00:00:00Z' });
  });
});

it('signers that are past their validity and let pass do not count', () => {
  const late = Date.UTC(2027, 6, 1);
  expect(good.verify(late)).toMatchObject({ verdict: 'indeterminate', until: RIM_END });
  const relaxed = good.verify(late, { relax: { rimExpired: true } });
  expect(relaxed.verdict).toBe('accept');
  expect(relaxed.until).toBe('9999-12-31T23:59:59Z');
});

it('manifests of others are not relied upon', () => {
  const other = device({ model: 'h100-535' });
  const result = good.verify(NOW, { rims: [...good.rims, ...other.rims] });
  expect(result.endorsements).toEqual(good.verify(NOW).endorsements);
});

it('says nothing of what is no report', () => {
  const result = good.verify(NOW, { report: good.report.subarray(0, 50) });
  expect(result).not.toHaveProperty('until');
  expect(result.endorsements).toEqual([]);
});

it('names what was verified, whatever becomes of the caller’s buffers', () => {
  const made = device({ ocsp: 'all' });
  const before = made.verify(NOW).endorsements;
  const copies = () => ({
    rims: made.rims.map((xml) => new Uint8Array(xml)),
    ocsp: made.ocsp.map(({ response }) => ({ response: new Uint8Array(response) })),
  });
  for (const verifier of [made, device({ ocsp: 'all' })]) {
    const { rims, ocsp } = copies();
    const result = verifier.verify(NOW, { rims, ocsp });
    for (const bytes of [...rims, ...ocsp.map(({ response }) => response)]) bytes.fill(0);
    expect(result.endorsements).toEqual(before);
    expect(verifier.verify(NOW, copies()).endorsements).toEqual(before);
  }
});

describe('several devices', () => {
  const other = device({ device: 'gpu 1', ocsp: 'all' });
  const node = verifyNvidiaNode(
    {
      devices: [good, other],
      rims: good.rims,
      ocsp: other.ocsp,
      at: nvidiaClocksAt(NOW),
    },
    good.verifier,
  );

  it('hold as long as the first of them, and rest on what any rests on', () => {
    const untils = node.parts.map(({ until = '' }) => until);
    expect(node.until).toBe(untils.toSorted()[0]);
    expect(node.until).toBe('2026-06-01T12:00:00Z');
    for (const { endorsements } of node.parts) {
      expect(node.endorsements).toEqual(expect.arrayContaining([...(endorsements ?? [])]));
    }
    expect(kindsOf(node).filter((kind) => kind === 'rim')).toHaveLength(2);
  });

  it('with statements hold as long, and rest on the same', () => {
    const eat = new TextEncoder().encode('[]');
    const whole = withNrasStatements(node, [{ eat }], { nonce: undefined, at: NOW });
    expect([whole.until, whole.endorsements]).toEqual([node.until, node.endorsements]);
  });
});
