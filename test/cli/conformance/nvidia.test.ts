import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import {
  base64url,
  gpu,
  jwks,
  KEY,
  NONCE,
  OTHER_KEY,
  statement,
  UEID,
} from '../../support/nras.ts';
import { bundleFiles, honestBundle } from '../bundle-files.ts';
import { honestNode, honestNvidia, nodeFiles, nvidiaFiles } from '../nvidia-files.ts';
import { conformance } from './cases.ts';

const stale = simulateNvidia({ fault: 'ocsp_of_another_day' });
const expired = simulateNvidia({ fault: 'rim_expired_allowed' });
const ls10 = simulateNvidia({ model: 'ls10' });
const devices = Object.fromEntries(
  honestNode.devices.flatMap(({ report, chain }, i) => [
    [`report-${i}`, report],
    [`chain-${i}`, chain],
  ]),
);

const eat = statement();
const CLAIMS = { 'GPU-0': gpu(UEID) };
const changedEat = statement({
  tokens: ({ 'GPU-0': device = '' }) => {
    const [header, , signature] = device.split('.');
    const payload = base64url(JSON.stringify(gpu(UEID, { secboot: false })));
    return { 'GPU-0': `${header}.${payload}.${signature}` };
  },
});

const files = Object.fromEntries(
  Object.entries({
    ...nvidiaFiles,
    ...devices,
    'amd.der': bundleFiles['amd.der'] ?? '',
    'intel.der': bundleFiles['root.der'] ?? '',
    'bundle.json': honestBundle.bundle,

    'evidence.json': nodeFiles['evidence.json'] ?? '',
    'bios.xml': ls10.rims[0] ?? '',
    'node-driver.xml': honestNode.rims[0] ?? '',
    'node-vbios.xml': honestNode.rims[1] ?? '',
    'node-bios.xml': honestNode.rims[2] ?? '',
    'ls10.bin': ls10.report,
    'ls10.pem': ls10.chain,
    'expired-driver.xml': expired.rims[0] ?? '',
    'expired-vbios.xml': expired.rims[1] ?? '',
    ...Object.fromEntries(stale.ocsp.map(({ response }, i) => [`stale-${i}`, response])),
    nonce: honestNvidia.plan.report.nonce,
    zeros: new Uint8Array(32),
    eat,
    'changed-eat': changedEat,
    jwks: jwks(KEY.jwk),
    'other.jwks': jwks(OTHER_KEY.jwk),
    'claims.json': JSON.stringify(CLAIMS),
    'other-claims.json': JSON.stringify({ 'GPU-0': gpu(UEID, { secboot: false }) }),
  }).map(([name, file]) => [`v/${name}`, file]),
);

const common = {
  at: '2026-06-01T00:00:00Z',
  trust: 'test-root',
  trustFile: 'root.der',
  rimTrustFile: 'rim-root.der',
};
const accepted = { expect: { verdict: 'accept' } };
const rims = { rimDriver: 'rim-0', rimVbios: 'rim-1' };
const responses = (name: string) =>
  Object.fromEntries(honestNvidia.ocsp.map((_, i) => [`of${i}`, `${name}-${i}`]));

const REPORT = {
  id: 'report',
  files: { report: 'report', chain: 'chain', ...rims, ocsp: responses('ocsp'), nonce: 'nonce' },
  ...common,
  expect: {
    verdict: 'accept',
    authentic: true,
    failed: [],
    unresolved: [],
    fields: { driver: '590.12', measurementBlocks: 64, goldenIndices: 33, skippedIndices: [35] },
  },
};
const SWITCH = {
  id: 'switch',
  files: { report: 'ls10.bin', chain: 'ls10.pem', rimBios: 'bios.xml' },
  ...common,
  expect: { verdict: 'accept', fields: { bios: '96.10.73.00.01' } },
};
const BARE = {
  id: 'bare',
  files: { report: 'report', chain: 'chain' },
  ...common,
  expect: {
    verdict: 'accept',
    scope: 'report-and-chain',
    unresolved: ['nvidia.rim.driver.format', 'nvidia.rim.vbios.format'],
  },
};
const member = (i: number) => ({ report: `report-${i}`, chain: `chain-${i}` });
const node = { rimDriver: 'node-driver.xml', rimVbios: 'node-vbios.xml', rimBios: 'node-bios.xml' };
const MACHINE = {
  id: 'machine',
  files: {
    gpus: [0, 1, 2, 3, 4, 5, 6, 7].map(member),
    switches: [8, 9, 10, 11].map(member),
    ...node,
  },
  ...common,
  expect: { verdict: 'accept', failed: [], fields: { gpus: 8, switches: 4, mode: 'ppcie' } },
};
const JSON_MACHINE = { ...MACHINE, id: 'json', files: { evidence: 'evidence.json', ...node } };
const RIM = {
  id: 'rim',
  files: { rim: 'rim-0' },
  ...common,
  trustFile: 'rim-root.der',
  rimTrustFile: undefined,
  expect: { verdict: 'accept', fields: { product: 'GH100', colloquialVersion: '590.12' } },
};
const EAT = {
  id: 'eat',
  files: { eat: 'eat', jwks: 'jwks', deviceClaims: 'claims.json' },
  at: '2026-06-01T00:30:00Z',
  trust: 'none',
  expect: { verdict: 'accept', expectedNonce: toHex(NONCE), fields: { overallResult: true } },
};
const BUNDLE = {
  id: 'bundle',
  files: { bundle: 'bundle.json', amdRoot: 'amd.der', nvidiaRoot: 'root.der' },
  ...common,
  trustFile: 'intel.der',
  expect: { verdict: 'accept', failed: [], fields: { locality: 'not-proven', gpus: 8 } },
};
const ALL = [REPORT, SWITCH, BARE, MACHINE, JSON_MACHINE, RIM, EAT, BUNDLE];

