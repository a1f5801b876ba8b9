import { toHex } from '../../../core/bytes/hex.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { Fault, malformed } from '../../../core/fault.ts';

/** Bytes of a file, from `start` to before `end`. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/** A PE image, as far as what is signed and measured of it depends on its headers. */
export interface PeImage {
  readonly bytes: Uint8Array;
  readonly checksum: FileRange;
  /** The entry of the data directories that says where the certificates are. */
  readonly securityDirectory: FileRange | undefined;
  /** Signatures, at the end of the file; empty without any. */
  readonly certificates: FileRange;
  /** Those with bytes in the file, in its order; nothing is between them. */
  readonly sections: readonly FileRange[];
}

const DOS_SIGNATURE = '4d5a';
const PE_SIGNATURE = '50450000';
const MACHINE_X64 = 0x8664;
const PE32_PLUS = 0x20b;

const DOS_HEADER_SIZE = 64;
const FILE_HEADER_END = 24;
const OPTIONAL_HEADER_SIZE = 112;
const DIRECTORY_SIZE = 8;
const MOST_DIRECTORIES = 16;
const SECURITY = 4;
const SECTION_HEADER_SIZE = 40;

const AT = 'measure.image';

/**
 * An EFI application for x86-64 (Microsoft PE format, "File headers"); offsets of the optional
 * header from its own beginning
 *
 * | offset     | size | field                                          |
 * |------------|------|------------------------------------------------|
 * | 0          | 2    | `MZ`                                           |
 * | 60         | 4    | e_lfanew, where the PE header begins, p        |
 * | p          | 4    | `PE`, two zeros                                |
 * | p + 4      | 2    | Machine, 0x8664                                |
 * | p + 6      | 2    | NumberOfSections                               |
 * | p + 20     | 2    | SizeOfOptionalHeader, 112 + 8 × n              |
 * | p + 24     |      | optional header:                               |
 * | 0          | 2    | Magic, 0x20b (PE32+)                           |
 * | 60         | 4    | SizeOfHeaders                                  |
 * | 64         | 4    | CheckSum                                       |
 * | 108        | 4    | NumberOfRvaAndSizes, n                         |
 * | 112        | 8 n  | data directories; entry 4: certificates        |
 *
 * Stricter than a loader: the file must be headers, sections and certificates without holes or
 * overlaps, since bytes that no section holds are where two readers of one file part.
 *
 * @throws Fault at `measure.image…`: `malformed`, or `unsupported` for another machine or format.
 */
export function parsePeImage(bytes: Uint8Array): PeImage {
  const dos = new ByteReader(bytes, AT);
  if (toHex(dos.bytes(2, 'dos.signature')) !== DOS_SIGNATURE) {
    throw malformed(`${AT}.dos.signature`, 'want "MZ": not a PE image');
  }
  dos.bytes(58, 'dos.header');
  const start = dos.u32('dos.e_lfanew');
  if (start < DOS_HEADER_SIZE || start > bytes.length) {
    throw malformed(`${AT}.dos.e_lfanew`, `0x${start.toString(16)} is not behind the DOS header`);
  }
  const r = new ByteReader(bytes.subarray(start), AT);
  const { sectionCount, optionalSize } = readFileHeader(r);
  const { headersSize, directories } = readOptionalHeader(r, optionalSize);
  const optional = start + FILE_HEADER_END;
  const table = optional + optionalSize;
  const tableEnd = table + sectionCount * SECTION_HEADER_SIZE;
  if (headersSize < tableEnd || headersSize > bytes.length) {
    throw malformed(
      `${AT}.size_of_headers`,
      `want ${tableEnd} to ${bytes.length} bytes, got ${headersSize}`,
    );
  }
  const sections = readSections(bytes.subarray(table, tableEnd), sectionCount);
  const end = endOfSections(sections, headersSize);
  const security = optional + OPTIONAL_HEADER_SIZE + SECURITY * DIRECTORY_SIZE;
  return {
    bytes,
    checksum: { start: optional + 64, end: optional + 68 },
    securityDirectory:
      directories.length > SECURITY
        ? { start: security, end: security + DIRECTORY_SIZE }
        : undefined,
    certificates: readCertificates(bytes, directories[SECURITY], end),
    sections,
  };
}

