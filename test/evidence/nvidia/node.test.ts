import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { nvidiaClocksAt } from '../../../src/evidence/nvidia/input.ts';
import {
  type NvidiaNodeInput,
  type NvidiaNodeVerification,
  verifyNvidiaNode,
} from '../../../src/evidence/nvidia/node.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { encodeNvidiaEvidence } from '../../../src/simulator/nvidia/evidence-json.ts';
import { createNvidiaNode, type NvidiaNodeOptions } from '../../../src/simulator/nvidia/node.ts';
import { genuine, NVIDIA_VECTORS, vendorAnchor } from '../../support/nvidia-vectors.ts';
import { answerOf, answers } from '../../support/snp.ts';

/** Small, so that all of it is quickly verified under any crypto. */
const SMALL: NvidiaNodeOptions = { gpus: 2, switches: 1 };

const world = createNvidiaNode(SMALL);
const verifier = new NvidiaVerifier({
  device: [anchorFromCertificate(world.roots.device, 'root')],
  rim: [anchorFromCertificate(world.roots.rim, 'root')],
});

function verify(
  devices: NvidiaNodeInput['devices'],
  change: Partial<NvidiaNodeInput> = {},
): NvidiaNodeVerification {
  return verifyNvidiaNode({ devices, rims: world.rims, at: world.at, ...change }, verifier);
}

const devices = world.devices();

type SimulatedDevice = (typeof devices)[number];

const [gpu0, gpu1, switch0] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice];
const { nonce } = world.plan;

/** Verdict, authenticity, and what of the machine did not pass. */
function outcome(result: NvidiaNodeVerification) {
  const open = result.checks.filter((check) => check.outcome !== 'pass').map(({ id }) => id);
  return [result.verdict, result.authentic, ...open];
}

describe('a machine', () => {
  it('of two GPUs at a switch', () => {
    const result = verify(devices, { nonce, expected: { gpu: 2, switch: 1 } });
    expect(outcome(result)).toEqual(['accept', true]);
    expect(result).toMatchObject({
      evidence: 'bundle',
      anchors: 'simulator',
      revocation: 'unchecked',
    });
    expect(result.parts.map((part) => [part.evidence, part.verdict])).toEqual([
      ['nvidia-gpu', 'accept'],
      ['nvidia-gpu', 'accept'],
      ['nvidia-switch', 'accept'],
    ]);
    expect(result.claims).toMatchObject({ gpus: 2, switches: 1, mode: 'ppcie', driver: '590.12' });
  });

  it('as the JSON of NVIDIA’s tools is the same', () => {
    const text = verify(encodeNvidiaEvidence(devices, nonce), { nonce });
    expect(JSON.stringify(text)).toBe(JSON.stringify(verify(devices, { nonce })));
  });

  it('whose JSON says more than the devices did: nobody believes it', () => {
    const lies = [gpu0, gpu1, switch0].map(({ report, chain }) => ({
      evidence: toBase64(report),
      certificate: toBase64(chain),
      arch: 'BLACKWELL',
      nonce: '00'.repeat(32),
      driver_version: '1.0',
      uuid: 'GPU-0',
    }));
    const result = verify(utf8(JSON.stringify(lies)), { nonce });
    expect(result.verdict).toBe('accept');
    expect(JSON.stringify(result)).not.toContain('BLACKWELL');
    // The nonce that is compared is the signed one.
    const asked = verify(utf8(JSON.stringify(lies)), { nonce: new Uint8Array(32) });
    expect(asked.parts.map((part) => answers(part, 'fail'))).toEqual(
      Array(3).fill(['nvidia.nonce']),
    );
    expect(asked.verdict).toBe('reject');
  });

  it.each<[NvidiaNodeOptions, string]>([
    [{ mode: 'mpt', gpus: 2 }, 'mpt'],
    [{ mode: 'spt', gpus: 1 }, 'spt'],
    [{ mode: 'ppcie', model: 'h100-570', gpus: 2, switches: 1 }, 'ppcie'],
  ])('%o', (options, mode) => {
    const made = createNvidiaNode(options);
    const result = verify(made.devices(), { rims: made.rims });
    expect([result.verdict, result.claims['mode']]).toEqual(['accept', mode]);
  });

  it('is checked for revocation once every device is', () => {
    const made = createNvidiaNode({ ...SMALL, ocsp: 'all' });
    const asked = { rims: made.rims, ocsp: made.ocsp, revocation: 'required' } as const;
    expect(verify(made.devices(), asked)).toMatchObject({
      verdict: 'accept',
      revocation: 'checked',
    });
    const less = { ...asked, ocsp: made.ocsp.slice(1) };
    expect(verify(made.devices(), less)).toMatchObject({
      verdict: 'indeterminate',
      revocation: 'unchecked',
    });
    const unasked = verify(made.devices(), { rims: made.rims, ocsp: less.ocsp });
    expect(unasked).toMatchObject({ verdict: 'accept', revocation: 'unchecked' });
  });
});

