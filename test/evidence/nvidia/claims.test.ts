import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import type { NvidiaModel } from '../../../src/simulator/nvidia/model.ts';
import type { NvidiaPlan } from '../../../src/simulator/nvidia/plan.ts';
import { simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { isPlainJson } from '../../fuzz/well-formed.ts';

const { roots } = simulateNvidia();
const verifier = new NvidiaVerifier({
  device: [anchorFromCertificate(roots.device, 'root')],
  rim: [anchorFromCertificate(roots.rim, 'root')],
});

function claimsOf(
  model: NvidiaModel,
  edit: (plan: NvidiaPlan) => void = () => undefined,
  mode?: NvidiaPlan['mode'],
) {
  const { report, chain, rims, at } = simulateNvidia({ model, edit, ...(mode && { mode }) });
  return verifier.verify({ report, chain, rims, at }).claims;
}

const OF_ALL = [
  'nonce',
  'slotId',
  'measurementBlocks',
  'measurements',
  'responderNonce',
  'signature',
];
const OF_CHAIN = [
  'device',
  'chip',
  'hwModel',
  'ueid',
  'pdi',
  'leafSubject',
  'chain',
  'rootSubject',
];
const COMPARED = ['goldenIndices', 'comparedIndices', 'skippedIndices', 'mismatches'];

describe('what a device claims', () => {
  it('of a GPU, by name', () => {
    const claims = claimsOf('h100', undefined, 'ppcie');
    expect(Object.keys(claims)).toEqual(
      expect.arrayContaining([
        ...OF_ALL,
        ...['driver', 'vbios', 'project', 'projectSku', 'chipSku', 'opaqueVersion', 'featureFlag'],
        ...['protectedPcie', 'nvdec0', 'mode', 'fwid', 'switchPdis', 'opaque'],
        ...OF_CHAIN,
        ...['rimDriverId', 'rimVbiosId', 'driverRim', 'vbiosRim'],
        ...COMPARED,
      ]),
    );
    expect(claims).toMatchObject({
      driver: '590.12',
      vbios: '96.00.A5.00.01',
      mode: 'ppcie',
      protectedPcie: 'aa',
      nvdec0: '55',
      featureFlag: 2,
      opaqueVersion: 1,
      device: 'gpu',
      chip: 'GH100',
      hwModel: 'GH100 A01 GSP BROM',
      measurementBlocks: 64,
      driverRim: { product: 'GH100', edition: 'GPU', version: '590.12' },
    });
    expect(claims['leafSubject']).toMatch(
      /^CN=GH100 A01 GSP FMC LF,O=[^,]+,C=US,2\.5\.4\.5=[0-9A-F]{40}$/,
    );
    expect(claims['switchPdis']).toHaveLength(18);
  });

  it('of a switch: a BIOS, no driver, no mode', () => {
    const claims = claimsOf('ls10');
    expect(claims).toMatchObject({ bios: '96.10.73.00.01', device: 'switch', chip: 'LS_10' });
    for (const name of ['driver', 'vbios', 'mode', 'fwid', 'rimDriverId', 'driverRim']) {
      expect(claims).not.toHaveProperty(name);
    }
    expect(claims['gpuPdis']).toHaveLength(8);
    expect(claims['devicePdi']).toBe(claims['pdi']);
    expect(claims['rimBiosId']).toBe('NV_SWITCH_BIOS_5612_0002_890_9610730001');
  });

  it('of old firmware: what it does not say is not there', () => {
    const claims = claimsOf('h100-535');
    const later = [
      'fwid',
      'opaqueVersion',
      'featureFlag',
      'protectedPcie',
      'chipInfo',
      'switchPdis',
    ];
    for (const name of later) expect(claims).not.toHaveProperty(name);
    expect(claims['mode']).toBe('spt');
  });

  it('every opaque field in the order sent, unknown ones too', () => {
    const claims = claimsOf('gb100', ({ report }) => {
      report.opaque.push({ type: 77, data: Uint8Array.of(1, 2) });
    });
    const fields = claims['opaque'] as readonly { type: number; name: string | null }[];
    expect(fields.at(-1)).toEqual({ type: 77, name: null, data: '0102' });
    expect(fields[0]).toMatchObject({ type: 6, name: 'VBIOS_VERSION' });
  });

  it('opaque data that can’t be read, as it is', () => {
    const claims = claimsOf('h100', ({ report }) => {
      report.opaque.push(...report.opaque.slice(0, 1));
    });
    expect(claims['opaque']).toMatch(/^0600/);
    expect(claims).not.toHaveProperty('driver');
  });

  it('every mismatch with what was wanted and what was found', () => {
    const value = new Uint8Array(48).fill(0xee);
    const claims = claimsOf('h100', ({ report }) => {
      for (const index of [3, 21]) {
        const block = report.blocks[index];
        if (block) block.value = value;
      }
    });
    expect(claims['mismatches']).toMatchObject([
      { index: 21, source: 'driver', got: 'ee'.repeat(48) },
      { index: 3, source: 'vbios', got: 'ee'.repeat(48) },
    ]);
  });

  it.each<NvidiaModel>(['h100', 'h100-620', 'gb100', 'gb100-575', 'ls10'])(
    '%s: nothing but plain JSON',
    (model) => {
      expect(isPlainJson(claimsOf(model))).toBe(true);
    },
  );
});
