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

/** The boot of an OVMF guest with a directly booted kernel, in the order real logs have. */
export function standardBoot(seed: string): BootEvent[] {
  const measured = (label: string) => deriveBytes(seed, `measurement of ${label}`, 48);
  const own = (rtmr: number, type: number, data: Uint8Array): BootEvent => ({
    rtmr,
    type,
    digest: sha384(data),
    data,
  });
  const other = (rtmr: number, type: number, label: string, data: Uint8Array): BootEvent => ({
    rtmr,
    type,
    digest: measured(label),
    data,
  });
  const separator = (rtmr: number) => own(rtmr, EVENT_TYPE.separator, new Uint8Array(4));
  const action = (text: string) => own(1, EVENT_TYPE.efiAction, utf8(text));
  return [
    other(0, EVENT_TYPE.handoffTables2, 'td hob', utf8('\tTdxTable\0\x01\0\0\0\0\0\0\0')),
    other(
      0,
      EVENT_TYPE.platformFirmwareBlob2,
      'configuration firmware volume',
      new ByteWriter()
        .u8(9)
        .bytes(utf8('Fv(Postern)'.padEnd(9).slice(0, 9)))
        .u64(0xffc00000n)
        .u64(0x84000n)
        .finish(),
    ),
    own(0, EVENT_TYPE.variableDriverConfig, variable(GLOBAL_VARIABLE, 'SecureBoot')),
    own(0, EVENT_TYPE.variableDriverConfig, variable(GLOBAL_VARIABLE, 'PK')),
    own(0, EVENT_TYPE.variableDriverConfig, variable(GLOBAL_VARIABLE, 'KEK')),
    own(0, EVENT_TYPE.variableDriverConfig, variable(IMAGE_SECURITY, 'db')),
    own(0, EVENT_TYPE.variableDriverConfig, variable(IMAGE_SECURITY, 'dbx')),
    separator(0),
    other(0, EVENT_TYPE.platformConfigFlags, 'acpi table loader', utf8('ACPI DATA')),
    other(0, EVENT_TYPE.platformConfigFlags, 'acpi rsdp', utf8('ACPI DATA')),
    other(0, EVENT_TYPE.platformConfigFlags, 'acpi tables', utf8('ACPI DATA')),
    own(0, EVENT_TYPE.variableBoot, Uint8Array.of(0, 0)),
    other(0, EVENT_TYPE.variableBoot, 'boot0000', utf8('Boot0000')),
    other(
      1,
      EVENT_TYPE.bootServicesApplication,
      'kernel',
      new ByteWriter().u64(0x7b0d4018n).u64(0x7dd400n).u64(0n).u64(0n).finish(),
    ),
    action('Calling EFI Application from Boot Option'),
    separator(1),
    action('Exit Boot Services Invocation'),
    action('Exit Boot Services Returned with Success'),
    other(
      2,
      EVENT_TYPE.eventTag,
      'command line',
      tagged(0x8f3b22ed, 'LOADED_IMAGE::LoadOptions\0'),
    ),
    other(2, EVENT_TYPE.eventTag, 'initrd', tagged(0x8f3b22ec, 'Linux initrd\0')),
  ];
}

/** UEFI_VARIABLE_DATA of an empty variable: GUID, name length, data length, UTF-16 name. */
function variable(guid: Uint8Array, name: string): Uint8Array {
  const writer = new ByteWriter().bytes(guid).u64(BigInt(name.length)).u64(0n);
  for (const letter of name) writer.u16(letter.charCodeAt(0));
  return writer.finish();
}

/** TCG_PCClientTaggedEvent: id, size, data. */
function tagged(id: number, text: string): Uint8Array {
  const data = utf8(text);
  return new ByteWriter().u32(id).u32(data.length).bytes(data).finish();
}
