import type { Options } from './verb.ts';

export const ANCHOR_OPTION: Options = {
  'trust-anchor': {
    value: '<der|pem>',
    multiple: true,
    help: 'trust this root instead of the vendor’s; the result is marked as such',
  },
};

export const CPU_AND_DEVICE_ANCHOR_OPTIONS: Options = {
  ...ANCHOR_OPTION,
  'amd-trust-anchor': { value: '<der|pem>', multiple: true, help: 'the same for AMD’s root' },
  'nvidia-trust-anchor': { value: '<der|pem>', multiple: true, help: 'the same for NVIDIA’s root' },
};

export const RIM_ANCHOR_OPTION: Options = {
  'rim-trust-anchor': {
    value: '<der|pem>',
    multiple: true,
    help: 'trust this root for manifests instead of NVIDIA’s; the result is marked as such',
  },
};
