import { readFile } from 'node:fs/promises';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { Fault } from '../../src/core/fault.ts';
import { type SimulatedTdx, simulateTdx } from '../../src/simulator/tdx/simulate.ts';

/** What came of one command line. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export type Files = Readonly<Record<string, Uint8Array | string>>;

const noNetwork: typeof globalThis.fetch = () =>
  Promise.reject(new Error('this test must not use the network'));

/**
 * Runs a command line in this process over files in memory; an absolute path that is not
 * among them is read from the disk.
 */
export async function postern(
  argv: readonly string[],
  files: Files = {},
  more: Partial<Io> = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const exit = await run(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readFile: (path) => readFrom(files, path),
    fetch: noNetwork,
    now: () => Date.UTC(2026, 5, 1),
    pause: () => Promise.resolve(),
    randomBytes: (length) => new Uint8Array(length).fill(7),
    env: () => undefined,
    envNames: () => [],
    colours: false,
    ...more,
  });
  return { exit, out, err };
}

async function readFrom(files: Files, path: string): Promise<Uint8Array> {
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  if (typeof file === 'string') return utf8(file);
  if (file !== undefined) return file;
  if (!path.startsWith('/')) throw new Fault('unreachable', path, 'can’t be read (ENOENT)');
  return readFile(path).catch((cause: unknown) => {
    throw new Fault('unreachable', path, 'can’t be read', { cause });
  });
}

/** The files of a simulated machine under the names that the tests use. */
export function filesOf(made: SimulatedTdx): Record<string, Uint8Array | string> {
  return {
    quote: made.quote,
    'collateral.json': JSON.stringify(made.collateral),
    'root.der': made.root,
    ccel: made.ccelLog,
    'ccel-table': made.ccelTable,
    'dstack.json': made.dstackLog,
  };
}

/** Made once a test file: the same bytes each time. */
export const honest = await simulateTdx();
export const files = filesOf(honest);

/** A verification in which everything is in order and nothing needs the network. */
export const VERIFY = [
  'verify',
  'tdx',
  'quote',
  '--collateral',
  'collateral.json',
  '--trust-anchor',
  'root.der',
] as const;

/** The one JSON object on stdout; anything else there fails the test. */
export function jsonOf({ out }: Pick<Ran, 'out'>): Record<string, unknown> {
  if (out.indexOf('\n') !== out.length - 1) throw new Error(`not one line: ${out.slice(0, 200)}`);
  const value: unknown = JSON.parse(out);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`no object: ${out.slice(0, 200)}`);
  }
  return value as Record<string, unknown>;
}

/** Control characters other than the line feed, bidirectional overrides and their kin. */
export const UNSAFE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
