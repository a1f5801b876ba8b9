import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const IN_MEMORY = '/dev/shm';
const root = fileURLToPath(new URL('../..', import.meta.url));

/*
 * Each store has a thread of its own, and some tests start the command as a process: Node keeps
 * what it compiled for them, types taken away, for the next one.
 */
process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/node-compile`;

/*
 * Databases and ledgers of tests are put where a sync costs nothing: what is tested of them is
 * the death of a process, which memory outlives, never that of the machine.
 */
if (freeBytes(IN_MEMORY) > 2 ** 32) process.env['TMPDIR'] ??= IN_MEMORY;

const CONDITIONS = {
  node: ['-C', 'postern-src'],
  portable: ['-C', 'postern-src', '-C', 'postern-portable'],
} as const;

/**
 * Without V8's protection of code pages by memory keys: each store has a thread with WebAssembly of
 * its own, and where many come and go its table of pages can miss one and end the process
 * (“Check failed: jit_page.has_value()”, nodejs/node#64500). With more room for what is young: heaps
 * of a gigabyte and more are swept less often, which saves a twentieth of the time.
 */
const EXEC_ARGV = ['--max-semi-space-size=64', '--no-memory-protection-keys'];

/** Modules as Node finds and reads them, types taken away: what is tested is what runs. */
const NATIVE = { viteModuleRunner: false, nodeLoader: false };

interface Selection {
  readonly include: string[];
  readonly exclude?: string[];
  readonly testTimeout: number;
  /** The project's, where it is not the crypto's. */
  readonly name?: string;
}

/** The tests of one crypto implementation: what `#crypto` resolves to is all that differs. */
export function project(
  crypto: keyof typeof CONDITIONS,
  selection: Selection,
  env: Readonly<Record<string, string>> = {},
) {
  return {
    test: {
      name: crypto,
      root,
      ...selection,
      env: { VITEST_POSTERN_CRYPTO: crypto, ...env },
      execArgv: [...EXEC_ARGV, ...CONDITIONS[crypto]],
      experimental: NATIVE,
    },
  };
}

/** Files of one worker share their modules: none changes what another one sees. */
export const shared = {
  root,
  isolate: false,
  maxWorkers: Math.max(1, availableParallelism()),
  globalSetup: fileURLToPath(new URL('postgres-databases.ts', import.meta.url)),
};

/** Of the file system that a folder is on; none where there is no such folder. */
function freeBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
