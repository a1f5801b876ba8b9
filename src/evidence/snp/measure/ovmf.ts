import { malformed } from '../../../core/fault.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';
import { ovmfEntry, readOvmfTable } from '../../ovmf-table.ts';
import { readSevMetadata, type SevSection } from './sev-metadata.ts';

const SEV_METADATA_GUID = 'dc886566-984a-4798-a75e-5585a7bf67cc';
const AP_RESET_GUID = '00f771de-1a7e-4fcb-890e-68c77e2fb44e';
const HASH_TABLE_GUID = '7255371f-3a3b-4b04-927b-1da6efa8d454';

/** Where the firmware leaves room for the hashes of kernel, initrd and command line. */
export interface HashTableArea {
  readonly gpa: number;
  readonly size: number;
}

/** A firmware image, as far as its launch digest depends on what it says of itself. */
export interface Ovmf {
  /** The whole image, or its end when a digest stands for the pages. */
  readonly bytes: Uint8Array;
  readonly sections: readonly SevSection[];
  /** Where vCPUs other than the first begin; undefined when the image does not say. */
  readonly apResetEip: number | undefined;
  readonly hashTable: HashTableArea | undefined;
}

/**
 * OVMF built for SEV-SNP. Split images are not what a VMM loads: it wants OVMF.fd, or whatever
 * single file is given to it.
 *
 * @param bytes whole pages.
 * @throws Fault `malformed` or `unsupported` at `measure.firmware…`.
 */
export function parseOvmf(bytes: Uint8Array): Ovmf {
  if (bytes.length === 0 || bytes.length % PAGE_SIZE !== 0) {
    throw malformed('measure.firmware', `want whole 4 KiB pages, got ${bytes.length} bytes`);
  }
  const table = readOvmfTable(bytes);
  const metadata = ovmfEntry(table, SEV_METADATA_GUID, 4, 'sev_metadata');
  if (metadata === undefined) {
    throw malformed('measure.firmware', 'no SEV metadata: not built for SEV-SNP');
  }
  const reset = ovmfEntry(table, AP_RESET_GUID, 4, 'reset_block');
  const hashes = ovmfEntry(table, HASH_TABLE_GUID, 8, 'hash_table');
  return {
    bytes,
    sections: readSevMetadata(bytes, metadata.u32('offset')),
    apResetEip: reset?.u32('eip'),
    hashTable: hashes && { gpa: hashes.u32('base'), size: hashes.u32('size') },
  };
}
