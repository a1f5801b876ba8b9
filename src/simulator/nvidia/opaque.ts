import { fromHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';
import { OPAQUE_TYPES, type OpaqueName } from '../../evidence/nvidia/opaque-fields.ts';
import { deriveBytes } from '../keys.ts';
import { NVIDIA_MODELS, type NvidiaMode, type NvidiaModel } from './model.ts';

/** The devices of the machine that a device is in, of which it names some. */
export interface Fabric {
  readonly gpus: number;
  readonly switches: number;
  /** Which machine it is, where its world has several. */
  readonly machine?: string;
}

/** @param name of a device within its machine, `gpu 3`. */
export function deviceLabel(name: string, machine: string | undefined): string {
  return machine === undefined ? name : `${name} of ${machine}`;
}

/** What a device says of itself beside its measurements. */
export interface OpaqueFacts {
  readonly seed: string;
  readonly model: NvidiaModel;
  readonly mode: NvidiaMode;
  /** Label of the device in its machine, `gpu 3`. */
  readonly device: string;
  readonly fabric: Fabric;
  readonly fwid: Uint8Array;
}

export interface OpaqueField {
  readonly type: number;
  /** Written where there is a header. */
  readonly valueType?: number;
  readonly data: Uint8Array;
}

/** What newer drivers write before the fields. */
export interface OpaqueHeader {
  magic: string;
  profile: number;
  /** Major, minor, patch, and a byte of padding. */
  version: number[];
}

/** What a value is of, with the numbers that SPDM has for measurements. */
const VALUE_TYPE = {
  firmwareDigest: 0x01,
  hardware: 0x82,
  configuration: 0x83,
  manifest: 0x84,
  deviceMode: 0x85,
  version: 0x86,
  securityVersion: 0x87,
} as const;

/** NVLinks of a GPU, and what a switch has room for. */
const GPU_LINKS = 18;
const SWITCH_GPUS = 8;
const SWITCH_PORTS = 64;
/** A switch counts fewer measurements than it has. */
const SWITCH_COUNTERS = 27;

const FEATURE_FLAG = { spt: 0, mpt: 1, ppcie: 2 } as const;

/** The number by which devices name each other, 8 bytes, as it stands in certificates. */
export function pdiOf(seed: string, device: string): Uint8Array {
  return deriveBytes(seed, `PDI of ${device}`, 8);
}

export function standardOpaque(facts: OpaqueFacts): OpaqueField[] {
  const { model, mode } = facts;
  const { kind, fields, opaqueLayout } = NVIDIA_MODELS[model];
  return fields
    .filter((name) => name !== 'SWITCH_PDI' || kind === 'switch' || mode === 'ppcie')
    .map((name) => ({
      type: OPAQUE_TYPES[name],
      ...(opaqueLayout && { valueType: valueTypeOf(name) }),
      data: dataOf(name, facts),
    }));
}

export function standardHeader(model: NvidiaModel): OpaqueHeader | undefined {
  const { opaqueLayout } = NVIDIA_MODELS[model];
  return opaqueLayout && { magic: 'NVDAOD', profile: 0, version: [2, 0, 0, 0] };
}

/** Type, with a header the type of the value, size, data, little-endian, one behind the other. */
export function encodeOpaque(
  fields: readonly OpaqueField[],
  header: OpaqueHeader | undefined,
): Uint8Array {
  const writer = new ByteWriter();
  if (header) {
    writer.bytes(utf8(header.magic)).u16(header.profile).bytes(Uint8Array.from(header.version));
  }
  for (const { type, valueType = 0, data } of fields) {
    writer.u16(type);
    if (header) writer.u16(valueType);
    writer.u16(data.length).bytes(data);
  }
  return writer.finish();
}

function valueTypeOf(name: OpaqueName): number {
  switch (name) {
    case 'FWID':
      return VALUE_TYPE.firmwareDigest;
    case 'CPRINFO':
      return VALUE_TYPE.configuration;
    case 'MSRSCNT':
      return VALUE_TYPE.manifest;
    case 'PROTECTED_PCIE_STATUS':
    case 'FEATURE_FLAG':
      return VALUE_TYPE.deviceMode;
    case 'DRIVER_VERSION':
    case 'VBIOS_VERSION':
    case 'OPAQUE_DATA_VERSION':
      return VALUE_TYPE.version;
    case 'FSP_UCODE_SVN':
      return VALUE_TYPE.securityVersion;
    default:
      return VALUE_TYPE.hardware;
  }
}

function dataOf(name: OpaqueName, facts: OpaqueFacts): Uint8Array {
  const { seed, model, mode, device } = facts;
  const { kind, driver, vbios, project, projectSku, chipSku, chip, blocks } = NVIDIA_MODELS[model];
  const { opaqueLayout, fspSvn = 0 } = NVIDIA_MODELS[model];
  switch (name) {
    case 'VBIOS_VERSION':
      return kind === 'gpu' ? packVbios(vbios) : utf8(vbios);
    case 'DRIVER_VERSION':
      return padded(driver, driver.length + 1);
    case 'PROJECT':
      return padded(project, 5);
    case 'PROJECT_SKU':
      return padded(projectSku, 5);
    case 'PROJECT_SKU_MOD':
      return new Uint8Array(2);
    case 'CHIP_SKU':
      return padded(chipSku, 9);
    case 'CHIP_SKU_MOD':
      return padded('0', 5);
    case 'CHIP_INFO':
      return utf8(chip);
    case 'BOARD_ID':
      return fromHex('37040000', 'simulator.board_id');
    case 'GPU_INFO':
      return fromHex('8001000000000000', 'simulator.gpu_info');
    case 'CPRINFO':
      return fromHex('00c00100', 'simulator.cprinfo');
    case 'MSRSCNT':
      return counters(kind === 'gpu' ? blocks : SWITCH_COUNTERS);
    case 'NVDEC0_STATUS':
      return Uint8Array.of(0x55);
    case 'FWID':
      return facts.fwid;
    case 'PROTECTED_PCIE_STATUS':
      return Uint8Array.of(mode === 'ppcie' ? 0xaa : 0x55);
    case 'SYS_ENABLE_STATUS':
      return Uint8Array.of(7, 7);
    case 'OPAQUE_DATA_VERSION':
      // With a header it is for nobody: so are these bytes of the one published report.
      if (opaqueLayout) return Uint8Array.of(0, 2);
      return Uint8Array.of(model === 'gb100-575' ? 0 : 1, 0);
    case 'FSP_UCODE_SVN':
      return Uint8Array.of(fspSvn, 0);
    case 'FEATURE_FLAG':
      return Uint8Array.of(FEATURE_FLAG[mode], 0);
    case 'SWITCH_PDI':
      return kind === 'switch' ? pdiOf(seed, device) : linkedSwitches(facts);
    case 'SWITCH_GPU_PDIS':
      return linkedGpus(facts);
    case 'FLOORSWEPT_PORTS':
      return Uint8Array.of(0xec, 0);
    case 'POSITION_ID':
      return Uint8Array.of(Number(device.split(' ')[1] ?? 0), 0);
    case 'LOCK_SWITCH_STATUS':
      return Uint8Array.of(1, 0);
    default:
      throw new RangeError(`no model of the simulator has a field ${name}`);
  }
}

function padded(text: string, length: number): Uint8Array {
  return concatBytes(utf8(text), new Uint8Array(length - text.length));
}

/** `96.00.9F.00.01` as 009f009601000000: the first four numbers backwards, the fifth, zeros. */
function packVbios(version: string): Uint8Array {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 16));
  const [fifth = 0] = numbers.splice(4);
  return Uint8Array.of(...numbers.toReversed(), fifth, 0, 0, 0);
}

