import { expect, it } from 'vitest';
import {
  platformInfoFlags,
  unknownPlatformInfoBits,
} from '../../../src/evidence/snp/platform-info.ts';

/** SEV-SNP ABI specification, "PLATFORM_INFO"; bit 6 as genuine Turin machines set it. */
const NAMES = [
  'smtEn',
  'tsmeEn',
  'eccEn',
  'raplDis',
  'ciphertextHidingDramEn',
  'aliasCheckComplete',
  'iommuWriteSafe',
  'tioEn',
];

it.each(NAMES.map((name, position) => [name, position] as const))(
  '%s is bit %i and no other',
  (name, position) => {
    const info = 1n << BigInt(position);
    const set = Object.entries(platformInfoFlags(info)).filter(([, isSet]) => isSet);
    expect(set).toEqual([[name, true]]);
    expect(unknownPlatformInfoBits(info)).toEqual([]);
  },
);

it.each(Array.from({ length: 56 }, (_, i) => i + 8))('bit %i is unknown', (position) => {
  const info = 1n << BigInt(position);
  expect(unknownPlatformInfoBits(info | 0xffn)).toEqual([position]);
  expect(Object.values(platformInfoFlags(info))).not.toContain(true);
});
