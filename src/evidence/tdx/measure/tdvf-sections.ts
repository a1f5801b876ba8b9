import type { ByteReader } from '../../../core/bytes/reader.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import { PAGE_SIZE, readSectionTable } from '../../firmware-sections.ts';

/** What a part of the image is for (TDVF design guide, "TDVF descriptor"). */
const SECTION_TYPES = {
  BFV: 0,
  CFV: 1,
  TD_HOB: 2,
  TempMem: 3,
  PermMem: 4,
  Payload: 5,
  PayloadParam: 6,
  TD_INFO: 7,
  TdParams: 8,
} as const;

export type TdvfSectionType = keyof typeof SECTION_TYPES;

export interface TdvfSection {
  readonly type: TdvfSectionType;
  /** Guest physical address, on a page border. */
  readonly gpa: number;
  /** Bytes of guest memory, whole pages. */
  readonly size: number;
  /** What the image holds of it, as a view; zeros follow up to `size`. Often nothing. */
  readonly data: Uint8Array;
  /**
   * `contents`: pages and contents go into MRTD. `place`: the pages alone do. `nothing`: the
   * guest gets these pages while it runs.
   */
  readonly measured: 'contents' | 'place' | 'nothing';
}

/** Memory, whose first contents are not the image's to say. */
const WITHOUT_DATA: readonly TdvfSectionType[] = ['TD_HOB', 'TempMem', 'PermMem'];

const MOST_SECTIONS = 256;
/** All measured sections together: each page costs a hash, and the file claims at will. */
const MOST_PAGES = 16_384;
/** As far as guest physical addresses reach. */
const GPA_LIMIT = 2 ** 52;

const MR_EXTEND = 1;
const PAGE_AUG = 2;

const AT = 'measure.firmware.tdvf';

const TABLE = { at: AT, signature: 'TDVF', descriptorSize: 32 };

/**
 * TDVF descriptor (Intel TDX Virtual Firmware design guide, "TDVF descriptor")
 *
 * | offset | size   | field                                          |
 * |--------|--------|------------------------------------------------|
 * | 0      | 4      | Signature, `TDVF`                              |
 * | 4      | 4      | Length, at least 16 + 32 × n                   |
 * | 8      | 4      | Version, 1                                     |
 * | 12     | 4      | NumberOfSectionEntry, n                        |
 * | 16     | 32 × n | sections                                       |
 *
 * @param fromEnd where it begins, in bytes before the end of the firmware.
 * @returns the sections in the order of the table, which is the order of their measurement.
 * @throws Fault at `measure.firmware.tdvf…`: `malformed`, or `unsupported` for a version, type or
 *   attribute that may mean anything, and for contents that the image does not hold.
 */
export function readTdvfSections(firmware: Uint8Array, fromEnd: number): readonly TdvfSection[] {
  const { reader: r, count } = readSectionTable(firmware, fromEnd, TABLE);
  if (count > MOST_SECTIONS) {
    throw malformed(`${AT}.count`, `want at most ${MOST_SECTIONS} sections, got ${count}`);
  }
  const sections = Array.from({ length: count }, (_, i) => readSection(r, firmware, i));
  refuseOverlap(sections);
  refuseManyPages(sections);
  return sections;
}

/**
 * One section of the descriptor (same document)
 *
 * | offset | size | field                                                   |
 * |--------|------|---------------------------------------------------------|
 * | 0      | 4    | DataOffset, from the beginning of the image             |
 * | 4      | 4    | RawDataSize, bytes in the image                         |
 * | 8      | 8    | MemoryAddress, guest physical                           |
 * | 16     | 8    | MemoryDataSize                                          |
 * | 24     | 4    | Type                                                    |
 * | 28     | 4    | Attributes: bit 0 MR.EXTEND, bit 1 PAGE.AUG             |
 */
