import { toHex } from '../core/bytes/hex.ts';
import { ByteReader } from '../core/bytes/reader.ts';
import { utf8 } from '../core/bytes/text.ts';
import { Fault, malformed } from '../core/fault.ts';

/** Of guest memory. */
export const PAGE_SIZE = 4096;

const HEADER_SIZE = 16;

export interface SectionTable {
  /** Stands at the first descriptor. */
  readonly reader: ByteReader;
  /** Descriptors, all of which are in the image. */
  readonly count: number;
}

/**
 * The header that TDVF's descriptor and OVMF's SEV metadata share: what the VMM has to put into
 * the memory of a guest before it starts.
 *
 * | offset | size | field                                                   |
 * |--------|------|---------------------------------------------------------|
 * | 0      | 4    | signature                                               |
 * | 4      | 4    | length of header and descriptors, which may be more     |
 * | 8      | 4    | version, 1                                              |
 * | 12     | 4    | number of descriptors                                   |
 *
 * @param fromEnd where it begins, in bytes before the end of the firmware.
 * @throws Fault at `at`: `malformed`, or `unsupported` for another version.
 */
export function readSectionTable(
  firmware: Uint8Array,
  fromEnd: number,
  { at, signature, descriptorSize }: { at: string; signature: string; descriptorSize: number },
): SectionTable {
  if (fromEnd > firmware.length) {
    throw malformed(at, `begins ${fromEnd} bytes before the end of ${firmware.length} bytes`);
  }
  const reader = new ByteReader(firmware.subarray(firmware.length - fromEnd), at);
  if (toHex(reader.bytes(4, 'signature')) !== toHex(utf8(signature))) {
    throw malformed(`${at}.signature`, `want "${signature}"`);
  }
  const length = reader.u32('length');
  const version = reader.u32('version');
  if (version !== 1) throw new Fault('unsupported', `${at}.version`, `want 1, got ${version}`);
  const count = reader.u32('count');
  if (count > (Math.min(length, fromEnd) - HEADER_SIZE) / descriptorSize) {
    throw malformed(`${at}.count`, `${count} sections do not fit into ${length} bytes`);
  }
  return { reader, count };
}
