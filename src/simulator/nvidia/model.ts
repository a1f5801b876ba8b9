import type { DeviceKind } from '../../evidence/nvidia/input.ts';
import type { OpaqueName } from '../../evidence/nvidia/opaque-fields.ts';

/** A device with the firmware of its time; where it matters, by the number of the driver. */
export type NvidiaModel =
  | 'h100'
  | 'h100-620'
  | 'h100-570'
  | 'h100-535'
  | 'gb100'
  | 'gb100-575'
  | 'ls10';

export type NvidiaMode = 'spt' | 'mpt' | 'ppcie';

/** Indices as manifests count them, from 0. */
interface ActiveIndices {
  readonly driver: readonly number[];
  /** VBIOS; of a switch, BIOS. */
  readonly vbios: readonly number[];
}

/** What a chip’s hierarchy is called. */
interface ChipFacts {
  readonly kind: DeviceKind;
  /** As it stands in common names. */
  readonly chip: string;
  /** `GH100 A01 GSP`: what the names of the device’s own certificates begin with. */
  readonly part: string;
  readonly identity: string;
  readonly provisioner: string;
  /** The responders that the root, the identity CA and the provisioner appointed. */
  readonly responders: readonly [string, string, string];
  readonly crl: string;
  readonly issuedFrom: string;
  readonly firmwareId: 'composite' | 'tcb-info';
  /** `product` of its manifests. */
  readonly product: string;
  readonly edition: 'GPU' | 'SWITCH';
  readonly rimCa: string;
  readonly rimL3: string;
  readonly rimSigner: string;
  readonly rimResponders: readonly [string, string, string];
  readonly blocks: number;
  readonly active: ActiveIndices;
  /** Active indices at which genuine devices measure zeros. */
  readonly zeros: readonly number[];
}

