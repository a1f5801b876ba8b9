import { expect, it } from 'vitest';
import { rimTitleProblem } from '../../../src/endorsements/nvidia/rim-title.ts';
import type { RimWant } from '../../../src/endorsements/nvidia/want.ts';

const want = (id: string, product?: string): RimWant => {
  return { kind: 'rim', id, ...(product !== undefined && { product }) };
};
const title = (product: string, edition: string, colloquialVersion: string) => {
  return { product, edition, colloquialVersion };
};

it.each([
  [want('NV_GPU_DRIVER_GH100_550.90.07'), title('GH100', 'GPU', '550.90.07')],
  [want('NV_GPU_DRIVER_GH100_550.90.07', 'GH100'), title('GH100', 'GPU', '550.90.07')],
  [want('NV_GPU_CC_DRIVER_GB100_575.32'), title('GB100', 'GPU', '575.32')],
  [want('NV_GPU_VBIOS_1010_0200_882_96009F0001'), title('GH100', 'GPU', '96.00.9F.00.01')],
  [want('NV_GPU_VBIOS_1010_0200_882_96009F0001'), title('GH100', 'GPU', '96.00.9f.00.01')],
  [want('NV_SWITCH_BIOS_5612_0002_890_9610550001'), title('LS10', 'SWITCH', '96.10.55.00.01')],
])('%j is %j', (asked, got) => {
  expect(rimTitleProblem(asked, got)).toBeUndefined();
});

it.each([
  ['another version', want('NV_GPU_DRIVER_GH100_550.90.07'), title('GH100', 'GPU', '550.90.08')],
  ['another chip', want('NV_GPU_DRIVER_GH100_550.90.07'), title('GB100', 'GPU', '550.90.07')],
  [
    'a Hopper id for a Blackwell device',
    want('NV_GPU_DRIVER_GH100_550.90.07', 'GB100'),
    title('GH100', 'GPU', '550.90.07'),
  ],
  ['another edition', want('NV_GPU_DRIVER_GH100_550.90.07'), title('GH100', 'NIC', '550.90.07')],
  [
    'a VBIOS of another chip',
    want('NV_GPU_VBIOS_1010_0200_882_96009F0001', 'GH100'),
    title('GB100', 'GPU', '96.00.9F.00.01'),
  ],
  [
    'a switch’s BIOS as a VBIOS',
    want('NV_GPU_VBIOS_1010_0200_882_9610550001'),
    title('LS10', 'SWITCH', '96.10.55.00.01'),
  ],
  ['an id of another kind', want('NV_NIC_FIRMWARE_CX7_28.39'), title('CX7', 'NIC', '28.39')],
  ['an empty product', want('NV_GPU_DRIVER__550.90.07'), title('', 'GPU', '550.90.07')],
])('%s', (_, asked, got) => {
  expect(rimTitleProblem(asked, got)).toMatchObject({ want: expect.any(String) });
});
