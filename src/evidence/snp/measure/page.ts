import { sha384 } from '#crypto';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';

export const DIGEST_SIZE = 48;

/** How a page came into the guest (SEV-SNP ABI specification, SNP_LAUNCH_UPDATE, "PAGE_TYPE"). */
export const PAGE_TYPES = {
  normal: 1,
  vmsa: 2,
  zero: 3,
  unmeasured: 4,
  secrets: 5,
  cpuid: 6,
} as const;

export type PageType = keyof typeof PAGE_TYPES;

/** The launch digest before the first page. */
export const NO_PAGES = new Uint8Array(DIGEST_SIZE);

/** What stands in for the contents of a page that is not measured by them. */
const NO_CONTENTS = new Uint8Array(DIGEST_SIZE);

const PAGE_INFO_SIZE = 0x70;

/**
 * The launch digest after one more page: SHA-384 over PAGE_INFO (SEV-SNP ABI specification,
 * "Page Info").
 *
 * | offset | size | field                                                |
 * |--------|------|------------------------------------------------------|
 * | 0x00   | 48   | DIGEST_CUR, the launch digest so far                 |
 * | 0x30   | 48   | CONTENTS, SHA-384 of the page, or zeros              |
 * | 0x60   | 2    | LENGTH, 0x70                                         |
 * | 0x62   | 1    | PAGE_TYPE                                            |
 * | 0x63   | 1    | IMI_PAGE, 0                                          |
 * | 0x64   | 4    | permissions of VMPL 3, 2 and 1, then a reserved byte |
 * | 0x68   | 8    | GPA                                                  |
 *
 * @param contents 48 bytes.
 */
export function extendDigest(
  digest: Uint8Array,
  type: PageType,
  contents: Uint8Array,
  gpa: bigint,
): Uint8Array {
  const info = new ByteWriter()
    .bytes(digest)
    .bytes(contents)
    .u16(PAGE_INFO_SIZE)
    .u8(PAGE_TYPES[type])
    .zeros(5)
    .u64(gpa)
    .finish();
  return sha384(info);
}

/** The same after whole pages of given contents, one by one from `gpa` on. */
export function extendWithPages(digest: Uint8Array, pages: Uint8Array, gpa: number): Uint8Array {
  let current = digest;
  for (let at = 0; at < pages.length; at += PAGE_SIZE) {
    const contents = sha384(pages.subarray(at, at + PAGE_SIZE));
    current = extendDigest(current, 'normal', contents, BigInt(gpa + at));
  }
  return current;
}

/** The same after a range of pages that are measured by type and place only. */
export function extendWithRange(
  digest: Uint8Array,
  type: Exclude<PageType, 'normal' | 'vmsa'>,
  gpa: number,
  size: number,
): Uint8Array {
  let current = digest;
  for (let at = 0; at < size; at += PAGE_SIZE) {
    current = extendDigest(current, type, NO_CONTENTS, BigInt(gpa + at));
  }
  return current;
}
