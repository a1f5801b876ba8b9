import { expect, it } from 'vitest';
import {
  nvidiaFileName,
  nvidiaKeyOfFileName,
  nvidiaKeyText,
  rimKey,
} from '../../../src/endorsements/nvidia/key.ts';
import { wants } from './world.ts';

const ID = 'NV_GPU_DRIVER_GH100_550.90.07';

it('names files that lead back to their keys', () => {
  const rim = rimKey(ID);
  expect(nvidiaFileName(rim)).toBe(`rims/${ID}.xml`);
  expect(nvidiaKeyOfFileName(`rims/${ID}.xml`)).toEqual(rim);
  const { kind, serial, issuerKey } = wants.brom;
  const name = nvidiaFileName(wants.brom);
  expect(name).toMatch(/^ocsp\/41[0-9a-f]{16}-[0-9a-f]{16}\.der$/);
  expect(nvidiaKeyOfFileName(name)).toEqual({ kind, serial, issuerKey });
  expect(nvidiaKeyText(rim)).toBe(`the manifest ${ID}`);
});

it.each([
  '',
  '.',
  '..',
  '.NV_GPU',
  '../NV_GPU',
  'NV/GPU',
  'NV\\GPU',
  'NV GPU',
  'NV%2FGPU',
  'NV?x=1',
  'NV#1',
  'nv_gpu',
  'NV_GPÜ',
  'NV\n',
  'NV\0',
  `NV${'_'.repeat(127)}`,
])('an id that could climb or add to an address is none: %j', (id) => {
  expect(() => rimKey(id)).toThrow(/^rim: want an id such as NV_GPU_DRIVER_/);
  expect(nvidiaKeyOfFileName(`rims/${id}.xml`)).toBeUndefined();
});

it.each([
  `rims/${ID}.xml.provenance.json`,
  `rims/${ID}`,
  `${ID}.xml`,
  'rims/.new-1234',
  'ocsp/41-00.der',
  'ocsp/41AA-0011223344556677.der',
  'ocsp/41aa-0011223344556677.der.certificates.pem',
  'ocsp/-0011223344556677.der',
])('no file of ours: %s', (name) => {
  expect(nvidiaKeyOfFileName(name)).toBeUndefined();
});
