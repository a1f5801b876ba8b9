import { constants } from 'node:fs';
import { mkdir, open, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';

/** Where Linux makes reports (Documentation/ABI/testing/configfs-tsm-report). */
export const TSM_REPORT_ROOT = '/sys/kernel/config/tsm/report';

/** What the kernel gave for one report. */
export interface TsmReport {
  readonly provider: 'tdx_guest' | 'sev_guest';
  /** A TDX quote, or an SNP report. */
  readonly out: Uint8Array;
  /** AMD: the certificate table that the host handed along; empty where there is none. */
  readonly aux: Uint8Array;
}

export interface TsmOptions {
  /** {@link TSM_REPORT_ROOT}, or what stands in for it. */
  readonly root: string;
  /** Names the entries. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Those of the kernel, unless something stands in for it. */
  readonly files?: TsmFiles;
}

/** What is done with files; errors have Node's codes. */
export interface TsmFiles {
  readonly makeEntry: (path: string) => Promise<void>;
  readonly removeEntry: (path: string) => Promise<void>;
  /** In one write, without truncation: the kernel takes what one write and close bring. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly read: (path: string) => Promise<Uint8Array>;
}

export const OF_THE_KERNEL: TsmFiles = {
  makeEntry: async (path) => {
    await mkdir(path);
  },
  removeEntry: rmdir,
  read: async (path) => new Uint8Array(await readFile(path)),
  write: async (path, bytes) => {
    const file = await open(path, constants.O_WRONLY);
    try {
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten !== bytes.length) throw new Error('a write that was cut short');
    } finally {
      await file.close();
    }
  },
};

const REPORT_DATA_SIZE = 64;
/** Far above a quote with its collateral, or a report with its table. */
const LARGEST_BLOB = 1024 * 1024;
/** Somebody else's write between ours costs a round; more of them are no coincidence. */
const MOST_ATTEMPTS = 4;

/**
 * One report by the kernel's interface: an entry of its own is made, the data written into it, the
 * report read, and the entry taken away again.
 *
 * The kernel counts writes to an entry in `generation`. Where one more or fewer than ours was
 * counted, somebody else wrote too, and what was read may be for their data: it is thrown away.
 *
 * @param reportData 64 bytes.
 * @throws Fault `unreachable` where the kernel has no such interface or gives no report;
 *   `unsupported` for one of another provider; `malformed` where what is read is no report.
 */
export async function tsmReport(
  reportData: Uint8Array,
  { root, randomBytes, files = OF_THE_KERNEL }: TsmOptions,
): Promise<TsmReport> {
  if (reportData.length !== REPORT_DATA_SIZE) {
    throw new Fault('usage', 'tsm.inblob', `want 64 bytes, got ${reportData.length}`);
  }
  const entry = join(root, `postern-${toHex(randomBytes(16))}`);
  await asked('entry', () => files.makeEntry(entry));
  try {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const report = await reportOf(files, entry, reportData);
      if (report) return report;
    }
    throw new Fault('unreachable', 'tsm.generation', 'others write to our entry, again and again');
  } finally {
    await files.removeEntry(entry).catch(() => undefined);
  }
}

/** @returns undefined where somebody else wrote meanwhile. */
async function reportOf(
  files: TsmFiles,
  entry: string,
  reportData: Uint8Array,
): Promise<TsmReport | undefined> {
  const before = await generationOf(files, entry);
  await asked('inblob', () => files.write(join(entry, 'inblob'), reportData));
  const out = await blob(files, entry, 'outblob');
  const aux = await blobWhereKnown(files, entry, 'auxblob');
  const provider = await textOf(files, entry, 'provider');
  const after = await generationOf(files, entry);
  if (after !== before + 1) return undefined;
  if (provider !== 'tdx_guest' && provider !== 'sev_guest') {
    const detail = `want tdx_guest or sev_guest, got ${JSON.stringify(provider.slice(0, 40))}`;
    throw new Fault('unsupported', 'tsm.provider', detail);
  }
  if (out.length === 0) throw malformed('tsm.outblob', 'is empty');
  return { provider, out, aux };
}

async function blob(files: TsmFiles, entry: string, name: string): Promise<Uint8Array> {
  const bytes = await asked(name, () => files.read(join(entry, name)));
  if (bytes.length > LARGEST_BLOB) throw malformed(`tsm.${name}`, `${bytes.length} bytes`);
  return bytes;
}

/** A kernel or provider without this attribute has nothing to say there. */
async function blobWhereKnown(files: TsmFiles, entry: string, name: string): Promise<Uint8Array> {
  try {
    return await blob(files, entry, name);
  } catch (error) {
    const { cause } = error as Fault;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'EOPNOTSUPP' || code === 'ENXIO') return new Uint8Array();
    throw error;
  }
}

async function textOf(files: TsmFiles, entry: string, name: string): Promise<string> {
  const bytes = await asked(name, () => files.read(join(entry, name)));
  return fromUtf8(bytes, `tsm.${name}`).trim();
}

async function generationOf(files: TsmFiles, entry: string): Promise<number> {
  const text = await textOf(files, entry, 'generation');
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text)) throw malformed('tsm.generation', 'is no number');
  return Number(text);
}

async function asked<T>(name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
    const hint =
      name === 'entry' && code === 'ENOENT'
        ? ': no configfs, or no driver of a confidential guest (tdx_guest, sev_guest)'
        : '';
    throw new Fault('unreachable', `tsm.${name}`, `${code}${hint}`, { cause });
  }
}
