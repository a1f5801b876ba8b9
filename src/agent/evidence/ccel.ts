import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_LIMITS } from '../../appraisal/bundle/format.ts';
import { Fault } from '../../core/fault.ts';

/** Where Linux shows the firmware's tables. */
export const ACPI_TABLES = '/sys/firmware/acpi/tables';

/** The log of what firmware and loader measured, and the ACPI table that says where it was. */
export interface Ccel {
  readonly table: Uint8Array;
  readonly log: Uint8Array;
}

/**
 * The confidential computing event log: `CCEL` of the tables, and its data in `data/CCEL`.
 *
 * @param root {@link ACPI_TABLES}, or what stands in for it.
 * @returns undefined where the firmware keeps none.
 * @throws Fault `unreachable` where one is there and can't be read, or is larger than any bundle
 *   may have: evidence without its log would be judged as if there were none.
 */
export async function readCcel(root: string): Promise<Ccel | undefined> {
  const table = await bytesOf(join(root, 'CCEL'), BUNDLE_LIMITS.ccelTable);
  const log = await bytesOf(join(root, 'data', 'CCEL'), BUNDLE_LIMITS.eventLog);
  if (table === undefined && log === undefined) return undefined;
  if (table && log) return { table, log };
  throw new Fault(
    'unreachable',
    'ccel',
    `there is a ${table ? 'table without its log' : 'log without its table'}`,
  );
}

async function bytesOf(path: string, most: number): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > most) throw new Fault('unreachable', 'ccel', `${bytes.length} bytes`);
    return new Uint8Array(bytes);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
    if (code === 'ENOENT') return undefined;
    throw new Fault('unreachable', 'ccel', code, { cause });
  }
}