describe('the manifests of a machine', () => {
  it('are one pool: what is of no device here is passed over', () => {
    const blackwell = createNvidiaNode({ mode: 'mpt', gpus: 1 });
    const rims = [...blackwell.rims, ...world.rims];
    expect(verify(devices, { rims }).verdict).toBe('accept');
  });

  it('what can’t be read is refused, as it is of one device', () => {
    const result = verify(devices, { rims: [utf8('<x/>'), ...world.rims] });
    expect(outcome(result)).toEqual(['reject', true]);
  });

  it('that are missing leave each device open, and the machine', () => {
    const result = verify(devices, { rims: [] });
    expect(outcome(result)).toEqual(['indeterminate', true]);
    for (const part of result.parts) {
      expect(answers(part, 'unresolved')).toContain('nvidia.rim.vbios.format');
    }
  });
});

describe('what is worst of one device is said of all', () => {
  it.each<[string, readonly SimulatedDevice[], string[]]>([
    [
      'a report with a bit changed',
      [{ ...gpu0, report: gpu0.report.with(110, (gpu0.report[110] ?? 0) ^ 1) }, gpu1, switch0],
      ['nvidia.topology.devices'],
    ],
    [
      'a report that is none',
      [{ ...gpu0, report: new Uint8Array() }, gpu1, switch0],
      [
        'nvidia.topology.devices',
        'nvidia.topology.distinct',
        'nvidia.topology.nonce',
        'nvidia.topology.mode',
      ],
    ],
    [
      'a report with a NUL behind it',
      [gpu0, gpu1, { ...switch0, report: concatBytes(switch0.report, Uint8Array.of(0)) }],
      [
        'nvidia.topology.devices',
        'nvidia.topology.distinct',
        'nvidia.topology.nonce',
        'nvidia.topology.mode',
      ],
    ],
    [
      'the certificates of another device',
      [{ ...gpu0, chain: gpu1.chain }, gpu1, switch0],
      ['nvidia.topology.devices', 'nvidia.topology.distinct', 'nvidia.topology.gpus'],
    ],
  ])('%s', (_, all, open) => {
    expect(outcome(verify(all))).toEqual(['reject', false, ...open]);
  });

  it('one GPU of a stranger’s, whoever names it', () => {
    const [stranger] = createNvidiaNode({ ...SMALL, seed: 'stranger' }).devices(nonce);
    const result = verify([stranger ?? gpu0, gpu1, switch0]);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(answers(result, 'unresolved')).toContain('nvidia.topology.devices');
  });

  it('evidence collected under two challenges', () => {
    const late = createNvidiaNode(SMALL).devices(new Uint8Array(32));
    const result = verify([gpu0, late[1] ?? gpu1, switch0]);
    expect(outcome(result)).toEqual(['reject', false, 'nvidia.topology.nonce']);
    // Each alone is as good as ever: only the challenge tells.
    expect(result.parts.map(({ verdict }) => verdict)).toEqual(Array(3).fill('accept'));
    const asked = verify([gpu0, late[1] ?? gpu1, switch0], { nonce });
    expect(asked.parts.map((part) => answers(part, 'fail'))).toEqual([[], ['nvidia.nonce'], []]);
  });
});

describe('what is no machine', () => {
  it('nobody', () => {
    for (const none of [[], utf8('[]')]) {
      const result = verify(none, { expected: { gpu: 0, switch: 0 } });
      expect(outcome(result)).toEqual(['reject', false, 'nvidia.topology.devices']);
    }
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['something else', '{"devices":[]}'],
    ['no report', '[{"certificate":""}]'],
  ])('%s', (_, text) => {
    const result = verify(utf8(text));
    expect(outcome(result)).toEqual(['reject', false, 'nvidia.topology.format']);
    expect(answerOf(result, 'nvidia.topology.format').path).toMatch(/^devices/);
    expect(result.parts).toEqual([]);
  });
});

it('a genuine machine of 8 GPUs and 4 switches is authentic, and nothing to compare it with is here', {
  skip: NVIDIA_VECTORS === undefined,
}, () => {
  const folders = [
    ...Array.from({ length: 8 }, (_, i) => `gpu-${i}`),
    ...[0, 1, 2, 3].map((i) => `switch-${i}`),
  ];
  const all = folders.map((name) => genuine(`ppcie-8-gpu-4-switch/${name}`));
  const vendor = new NvidiaVerifier({ device: [vendorAnchor()], rim: [vendorAnchor('rim')] });
  const at = nvidiaClocksAt(Date.UTC(2026, 5, 1));
  const result = verifyNvidiaNode({ devices: all, at, expected: { gpu: 8, switch: 4 } }, vendor);
  expect(outcome(result)).toEqual(['indeterminate', true]);
  expect(result.claims).toMatchObject({
    gpus: 8,
    switches: 4,
    mode: 'ppcie',
    driver: '590.12',
    vbios: '96.00.A5.00.01',
    switchBios: '96.10.73.00.01',
  });
});
