import { sha256 } from '#crypto';
import { utf8 } from '../../../core/bytes/text.ts';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { Fault } from '../../../core/fault.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';
import { guidBytes } from '../../guid.ts';

/** What `-kernel` with `kernel-hashes=on` commits the launch to; SHA-256 each, 32 bytes. */
export interface KernelHashes {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: Uint8Array;
}

/** As they are handed to the VMM. */
export interface KernelFiles {
  readonly kernel: Uint8Array;
  /** None counts as an empty one. */
  readonly initrd?: Uint8Array;
  /** Without terminator; none counts as the empty one. */
  readonly cmdline?: string;
}

const TABLE_GUID = '9438d606-4f22-4cc9-b479-a793d411fd21';
const CMDLINE_GUID = '97d02dd8-bd20-4c94-aa78-e7714d36ab2a';
const INITRD_GUID = '44baf731-3a2f-4bd7-9af1-41e29169781d';
const KERNEL_GUID = '4de79437-abd2-427f-b835-d5b172d2045b';

const HEADER_SIZE = 18;
const ENTRY_SIZE = 50;
const TABLE_SIZE = HEADER_SIZE + 3 * ENTRY_SIZE;
/** With its padding to 16 bytes. */
export const HASH_TABLE_SIZE = 176;

const NO_INITRD = new Uint8Array();

export function hashKernel({
  kernel,
  initrd = NO_INITRD,
  cmdline = '',
}: KernelFiles): KernelHashes {
  return { kernel: sha256(kernel), initrd: sha256(initrd), cmdline: hashCmdline(cmdline) };
}

/**
 * The terminating NUL is hashed as well.
 *
 * @throws Fault `usage` at `measure.cmdline` for a text with a NUL inside, which no kernel sees
 *   the rest of.
 */
export function hashCmdline(cmdline: string): Uint8Array {
  if (cmdline.includes('\0')) throw new Fault('usage', 'measure.cmdline', 'holds a NUL');
  return sha256(utf8(`${cmdline}\0`));
}

/** Hash of an initrd that is not there. */
export function hashNoInitrd(): Uint8Array {
  return sha256(NO_INITRD);
}

/**
 * The page in which OVMF finds the hashes; zeros around the table (QEMU, target/i386/sev.c)
 *
 * | offset | size | field                                                    |
 * |--------|------|----------------------------------------------------------|
 * | 0      | 16   | GUID of the table                                        |
 * | 16     | 2    | length, 168                                              |
 * | 18     | 50   | command line: GUID (16), length 50 (2), SHA-256 (32)     |
 * | 68     | 50   | initrd, likewise                                         |
 * | 118    | 50   | kernel, likewise                                         |
 * | 168    | 8    | padding                                                  |
 *
 * @param offset of the table in the page; at most 4096 - 176.
 */
export function kernelHashesPage(hashes: KernelHashes, offset: number): Uint8Array {
  const table = new ByteWriter().bytes(guidBytes(TABLE_GUID)).u16(TABLE_SIZE);
  const entries = [
    [CMDLINE_GUID, hashes.cmdline],
    [INITRD_GUID, hashes.initrd],
    [KERNEL_GUID, hashes.kernel],
  ] as const;
  for (const [guid, hash] of entries) table.bytes(guidBytes(guid)).u16(ENTRY_SIZE).bytes(hash);
  const page = new Uint8Array(PAGE_SIZE);
  page.set(table.finish(), offset);
  return page;
}
