import { sha384 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';
import { deriveBytes } from '../keys.ts';

/** Event types of the TCG PC Client Platform Firmware Profile, section 10.4.1. */
export const EVENT_TYPE = {
  noAction: 0x3,
  separator: 0x4,
  eventTag: 0x6,
  platformConfigFlags: 0xa,
  variableDriverConfig: 0x80000001,
  variableBoot: 0x80000002,
  bootServicesApplication: 0x80000003,
  efiAction: 0x80000007,
  platformFirmwareBlob2: 0x8000000a,
  handoffTables2: 0x8000000b,
} as const;

/** One measurement of the boot: what was extended into RTMR 0, 1 or 2, and what the log says of it. */
export interface BootEvent {
  rtmr: number;
  type: number;
  digest: Uint8Array;
  data: Uint8Array;
}

export type Registers = [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** RTMR extension: new = SHA-384(old ‖ digest), from 48 zero bytes (Intel TDX Module spec, "RTMR"). */
export function replay(
  events: readonly { readonly rtmr: number; readonly digest: Uint8Array }[],
): Registers {
  const registerOf = (rtmr: number): Uint8Array => {
    let value: Uint8Array = new Uint8Array(48);
    for (const event of events) {
      if (event.rtmr === rtmr) value = sha384(concatBytes(value, event.digest));
    }
    return value;
  };
  return [registerOf(0), registerOf(1), registerOf(2), registerOf(3)];
}

const GLOBAL_VARIABLE = fromHex('61dfe48bca93d211aa0d00e098032b8c', 'simulator.efi_global');
const IMAGE_SECURITY = fromHex('cbb219d73a3d9645a3bcdad00e67656f', 'simulator.efi_security');

const HANDOFF_TABLE = fromHex('af96bb93f2b9b84e9462e0ba74564236', 'simulator.handoff');

/** The boot of an OVMF guest with a directly booted kernel, in the order real logs have. */
export function standardBoot(seed: string): BootEvent[] {
  /** The data itself is what was measured. */
  const whole = (rtmr: number, type: number, data: Uint8Array): BootEvent => ({
    rtmr,
    type,
    digest: sha384(data),
    data,
  });
  /** The data only tells of what was measured. */
  const told = (rtmr: number, type: number, label: string, data: Uint8Array): BootEvent => ({
    rtmr,
    type,
    digest: deriveBytes(seed, `measurement of ${label}`, 48),
    data,
  });
  const separator = (rtmr: number) => whole(rtmr, EVENT_TYPE.separator, new Uint8Array(4));
  const action = (text: string) => whole(1, EVENT_TYPE.efiAction, utf8(text));
  const setting = (guid: Uint8Array, name: string) =>
    whole(0, EVENT_TYPE.variableDriverConfig, variable(guid, name, new Uint8Array()));
  const bootVariable = (name: string, value: Uint8Array): BootEvent => ({
    rtmr: 0,
    type: EVENT_TYPE.variableBoot,
    digest: sha384(value),
    data: variable(GLOBAL_VARIABLE, name, value),
  });
  const acpi = (label: string) => told(0, EVENT_TYPE.platformConfigFlags, label, utf8('ACPI DATA'));
  return [
    told(0, EVENT_TYPE.handoffTables2, 'td hob', handoffTable()),
    told(0, EVENT_TYPE.platformFirmwareBlob2, 'configuration volume', firmwareVolume()),
    setting(GLOBAL_VARIABLE, 'SecureBoot'),
    setting(GLOBAL_VARIABLE, 'PK'),
    setting(GLOBAL_VARIABLE, 'KEK'),
    setting(IMAGE_SECURITY, 'db'),
    setting(IMAGE_SECURITY, 'dbx'),
    separator(0),
    acpi('acpi table loader'),
    acpi('acpi rsdp'),
    acpi('acpi tables'),
    bootVariable('BootOrder', Uint8Array.of(0, 0)),
    bootVariable('Boot0000', utf8('a load option')),
    told(1, EVENT_TYPE.bootServicesApplication, 'kernel', imageLoad()),
    action('Calling EFI Application from Boot Option'),
    separator(1),
    action('Exit Boot Services Invocation'),
    action('Exit Boot Services Returned with Success'),
    told(2, EVENT_TYPE.eventTag, 'command line', tagged(0x8f3b22ed, 'LOADED_IMAGE::LoadOptions\0')),
    told(2, EVENT_TYPE.eventTag, 'initrd', tagged(0x8f3b22ec, 'Linux initrd\0')),
  ];
}

/** UEFI_HANDOFF_TABLE_POINTERS2: description, count, GUID and address of the TD HOB. */
function handoffTable(): Uint8Array {
  return new ByteWriter()
    .bytes(utf8('\tTdxTable\0'))
    .u64(1n)
    .bytes(HANDOFF_TABLE)
    .u64(0x809000n)
    .finish();
}

/** UEFI_PLATFORM_FIRMWARE_BLOB2: description, address, length. */
function firmwareVolume(): Uint8Array {
  const name = utf8('Fv(Simulated)');
  return new ByteWriter().u8(name.length).bytes(name).u64(0xffc00000n).u64(0x84000n).finish();
}

/** UEFI_IMAGE_LOAD_EVENT: address, length, link-time address, length of an empty device path. */
function imageLoad(): Uint8Array {
  return new ByteWriter().u64(0x7b0d4018n).u64(0x7dd400n).u64(0n).u64(0n).finish();
}

/** UEFI_VARIABLE_DATA: GUID, name length, data length, UTF-16 name, data. */
function variable(guid: Uint8Array, name: string, value: Uint8Array): Uint8Array {
  const writer = new ByteWriter().bytes(guid).u64(BigInt(name.length)).u64(BigInt(value.length));
  for (const letter of name) writer.u16(letter.charCodeAt(0));
  return writer.bytes(value).finish();
}

/** TCG_PCClientTaggedEvent: id, size, data. */
function tagged(id: number, text: string): Uint8Array {
  const data = utf8(text);
  return new ByteWriter().u32(id).u32(data.length).bytes(data).finish();
}