/** How often each was measured, u32 each; one number is as good as another. */
function counters(count: number): Uint8Array {
  const writer = new ByteWriter();
  for (let i = 0; i < count; i++) writer.u32((7 * i) % 5);
  return writer.finish();
}

/** The switch at each NVLink, the links shared out evenly; little-endian, unlike elsewhere. */
function linkedSwitches({ seed, fabric }: OpaqueFacts): Uint8Array {
  const links = Array.from({ length: GPU_LINKS }, (_, link) =>
    fabric.switches === 0
      ? new Uint8Array(8)
      : pdiOf(seed, deviceLabel(`switch ${link % fabric.switches}`, fabric.machine)).toReversed(),
  );
  return concatBytes(...links);
}

/** The GPUs, big-endian, zeros where there are fewer than eight; then which is at which port. */
function linkedGpus({ seed, fabric }: OpaqueFacts): Uint8Array {
  const gpus = Array.from({ length: SWITCH_GPUS }, (_, i) =>
    i < fabric.gpus ? pdiOf(seed, deviceLabel(`gpu ${i}`, fabric.machine)) : new Uint8Array(8),
  );
  const ports = Uint8Array.from({ length: SWITCH_PORTS }, (_, port) =>
    port < 4 * SWITCH_GPUS ? port >> 2 : 0xff,
  );
  return concatBytes(...gpus, ports);
}
