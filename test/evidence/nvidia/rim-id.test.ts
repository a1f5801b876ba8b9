import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { parseOpaqueData } from '../../../src/evidence/nvidia/opaque.ts';
import type { OpaqueName } from '../../../src/evidence/nvidia/opaque-fields.ts';
import { type WantedRim, wantedRims } from '../../../src/evidence/nvidia/rim-id.ts';
import { hex } from '../../support/hex.ts';
import { goodFields, opaqueOf, text, withFields } from '../../support/nvidia.ts';
import { deviceKeys, type Generation } from '../../support/nvidia-certificates.ts';

/** The manifests of a good device but for these fields of its report. */
async function wanted(
  generation: Generation,
  changes: Partial<Record<OpaqueName, Uint8Array | undefined>> = {},
  chip?: string,
): Promise<readonly WantedRim[]> {
  const keys = await deviceKeys(generation, undefined, chip);
  const kind = generation === 'switch' ? 'switch' : 'gpu';
  const opaque = parseOpaqueData(opaqueOf(withFields(goodFields(keys), changes)), kind);
  const identity = { kind, chip: keys.chip, hwModel: '', ueid: '', pdi: undefined } as const;
  return wantedRims(identity, opaque);
}

describe('the manifests of a device', () => {
  it('of Hopper', async () => {
    expect(await wanted('hopper')).toEqual([
      {
        kind: 'driver',
        id: 'NV_GPU_DRIVER_GH100_550.90.07',
        product: 'GH100',
        edition: 'GPU',
        version: '550.90.07',
      },
      {
        kind: 'vbios',
        id: 'NV_GPU_VBIOS_1010_0200_882_96009F0001',
        product: 'GH100',
        edition: 'GPU',
        version: '96.00.9F.00.01',
      },
    ]);
  });

  it.each([
    ['GB100', 'GB100', 'NV_GPU_CC_DRIVER_GB100_590.48.01'],
    ['GB110', 'GB110', 'NV_GPU_CC_DRIVER_GB110_590.48.01'],
    ['GB20X', 'GB20X', 'NV_GPU_CC_DRIVER_GB20X_590.48.01'],
    // The signed CHIP_INFO goes before the certificate’s name.
    ['GB100', 'GB10X', 'NV_GPU_CC_DRIVER_GB10X_590.48.01'],
  ])('of Blackwell: chain of %s, CHIP_INFO %s', async (chip, info, id) => {
    const rims = await wanted('blackwell', { CHIP_INFO: text(info) }, chip);
    expect(rims.map((rim) => [rim.id, rim.product])).toEqual([
      [id, info],
      ['NV_GPU_VBIOS_G525_0220_886_9700D90035', info],
    ]);
  });

  it.each([undefined, new Uint8Array(), text('')])(
    'of early Blackwell firmware without CHIP_INFO: of the chip that its certificate names',
    async (info) => {
      const [driver] = await wanted('blackwell', { CHIP_INFO: info });
      expect(driver).toMatchObject({ id: 'NV_GPU_CC_DRIVER_GB100_590.48.01', product: 'GB100' });
    },
  );

  it('never of Hopper’s form for another chip, nor of another chip for Hopper', async () => {
    const [hopper] = await wanted('hopper', { CHIP_INFO: text('GB100') });
    expect(hopper?.id).toBe('NV_GPU_DRIVER_GH100_550.90.07');
    const [blackwell] = await wanted('blackwell', { CHIP_INFO: text('GH100') });
    expect(blackwell?.id).toBe('NV_GPU_CC_DRIVER_GH100_590.48.01');
  });

  it('of a switch is one', async () => {
    expect(await wanted('switch')).toEqual([
      {
        kind: 'vbios',
        id: 'NV_SWITCH_BIOS_5612_0002_890_9610550001',
        product: 'LS10',
        edition: 'SWITCH',
        version: '96.10.55.00.01',
      },
    ]);
  });

  it('has its id in upper case, without dots and NULs', async () => {
    const fields = {
      PROJECT: text('g520', 9),
      PROJECT_SKU: text('02a0'),
      CHIP_SKU: text('885', 9),
    };
    const rims = await wanted('hopper', { ...fields, VBIOS_VERSION: hex('00ab00960c000000') });
    expect(rims[1]?.id).toBe('NV_GPU_VBIOS_G520_02A0_885_9600AB000C');
    expect(rims[1]?.version).toBe('96.00.AB.00.0C');
  });
});

describe('without a name there is no manifest', () => {
  it.each<[Generation, OpaqueName, string]>([
    ['hopper', 'DRIVER_VERSION', 'vbios'],
    ['blackwell', 'DRIVER_VERSION', 'vbios'],
    ['hopper', 'VBIOS_VERSION', 'driver'],
    ['hopper', 'PROJECT', 'driver'],
    ['hopper', 'PROJECT_SKU', 'driver'],
    ['hopper', 'CHIP_SKU', 'driver'],
    ['switch', 'VBIOS_VERSION', ''],
  ])('%s without %s', async (generation, name, left) => {
    for (const data of [undefined, ...(name === 'VBIOS_VERSION' ? [] : [text('')])]) {
      const rims = await wanted(generation, { [name]: data });
      expect(rims.map(({ kind }) => kind).join()).toBe(left);
    }
  });

  it.each(['550/../../x', '..\\x', 'a?b', 'a#b', 'a%2e', "a'b", 'a:b', '550|1', 'a"b', '<x>'])(
    'a driver version that would be a path or an address: %s',
    async (version) => {
      const rims = await wanted('hopper', { DRIVER_VERSION: text(version) });
      expect(rims.map(({ kind }) => kind)).toEqual(['vbios']);
      const bios = await wanted('switch', { VBIOS_VERSION: utf8(version) });
      expect(bios).toEqual([]);
    },
  );
});