function readSection(r: ByteReader, firmware: Uint8Array, index: number): TdvfSection {
  const field = `sections[${index}]`;
  const at = `${AT}.${field}`;
  const dataOffset = r.u32(`${field}.data_offset`);
  const dataSize = r.u32(`${field}.raw_data_size`);
  const address = r.u64(`${field}.memory_address`);
  const memorySize = r.u64(`${field}.memory_data_size`);
  const type = typeOf(r.u32(`${field}.type`), at);
  const attributes = r.u32(`${field}.attributes`);
  const { gpa, size } = readRange(address, memorySize, at);
  if (dataSize > size) {
    throw malformed(`${at}.raw_data_size`, `${dataSize} bytes do not fit into ${size}`);
  }
  if (dataSize > 0 && dataOffset + dataSize > firmware.length) {
    throw malformed(
      `${at}.data_offset`,
      `wants ${dataSize} bytes at 0x${dataOffset.toString(16)} of ${firmware.length}`,
    );
  }
  if (WITHOUT_DATA.includes(type) && dataSize > 0) {
    throw malformed(`${at}.raw_data_size`, `want 0 for ${type}, got ${dataSize}`);
  }
  const measured = measuredBy(attributes, dataSize, at);
  if (type === 'BFV' && measured !== 'contents') {
    // Else the host could put other code there and nothing would show it.
    throw malformed(`${at}.attributes`, 'the boot firmware volume is not measured');
  }
  const data = firmware.subarray(dataOffset, dataOffset + dataSize);
  return { type, gpa, size, data, measured };
}

function readRange(address: bigint, memorySize: bigint, at: string) {
  const pageSize = BigInt(PAGE_SIZE);
  if (address % pageSize !== 0n || memorySize % pageSize !== 0n || memorySize === 0n) {
    const got = `0x${memorySize.toString(16)} at 0x${address.toString(16)}`;
    throw malformed(at, `want whole pages, got ${got}`);
  }
  if (address + memorySize > GPA_LIMIT) throw malformed(at, 'ends above 2^52');
  return { gpa: Number(address), size: Number(memorySize) };
}

function measuredBy(attributes: number, dataSize: number, at: string): TdvfSection['measured'] {
  switch (attributes) {
    case 0:
      return 'place';
    case MR_EXTEND:
      if (dataSize > 0) return 'contents';
      throw new Fault(
        'unsupported',
        `${at}.attributes`,
        'measures contents that the image does not hold',
      );
    case PAGE_AUG:
      if (dataSize === 0) return 'nothing';
      throw malformed(`${at}.attributes`, 'has contents, but no page at the start');
    case MR_EXTEND + PAGE_AUG:
      throw malformed(`${at}.attributes`, 'measures contents, but has no page at the start');
    default:
      throw new Fault('unsupported', `${at}.attributes`, `unknown 0x${attributes.toString(16)}`);
  }
}

function typeOf(code: number, at: string): TdvfSectionType {
  for (const [name, value] of Object.entries(SECTION_TYPES)) {
    if (value === code) return name as TdvfSectionType;
  }
  throw new Fault('unsupported', `${at}.type`, `unknown section type 0x${code.toString(16)}`);
}

/** The TDX module adds no page twice, so such an image starts nowhere. */
function refuseOverlap(sections: readonly TdvfSection[]): void {
  let end = 0;
  for (const { gpa, size } of sections.toSorted((a, b) => a.gpa - b.gpa)) {
    if (gpa < end) throw malformed(AT, `two sections hold the page at 0x${gpa.toString(16)}`);
    end = gpa + size;
  }
}

function refuseManyPages(sections: readonly TdvfSection[]): void {
  const pages = sections
    .filter(({ measured }) => measured !== 'nothing')
    .reduce((sum, { size }) => sum + size / PAGE_SIZE, 0);
  if (pages <= MOST_PAGES) return;
  throw malformed(AT, `want at most ${MOST_PAGES} measured pages in all sections, got ${pages}`);
}