/** Runs these cases over the files above, and nothing else. */
const run = (cases: readonly unknown[]) => conformance(cases, files);

describe('a manifest of NVIDIA’s and of bundles that conforms', () => {
  it('has every kind of case, one line each, exit code 0', async () => {
    const { exit, out, err } = await run(ALL);
    expect(out.split('\n')).toEqual([
      '✓ report  accept authentic',
      '✓ switch  accept authentic',
      '✓ bare  indeterminate authentic nvidia.rim.driver.format? nvidia.rim.vbios.format?',
      '✓ machine  accept authentic',
      '✓ json  accept authentic',
      '✓ rim  accept authentic',
      '✓ eat  accept authentic',
      '✓ bundle  accept authentic UpToDate',
      '',
    ]);
    expect([exit, err]).toEqual([0, '8 cases, 0 different\n']);
  });

  it('in JSON has the members of the contract', async () => {
    const { reports } = await run([MACHINE]);
    expect(reports).toStrictEqual([
      {
        id: 'machine',
        verdict: 'accept',
        authentic: true,
        failed: [],
        unresolved: [],
        fields: expect.objectContaining({ gpus: 8, switches: 4 }),
        differs: [],
      },
    ]);
  });

  it('may expect a refusal, and its reason', async () => {
    const refused = (...failed: string[]) => ({ verdict: 'reject', failed });
    const { gpus, switches } = MACHINE.files;
    const cases = [
      { ...REPORT, files: { ...REPORT.files, nonce: 'zeros' }, expect: refused('nvidia.nonce') },
      {
        ...REPORT,
        files: { report: 'report', chain: 'ls10.pem', ...rims },
        expect: { verdict: 'reject', authentic: false },
      },
      {
        ...MACHINE,
        files: { ...MACHINE.files, switches: switches.slice(1) },
        expect: refused('nvidia.topology.switches'),
      },
      {
        ...MACHINE,
        files: { ...MACHINE.files, gpus: gpus.with(7, member(0)) },
        expect: refused('nvidia.topology.distinct', 'nvidia.topology.gpus'),
      },
      { ...RIM, trustFile: 'root.der', expect: refused('nvidia.rim.root') },
      {
        ...EAT,
        expect: { ...EAT.expect, expectedNonce: '00'.repeat(32), ...refused('nras.eat.nonce') },
      },
    ];
    const { exit, reports } = await run(cases);
    expect(reports.flatMap(({ differs }) => differs)).toEqual([]);
    expect(exit).toBe(0);
  });

  it('has times for manifests and for each kind of OCSP response alone', async () => {
    const { evidence, rim, ocsp, rimOcsp } = stale.at;
    const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
    const testCase = { ...REPORT, files: { ...REPORT.files, ocsp: responses('stale') } };
    const at = {
      report: iso(evidence),
      rim: iso(rim),
      deviceOcsp: iso(ocsp),
      rimOcsp: iso(rimOcsp),
    };
    expect(await run([{ ...testCase, at }])).toMatchObject({ exit: 0 });
    expect(await run([testCase])).toMatchObject({ exit: 1 });
  });

  it('names each OCSP response by its certificate: none stands in for another’s', async () => {
    const names = ['deviceBrom', 'deviceProvisioner', 'deviceIdentity', 'rimDriverLeaf'];
    const all = [...names, 'rimVbiosLeaf', 'rimL3', 'rimCa'];
    const ocsp = Object.fromEntries(all.map((name, i) => [name, `ocsp-${i}`]));
    const testCase = { ...REPORT, files: { ...REPORT.files, ocsp } };
    const given = (wrong: object) => ({ ...testCase.files, ocsp: { ...ocsp, ...wrong } });
    const open = (id: string) => ({ verdict: 'reject', failed: [], unresolved: [id] });
    const cases = [
      testCase,
      {
        ...testCase,
        files: given({ deviceBrom: 'ocsp-1' }),
        expect: open('nvidia.ocsp.device.status'),
      },
      {
        ...testCase,
        files: given({ rimVbiosLeaf: 'ocsp-3' }),
        expect: open('nvidia.ocsp.rim.status'),
      },
    ];
    const { exit, reports } = await run(cases);
    expect(reports.flatMap(({ differs }) => differs)).toEqual([]);
    expect(exit).toBe(0);
  });

  it('may have a report alone, which leaves open who signed it', async () => {
    const wanted = {
      verdict: 'accept',
      scope: 'parse-only',
      failed: [],
      unresolved: ['nvidia.chain.format'],
      fields: { driver: '590.12', measurementBlocks: 64 },
    };
    const alone = { ...BARE, files: { report: 'report' }, expect: wanted };
    const { exit, reports } = await run([alone]);
    expect(reports[0]?.differs).toEqual([]);
    expect(exit).toBe(0);
  });

  it('shows the claims of good tokens: what rejected ones hold is nobody’s', async () => {
    const files = { ...EAT.files, eat: 'changed-eat' };
    const wanted = { verdict: 'reject', failed: ['nras.devices.signature', 'nras.eat.digests'] };
    const { exit, reports } = await run([{ ...EAT, files, expect: wanted }]);
    expect(reports[0]?.differs).toEqual([]);
    expect(exit).toBe(0);
  });

  it('an expired manifest is by policy, whatever the verdict', async () => {
    const wanted = {
      verdict: 'accept-or-reject-by-policy',
      unresolved: ['nvidia.rim.vbios.validity'],
    };
    const old = { rimDriver: 'expired-driver.xml', rimVbios: 'expired-vbios.xml' };
    const testCase = { ...BARE, files: { ...BARE.files, ...old }, expect: wanted };
    expect(await run([testCase])).toMatchObject({ exit: 0 });
  });
});

