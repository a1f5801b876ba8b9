import { toHex } from '../../../core/bytes/hex.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { Fault } from '../../../core/fault.ts';

/** UEFI_VARIABLE_DATA, the event data of the EV_EFI_VARIABLE_… types. */
export interface UefiVariable {
  /** In the usual text form, e.g. `8be4df61-93ca-11d2-aa0d-00e098032b8c`. */
  readonly vendorGuid: string;
  /** UTF-16LE without terminator. */
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  /** Offset of `value` in the event data. */
  readonly valueAt: number;
}

/**
 * UEFI_VARIABLE_DATA (TCG PC Client Platform Firmware Profile 1.06, section 10.2.6)
 *
 * | offset | size  | field                                  |
 * |--------|-------|----------------------------------------|
 * | 0      | 16    | VariableName, the vendor GUID          |
 * | 16     | 8     | UnicodeNameLength, n in UTF-16 units   |
 * | 24     | 8     | VariableDataLength, m in bytes         |
 * | 32     | 2 × n | UnicodeName                            |
 * |        | m     | VariableData                           |
 *
 * @returns undefined when the data is not exactly such a structure; replay does not look at
 *   it, so that is no reason to refuse a log.
 */
export function readUefiVariable(data: Uint8Array): UefiVariable | undefined {
  try {
    const r = new ByteReader(data, 'variable');
    const guid = r.bytes(16, 'vendor_guid');
    const nameUnits = r.u64('name_length');
    const valueLength = r.u64('data_length');
    // Compared as bigint first: 2^63 UTF-16 units would wrap or lose bits as a number.
    if (nameUnits > BigInt(data.length) || valueLength > BigInt(data.length)) return undefined;
    const name = r.bytes(2 * Number(nameUnits), 'name');
    const valueAt = r.offset;
    const value = r.bytes(Number(valueLength), 'data');
    r.end();
    return { vendorGuid: guidText(guid), name, value, valueAt };
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

/** EFI_GUID: the first three fields are little-endian numbers, the rest bytes (UEFI 2.10, appendix A). */
function guidText(guid: Uint8Array): string {
  const part = (start: number, end: number) => toHex(guid.subarray(start, end));
  const number = (start: number, end: number) => toHex(guid.subarray(start, end).toReversed());
  return [number(0, 4), number(4, 6), number(6, 8), part(8, 10), part(10, 16)].join('-');
}
