import { utf8 } from '../../../core/bytes/text.ts';
import { append, flipBit, truncate, writeU16 } from '../../damage.ts';
import { compositeFirmwareId, tcbInfoFirmwareId } from '../extensions.ts';
import { NVIDIA_MODELS } from '../model.ts';
import { type NvidiaPlan, standardPlan } from '../plan.ts';
import { extensions, opaque, signedOver, withoutExtension, withoutOpaque } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const format = { fails: ['nvidia.opaque.format'] } as const;
const known = { unresolved: ['nvidia.opaque.known'] } as const;
const fwid = { fails: ['nvidia.device.fwid'] } as const;
const kind = { fails: ['nvidia.device.kind'] } as const;

const text = (written: string) => () => utf8(written);

/** Where the last opaque field has its size: it is FEATURE_FLAG, of two bytes. */
const LAST_SIZE_AT = -4;

const firmwareOf = ({ report }: NvidiaPlan) =>
  report.opaque.find(({ type }) => type === 20)?.data ?? new Uint8Array();

export const OPAQUE_FAULTS = {
  opaque_field_over: {
    describes: 'an opaque field that ends behind the opaque data',
    ...format,
    apply: signedOver(writeU16(LAST_SIZE_AT, 3)),
  },
  opaque_half_a_field: {
    describes: 'opaque data that ends within the head of a field',
    ...format,
    apply: signedOver(writeU16(LAST_SIZE_AT, 1)),
  },
  opaque_field_twice: {
    describes: 'two driver versions: one to find a manifest by, one that runs',
    ...format,
    apply: ({ report }) => {
      report.opaque.push({ type: 3, data: utf8('550.90.07\0') });
    },
  },
  opaque_vbios_short: {
    describes: 'a VBIOS version of seven bytes',
    ...format,
    apply: opaque('VBIOS_VERSION', truncate(7)),
  },
  opaque_vbios_as_text: {
    describes: 'a GPU that writes its VBIOS version as a switch does',
    ...format,
    apply: opaque('VBIOS_VERSION', text('96.00.A5.00.01')),
  },
  opaque_fwid_sha256: {
    describes: 'a firmware id of 32 bytes',
    ...format,
    apply: opaque('FWID', truncate(32)),
  },
  opaque_nvdec_two_bytes: {
    describes: 'the state of NVDEC in two bytes',
    ...format,
    apply: opaque('NVDEC0_STATUS', append(Uint8Array.of(0))),
  },
  opaque_flag_one_byte: {
    describes: 'a feature flag of one byte',
    ...format,
    apply: opaque('FEATURE_FLAG', truncate(1)),
  },
  opaque_pdis_seventeen: {
    describes: 'a switch for 17 of 18 links',
    ...format,
    options: { mode: 'ppcie' },
    apply: opaque('SWITCH_PDI', truncate(17 * 8)),
  },
  opaque_driver_behind_nul: {
    describes: 'a driver version with something behind its NUL',
    ...format,
    apply: opaque('DRIVER_VERSION', text('590.12\0x')),
  },
  opaque_driver_control: {
    describes: 'a driver version with a line break in it',
    ...format,
    apply: opaque('DRIVER_VERSION', text('590.12\n\0')),
  },
  opaque_version_2: {
    describes: 'opaque data of a version that does not exist yet',
    ...known,
    apply: opaque('OPAQUE_DATA_VERSION', () => Uint8Array.of(2, 0)),
  },
  opaque_version_high_byte: {
    describes: 'version 1 in the low byte of a larger number',
    ...known,
    apply: opaque('OPAQUE_DATA_VERSION', () => Uint8Array.of(1, 1)),
  },
  opaque_unknown_type: {
    describes: 'a field of a type that nobody knows the meaning of',
    ...known,
    apply: opaque(37, () => Uint8Array.of(1)),
  },
  opaque_invalid_type: {
    describes: 'a field of the type that NVIDIA calls invalid',
    ...known,
    apply: opaque(255, () => new Uint8Array()),
  },
  opaque_other_type_allowed: {
    describes: 'a field of an unknown type, while the caller allows another',
    ...known,
    apply: opaque(37, () => Uint8Array.of(1)),
    asks: () => ({ relax: { opaqueTypes: [38] } }),
  },
  fwid_other: {
    describes: 'the firmware that runs is not the one that the leaf was made for',
    ...fwid,
    models: ['h100', 'gb100'],
    apply: opaque('FWID', flipBit(0)),
  },
  fwid_zero: {
    describes: 'a firmware id of zeros, which the certificate has in its second place',
    ...fwid,
    models: ['h100', 'gb100'],
    apply: opaque('FWID', () => new Uint8Array(48)),
  },
  fwid_leaf_without: {
    describes: 'a leaf that names no firmware, and a report that does',
    ...fwid,
    models: ['h100', 'gb100'],
    apply: withoutExtension('leaf', 'firmwareId'),
  },
  fwid_second_of_two: {
    describes: 'the right firmware in the second place of DiceTcbInfo',
    ...fwid,
    models: ['gb100'],
    apply: (plan) => {
      const { part } = NVIDIA_MODELS[plan.model];
      const digests = [new Uint8Array(48), firmwareOf(plan)];
      extensions('leaf', { firmwareId: tcbInfoFirmwareId(part, digests) })(plan);
    },
  },
  fwid_twice: {
    describes: 'a leaf with the firmware of both generations',
    ...fwid,
    models: ['gb100'],
    apply: (plan) =>
      extensions('leaf', { otherFirmwareId: compositeFirmwareId(firmwareOf(plan)) })(plan),
  },
  fwid_no_digest: {
    describes: 'a DiceTcbInfo without a firmware',
    ...fwid,
    models: ['gb100'],
    apply: ({ certificates: { leaf } }) => {
      leaf.extensions.firmwareId = tcbInfoFirmwareId('GB100 A01 GSP', []);
    },
  },
  fwid_short_in_leaf: {
    describes: 'a leaf with a firmware id of 47 bytes',
    ...fwid,
    apply: (plan) =>
      extensions('leaf', { firmwareId: compositeFirmwareId(firmwareOf(plan).slice(1)) })(plan),
  },
  kind_switch_asked: {
    describes: 'the good report of a GPU where one of a switch was asked for',
    ...kind,
    asks: () => ({ device: 'switch' }),
  },
  kind_gpu_asked: {
    describes: 'the good report of a switch where one of a GPU was asked for',
    ...kind,
    models: ['ls10'],
    skipped: ['nvidia.device.fwid'],
    asks: () => ({ device: 'gpu' }),
  },
  kind_63_blocks: {
    describes: 'a report of neither kind, by the number of its measurements',
    unresolved: ['nvidia.device.kind'],
    apply: ({ report }) => {
      report.blocks.pop();
    },
  },
  kind_report_of_a_gpu: {
    describes: 'a switch, in whose chain nothing but its own names say so, signed for a GPU',
    ...kind,
    models: ['ls10'],
    skipped: ['nvidia.device.fwid'],
    apply: (plan) => {
      const { report, rims } = standardPlan({ seed: plan.seed, model: 'h100' });
      Object.assign(plan.report, report);
      withoutOpaque('FWID')(plan);
      const { version, rows } = rims.vbios;
      Object.assign(plan.rims.vbios, { version, rows });
    },
  },
  kind_report_of_a_switch: {
    describes: 'a GPU signed for a switch, of which no manifest of a GPU could be',
    ...kind,
    unresolved: ['nvidia.rim.driver.format', 'nvidia.rim.vbios.format'],
    skipped: ['nvidia.device.fwid'],
    apply: ({ report, seed }) => {
      Object.assign(report, standardPlan({ seed, model: 'ls10' }).report);
    },
  },
} as const satisfies NvidiaFaults;