interface ModelFacts extends ChipFacts {
  /** Empty for a switch, which runs none. */
  readonly driver: string;
  readonly vbios: string;
  readonly project: string;
  readonly projectSku: string;
  readonly chipSku: string;
  /** The fields of the opaque data in the order in which this firmware sends them. */
  readonly fields: readonly OpaqueName[];
  /** Whether a header stands before them, and each says the type of its value. */
  readonly opaqueLayout?: 'versioned';
  /** Security version of the FSP’s microcode, and the least that the VBIOS manifest lets pass. */
  readonly fspSvn?: number;
  readonly modes: readonly NvidiaMode[];
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const GH100: ChipFacts = {
  kind: 'gpu',
  chip: 'GH100',
  part: 'GH100 A01 GSP',
  identity: 'NVIDIA GH100 Identity',
  provisioner: 'NVIDIA GH100 Provisioner ICA 1',
  responders: [
    'NVIDIA OCSP Responder L1 Device Identity',
    'NVIDIA OCSP Responder L2 GH100 Identity',
    'NVIDIA OCSP Responder L3 GH100 ICA1 Identity',
  ],
  crl: 'l2-gh100',
  issuedFrom: '2020-10-17T00:00:00Z',
  firmwareId: 'composite',
  product: 'GH100',
  edition: 'GPU',
  rimCa: 'NVIDIA Reference Value GH100 CA',
  rimL3: 'NVIDIA Reference Value L3 GH100 002',
  rimSigner: 'HCC RIM L4 Signer',
  rimResponders: [
    'NVIDIA OCSP Responder L1 CoRIM Root',
    'NVIDIA OCSP Responder L2 Reference Value GH100',
    'NVIDIA OCSP Responder L3 GH100 002',
  ],
  blocks: 64,
  active: { driver: [7, ...range(21, 40)], vbios: [...range(0, 6), ...range(8, 12)] },
  zeros: [0, 8, 10, 12, 28],
};

const GB100: ChipFacts = {
  ...GH100,
  chip: 'GB100',
  part: 'GB100 A01 GSP',
  identity: 'NVIDIA GB100 Identity',
  provisioner: 'NVIDIA GB100 Provisioner ICA 00000',
  responders: [
    'NVIDIA OCSP Responder L1 Device Identity',
    'NVIDIA OCSP Responder L2 GB100 Identity',
    'NVIDIA OCSP Responder L3 GB100 ICA00000 Identity',
  ],
  crl: 'l2-gb100',
  issuedFrom: '2023-06-20T00:00:00Z',
  firmwareId: 'tcb-info',
  product: 'GB100',
  rimCa: 'NVIDIA Reference Value GB1XX CA 001',
  rimL3: 'NVIDIA Reference Value L3 GB100-CC 001',
  rimResponders: [
    'NVIDIA OCSP Responder L1 CoRIM Root',
    'NVIDIA OCSP Responder L2 Reference Value GB1XX 001',
    'NVIDIA OCSP Responder L3 GB100-CC 001',
  ],
  active: {
    driver: [14, ...range(21, 41)],
    vbios: [...range(0, 13), ...range(15, 20)],
  },
  zeros: [0, 1, 5, 7, 9, 10, 16, 23, 24, 28, 34],
};

/** Its CA is the one of GPUs: what kind of device it is stands in its own names only. */
const LS10: ChipFacts = {
  ...GH100,
  kind: 'switch',
  chip: 'LS_10',
  part: 'LS_10 A01 FSP',
  provisioner: 'NVIDIA LS_10 Provisioner ICA 1',
  responders: [
    'NVIDIA OCSP Responder L1 Device Identity',
    'NVIDIA OCSP Responder L2 GH100 Identity',
    'NVIDIA OCSP Responder L3 LS_10 ICA1 Identity',
  ],
  product: 'LS10',
  edition: 'SWITCH',
  rimCa: 'NVIDIA Reference Value LS10 CA',
  rimL3: 'NVIDIA Reference Value L3 LS10 001',
  rimSigner: 'NVIDIA Reference Value L4 LS10',
  rimResponders: [
    'NVIDIA OCSP Responder L1 CoRIM Root',
    'NVIDIA OCSP Responder L2 Reference Value LS10',
    'NVIDIA OCSP Responder L3 LS10 001',
  ],
  blocks: 31,
  active: { driver: [], vbios: range(0, 30) },
  zeros: [5, 7, 12, 13, 15, 16, 17],
};

const FIRST_FIELDS = [
  'VBIOS_VERSION',
  'BOARD_ID',
  'CHIP_SKU',
  'CHIP_SKU_MOD',
  'PROJECT',
  'PROJECT_SKU',
  'PROJECT_SKU_MOD',
  'DRIVER_VERSION',
  'GPU_INFO',
  'MSRSCNT',
  'CPRINFO',
  'NVDEC0_STATUS',
] as const satisfies readonly OpaqueName[];

const HOPPER = { ...GH100, project: 'G520', projectSku: '0200', chipSku: '885' } as const;
const BLACKWELL = { ...GB100, project: 'G525', projectSku: '0220', chipSku: '886' } as const;

export const NVIDIA_MODELS: Readonly<Record<NvidiaModel, ModelFacts>> = {
  h100: {
    ...HOPPER,
    driver: '590.12',
    vbios: '96.00.A5.00.01',
    fields: [
      ...FIRST_FIELDS,
      'FWID',
      'PROTECTED_PCIE_STATUS',
      'SWITCH_PDI',
      'OPAQUE_DATA_VERSION',
      'FEATURE_FLAG',
    ],
    modes: ['spt', 'ppcie'],
  },
  'h100-620': {
    ...HOPPER,
    driver: '620.12',
    vbios: '96.00.D9.00.0F',
    fields: [
      ...FIRST_FIELDS,
      'FSP_UCODE_SVN',
      'FWID',
      'PROTECTED_PCIE_STATUS',
      'SWITCH_PDI',
      'OPAQUE_DATA_VERSION',
      'FEATURE_FLAG',
    ],
    opaqueLayout: 'versioned',
    fspSvn: 3,
    modes: ['spt', 'ppcie'],
  },
  'h100-570': {
    ...HOPPER,
    driver: '570.124.06',
    vbios: '96.00.CF.00.02',
    fields: [...FIRST_FIELDS, 'FWID', 'PROTECTED_PCIE_STATUS', 'SWITCH_PDI'],
    modes: ['spt', 'ppcie'],
  },
  'h100-535': {
    ...HOPPER,
    driver: '535.86.10',
    vbios: '96.00.5E.00.01',
    fields: FIRST_FIELDS,
    modes: ['spt'],
  },
  gb100: {
    ...BLACKWELL,
    driver: '590.48.01',
    vbios: '97.00.D9.00.35',
    fields: [
      ...FIRST_FIELDS,
      'FWID',
      'SYS_ENABLE_STATUS',
      'OPAQUE_DATA_VERSION',
      'CHIP_INFO',
      'FEATURE_FLAG',
    ],
    modes: ['mpt', 'spt'],
  },
  'gb100-575': {
    ...BLACKWELL,
    driver: '575.32',
    vbios: '97.00.88.00.0F',
    fields: [...FIRST_FIELDS, 'FWID', 'SYS_ENABLE_STATUS', 'OPAQUE_DATA_VERSION'],
    modes: ['spt'],
  },
  ls10: {
    ...LS10,
    driver: '',
    vbios: '96.10.73.00.01',
    project: '5612',
    projectSku: '0002',
    chipSku: '890',
    fields: [
      'VBIOS_VERSION',
      'SWITCH_PDI',
      'MSRSCNT',
      'SWITCH_GPU_PDIS',
      'FLOORSWEPT_PORTS',
      'POSITION_ID',
      'LOCK_SWITCH_STATUS',
    ],
    modes: ['ppcie'],
  },
};
