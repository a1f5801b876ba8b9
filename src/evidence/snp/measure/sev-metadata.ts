import type { ByteReader } from '../../../core/bytes/reader.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import { PAGE_SIZE, readSectionTable } from '../../firmware-sections.ts';

/** What OVMF asks the VMM to put into a range of guest memory before launch. */
export const SECTION_TYPES = {
  SNP_SEC_MEM: 1,
  SNP_SECRETS: 2,
  CPUID: 3,
  SVSM_CAA: 4,
  SNP_KERNEL_HASHES: 0x10,
} as const;

export type SectionType = keyof typeof SECTION_TYPES;

export interface SevSection {
  readonly type: SectionType;
  /** Guest physical address, on a page border. */
  readonly gpa: number;
  /** Bytes, whole pages. */
  readonly size: number;
}

/** Ranges of these types are one page by definition. */
const ONE_PAGE: readonly SectionType[] = ['SNP_SECRETS', 'CPUID', 'SNP_KERNEL_HASHES'];

const FOUR_GIB = 2 ** 32;
/** All ranges together. OVMF's are below 1 MiB; each page costs a hash, and the file claims at will. */
const MOST_PAGES = 16_384;

const AT = 'measure.firmware.sev_metadata';

const TABLE = { at: AT, signature: 'ASEV', descriptorSize: 12 };

/**
 * OVMF's SEV metadata (edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm)
 *
 * | offset | size   | field                                          |
 * |--------|--------|------------------------------------------------|
 * | 0      | 4      | Signature, `ASEV`                              |
 * | 4      | 4      | Length, at least 16 + 12 × n                   |
 * | 8      | 4      | Version, 1                                     |
 * | 12     | 4      | n                                              |
 * | 16     | 12 × n | descriptors: base (4), size (4), type (4)      |
 *
 * @param fromEnd where it begins, in bytes before the end of the firmware.
 * @returns the ranges in the order of the table, which is the order of their measurement.
 * @throws Fault at `measure.firmware.sev_metadata`: `malformed`, or `unsupported` for a version
 *   or section type that may mean anything.
 */
export function readSevMetadata(firmware: Uint8Array, fromEnd: number): readonly SevSection[] {
  const { reader: r, count } = readSectionTable(firmware, fromEnd, TABLE);
  const sections = Array.from({ length: count }, (_, i) => readSection(r, i));
  const pages = sections.reduce((sum, { size }) => sum + size / PAGE_SIZE, 0);
  if (pages > MOST_PAGES) {
    throw malformed(AT, `want at most ${MOST_PAGES} pages in all sections, got ${pages}`);
  }
  return sections;
}

function readSection(r: ByteReader, index: number): SevSection {
  const field = `sections[${index}]`;
  const at = `${AT}.${field}`;
  const gpa = r.u32(`${field}.base`);
  const size = r.u32(`${field}.size`);
  const code = r.u32(`${field}.type`);
  const type = typeOf(code, at);
  if (gpa % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0 || size === 0) {
    throw malformed(at, `want whole pages, got 0x${size.toString(16)} at 0x${gpa.toString(16)}`);
  }
  if (gpa + size > FOUR_GIB) throw malformed(at, 'ends above 4 GiB');
  if (ONE_PAGE.includes(type) && size !== PAGE_SIZE) {
    throw malformed(at, `want one page for ${type}, got 0x${size.toString(16)} bytes`);
  }
  return { type, gpa, size };
}

function typeOf(code: number, at: string): SectionType {
  for (const [name, value] of Object.entries(SECTION_TYPES)) {
    if (value === code) return name as SectionType;
  }
  throw new Fault('unsupported', `${at}.type`, `unknown section type 0x${code.toString(16)}`);
}