describe('a difference', () => {
  it.each([
    [
      'a verdict: refused, but accepted',
      { ...REPORT, expect: { verdict: 'reject' } },
      'verdict: want reject or indeterminate, got accept',
    ],
    [
      'trust in the vendor only',
      { ...REPORT, trust: 'vendor', trustFile: undefined },
      'verdict: want accept, got reject',
    ],
    [
      'no root for manifests',
      { ...REPORT, rimTrustFile: undefined },
      'verdict: want accept, got reject',
    ],
    ['no manifest', { ...BARE, ...accepted }, 'verdict: want accept, got indeterminate'],
    [
      'another nonce',
      { ...REPORT, files: { ...REPORT.files, nonce: 'zeros' } },
      'verdict: want accept, got reject',
    ],
    [
      'a field',
      { ...SWITCH, expect: { verdict: 'accept', fields: { bios: '1' } } },
      'bios: want "1", got "96.10.73.00.01"',
    ],
    [
      'a machine without a switch',
      { ...MACHINE, files: { ...MACHINE.files, switches: [] } },
      'verdict: want accept, got indeterminate',
    ],
    [
      'a case’s list of devices',
      { ...MACHINE, files: { gpus: ['report'] } },
      'devices[0]: want an object',
    ],
    [
      'keys of another',
      { ...EAT, files: { ...EAT.files, jwks: 'other.jwks' } },
      'verdict: want accept, got reject',
    ],
    ['no keys', { ...EAT, files: { eat: 'eat' } }, 'verdict: want accept, got indeterminate'],
    [
      'other claims than the tokens’',
      { ...EAT, files: { ...EAT.files, deviceClaims: 'other-claims.json' } },
      'deviceClaims: not the claims of the device tokens',
    ],
    [
      'a bundle under another root',
      { ...BUNDLE, files: { ...BUNDLE.files, nvidiaRoot: 'amd.der' } },
      'verdict: want accept, got reject',
    ],
    ['a missing file', { ...RIM, files: { rim: 'gone' } }, 'v/gone: can’t be read (ENOENT)'],
  ])('in %s', async (_, testCase, says) => {
    const { exit, err, reports } = await run([RIM, testCase]);
    expect([exit, err]).toEqual([1, '2 cases, 1 different\n']);
    expect(reports[1]?.differs.join('\n')).toContain(says);
  });
});