function readFileHeader(r: ByteReader): { sectionCount: number; optionalSize: number } {
  if (toHex(r.bytes(4, 'signature')) !== PE_SIGNATURE) {
    throw malformed(`${AT}.signature`, 'want "PE" and two zeros');
  }
  const machine = r.u16('machine');
  if (machine !== MACHINE_X64) {
    const got = `0x${machine.toString(16)}`;
    throw new Fault('unsupported', `${AT}.machine`, `want 0x8664 (x86-64), got ${got}`);
  }
  const sectionCount = r.u16('number_of_sections');
  r.bytes(12, 'time_and_symbols');
  const optionalSize = r.u16('size_of_optional_header');
  r.u16('characteristics');
  return { sectionCount, optionalSize };
}

interface Directory {
  readonly address: number;
  readonly size: number;
}

function readOptionalHeader(
  r: ByteReader,
  size: number,
): { headersSize: number; directories: readonly Directory[] } {
  const magic = r.u16('magic');
  if (magic !== PE32_PLUS) {
    const got = `0x${magic.toString(16)}`;
    throw new Fault('unsupported', `${AT}.magic`, `want 0x20b (PE32+), got ${got}`);
  }
  r.bytes(58, 'optional_header');
  const headersSize = r.u32('size_of_headers');
  r.bytes(44, 'optional_header');
  const count = r.u32('number_of_rva_and_sizes');
  // Firmware finds the section table by the size and the directories by their number.
  if (count > MOST_DIRECTORIES || size !== OPTIONAL_HEADER_SIZE + count * DIRECTORY_SIZE) {
    throw malformed(
      `${AT}.size_of_optional_header`,
      `${size} bytes do not hold ${count} directories and nothing else`,
    );
  }
  const directories = Array.from({ length: count }, (_, i) => ({
    address: r.u32(`directories[${i}].address`),
    size: r.u32(`directories[${i}].size`),
  }));
  return { headersSize, directories };
}

/**
 * Section table (same document, "Section table"): of 40 bytes each, SizeOfRawData (4) at 16,
 * PointerToRawData (4) at 20.
 */
function readSections(table: Uint8Array, count: number): readonly FileRange[] {
  const r = new ByteReader(table, AT);
  const sections: FileRange[] = [];
  for (let i = 0; i < count; i++) {
    r.bytes(16, `sections[${i}].name_and_memory`);
    const size = r.u32(`sections[${i}].size_of_raw_data`);
    const start = r.u32(`sections[${i}].pointer_to_raw_data`);
    r.bytes(16, `sections[${i}].rest`);
    if (size > 0) sections.push({ start, end: start + size });
  }
  return sections.sort((a, b) => a.start - b.start);
}

function endOfSections(sections: readonly FileRange[], headersSize: number): number {
  let end = headersSize;
  for (const section of sections) {
    if (section.start !== end) {
      const [want, got] = [end.toString(16), section.start.toString(16)];
      throw malformed(
        `${AT}.sections`,
        `want the next section at 0x${want}, where the one before ends, got one at 0x${got}`,
      );
    }
    end = section.end;
  }
  return end;
}

/** Only at the very end of the file are they left out by everyone in the same way. */
function readCertificates(
  bytes: Uint8Array,
  directory: Directory | undefined,
  endOfSections: number,
): FileRange {
  const end = bytes.length;
  if (endOfSections > end) {
    throw malformed(`${AT}.sections`, `end at byte ${endOfSections} of ${end}`);
  }
  if (directory === undefined || (directory.address === 0 && directory.size === 0)) {
    return { start: end, end };
  }
  const { address, size } = directory;
  if (size === 0 || address < endOfSections || address + size !== end) {
    throw malformed(
      `${AT}.directories[${SECURITY}]`,
      `want the end of the file, got ${size} bytes at ${address} of ${end}`,
    );
  }
  return { start: address, end };
}
