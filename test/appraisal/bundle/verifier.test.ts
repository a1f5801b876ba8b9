import { describe, expect, it } from 'vitest';
import { gpuNonceFor } from '../../../src/appraisal/binding/transcript.ts';
import { BundleVerifier, verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import { bundleAnchors } from '../../../src/simulator/bundle/anchors.ts';
import { createBundleMachine, simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { edited, idsOf, verifiedBundle } from '../../support/bundle.ts';

const SMALL = { gpus: 2, switches: 0, mode: 'spt' } as const;
const whole = await simulateBundle();
const small = await simulateBundle(SMALL);

describe('a machine of eight GPUs and four switches', () => {
  const result = verifiedBundle(whole);

  it('is accepted, piece by piece and as a whole', () => {
    expect(result.verdict).toBe('accept');
    expect(result.parts.map(({ evidence }) => evidence)).toEqual([
      'tdx',
      ...Array(8).fill('nvidia-gpu'),
      ...Array(4).fill('nvidia-switch'),
    ]);
    expect(result.tcb?.status).toBe('UpToDate');
  });

  it('says what it binds, and what nobody has shown', () => {
    const { purpose, nonce, keyset } = whole.plan;
    expect(result.claims).toMatchObject({
      recipe: 'postern-v1',
      purpose,
      nonce: toHex(nonce),
      deviceNonce: toHex(gpuNonceFor({ purpose, nonce, keyset })),
      gpus: 8,
      switches: 4,
      freshness: 'not-proven',
      model: 'not-proven',
      locality: 'not-proven',
      notProven: ['freshness', 'model', 'locality'],
    });
  });
});

describe('a challenge that was asked for', () => {
  it('is what makes it fresh', async () => {
    const made = await simulateBundle({ fault: 'bundle_asked' });
    const { claims } = verifiedBundle(made);
    expect([claims['freshness'], claims['notProven']]).toEqual([
      'challenged',
      ['model', 'locality'],
    ]);
  });

  it('proves nothing where only the document repeats it', async () => {
    const machine = await createBundleMachine(SMALL);
    const [old, asked] = [1, 2].map((i) => machine.bundle({ nonce: new Uint8Array(32).fill(i) }));
    const recorded = JSON.parse(new TextDecoder().decode(old)) as Document;
    const bundle = edited(asked ?? small.bundle, (document) => ({
      ...document,
      cpu: recorded['cpu'],
      devices: recorded['devices'],
    }));
    const { at, roots } = machine;
    const result = verifyBundle({
      bundle,
      at,
      anchors: bundleAnchors(roots),
      expected: { nonce: new Uint8Array(32).fill(2) },
    });
    expect(idsOf(result, 'pass')).toContain('bundle.nonce');
    expect([result.verdict, result.claims['freshness']]).toEqual(['reject', 'not-proven']);
  });
});

describe('a device nonce that was asked for', () => {
  const deviceNonce = new Uint8Array(32).fill(9);

  it('is compared where the recipe derives one as well', () => {
    const result = verifiedBundle(small, small.bundle, { expected: { deviceNonce } });
    expect([result.verdict, idsOf(result, 'fail')]).toEqual([
      'reject',
      ['bundle.binding.device_nonce'],
    ]);
  });

  it('stays open where there is no device', async () => {
    const made = await simulateBundle({ fault: 'bundle_cpu_alone' });
    const result = verifiedBundle(made, made.bundle, { expected: { deviceNonce } });
    expect(idsOf(result, 'unresolved')).toEqual(['bundle.binding.device_nonce']);
  });
});

it('whoever wants no device is content with none', async () => {
  const made = await simulateBundle({ fault: 'bundle_cpu_alone' });
  const none = { devices: { gpu: 0, switch: 0 } };
  expect(verifiedBundle(made, made.bundle, { expected: none }).verdict).toBe('accept');
  const one = { devices: { gpu: 1 } };
  expect(verifiedBundle(made, made.bundle, { expected: one }).verdict).toBe('reject');
  expect(verifiedBundle(small, small.bundle, { expected: none }).verdict).toBe('reject');
});

describe('the model', () => {
  it('is told by a digest that was measured', async () => {
    const made = await simulateBundle({ fault: 'bundle_weights' });
    expect(verifiedBundle(made).claims['model']).toEqual({
      weightsSha256: toHex(Uint8Array.from({ length: 32 }, (_, i) => i)),
      source: 'rtmr3',
    });
  });

  it('is not told by a log that does not replay', async () => {
    const weights = new Uint8Array(32).fill(7);
    const [plain, told] = [
      await simulateBundle(SMALL),
      await simulateBundle({ ...SMALL, weights }),
    ];
    const log = (JSON.parse(new TextDecoder().decode(told.bundle)) as Document)['cpu'] as Document;
    const file = edited(plain.bundle, (document) => ({
      ...document,
      cpu: { ...(document['cpu'] as Document), event_log: log['event_log'] },
    }));
    const result = verifiedBundle(plain, file);
    expect([result.verdict, result.claims['model']]).toEqual(['reject', 'not-proven']);
    expect(idsOf(result.parts[0] ?? result, 'fail')).toContain('tdx.event_log.rtmr3');
  });
});

type Document = Record<string, unknown>;

it('without endorsements it is authentic at best, and never accepted', async () => {
  const made = await simulateBundle({ ...SMALL, endorsements: 'none' });
  const result = verifiedBundle(made);
  expect(result.verdict).toBe('indeterminate');
  expect(idsOf(result.parts[1] ?? result, 'unresolved')).toContain('nvidia.rim.driver.format');
});

it('under the vendors’ own roots nothing of the simulator is authentic', () => {
  const { bundle, at } = small;
  const anchors = { tdx: [INTEL_SGX_ROOT], snp: AMD_ROOTS, nvidia: NVIDIA_ROOTS };
  const result = verifyBundle({ bundle, at, anchors });
  expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  for (const part of result.parts) expect(part.authentic).toBe(false);
});

describe('a verifier that has seen much', () => {
  it('answers as one that has seen nothing', async () => {
    const machine = await createBundleMachine(SMALL);
    const anchors = bundleAnchors(machine.roots);
    const verifier = new BundleVerifier(anchors);
    for (const i of [1, 2, 3]) {
      const bundle = machine.bundle({ nonce: new Uint8Array(32).fill(i), attestationSeed: `${i}` });
      const [seen, unseen] = [
        verifier.verify({ bundle, at: machine.at }),
        verifyBundle({ bundle, at: machine.at, anchors }),
      ];
      expect(JSON.stringify(seen)).toBe(JSON.stringify(unseen));
      expect(seen.verdict).toBe('accept');
    }
  });
});

describe('a relay', () => {
  it('that shows devices of two machines under one CPU is found out by their nonce', async () => {
    const other = await simulateBundle({ ...SMALL, seed: 'another machine' });
    const file = edited(small.bundle, (document) => ({
      ...document,
      devices: (JSON.parse(new TextDecoder().decode(other.bundle)) as Document)['devices'],
    }));
    const result = verifiedBundle(small, file);
    expect(idsOf(result, 'fail')).toEqual(
      expect.arrayContaining(['bundle.binding.report_data', 'bundle.binding.device_nonce']),
    );
  });

  it('that shows one CPU’s quote under another’s binding is found out', async () => {
    const machine = await createBundleMachine(SMALL);
    const [mine, theirs] = [1, 2].map((i) => machine.bundle({ nonce: new Uint8Array(32).fill(i) }));
    const theirCpu = (JSON.parse(new TextDecoder().decode(theirs)) as Document)['cpu'];
    const file = edited(mine ?? small.bundle, (document) => ({ ...document, cpu: theirCpu }));
    const { at, roots } = machine;
    const result = verifyBundle({ bundle: file, at, anchors: bundleAnchors(roots) });
    expect(idsOf(result, 'fail')).toEqual(['bundle.binding.report_data']);
  });
});

describe('a machine may bring a CRL along that revokes, and none that clears', () => {
  it('SEV-SNP stays unchecked with a list of its own choice', async () => {
    const made = await simulateBundle({ ...SMALL, cpu: 'snp' });
    expect(verifiedBundle(made).parts[0]).toMatchObject({
      evidence: 'snp',
      verdict: 'accept',
      revocation: 'unchecked',
    });
  });
});
