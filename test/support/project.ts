import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/*
 * Each store has a thread of its own, and some tests start the command as a process: Node keeps
 * what it compiled for them, types taken away, for the next one.
 */
process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/node-compile`;

const CONDITIONS = {
  node: ['postern-src', 'node'],
  portable: ['postern-src', 'postern-portable'],
} as const;

interface Selection {
  readonly include: string[];
  readonly exclude?: string[];
  readonly testTimeout: number;
}

/** The tests of one crypto implementation: what `#crypto` resolves to is all that differs. */
export function project(crypto: keyof typeof CONDITIONS, selection: Selection) {
  const conditions = [...CONDITIONS[crypto]];
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: { name: crypto, root, ...selection, env: { VITEST_POSTERN_CRYPTO: crypto } },
  };
}

/**
 * Files of one worker share their modules: none changes what another one sees. Without V8's
 * protection of code pages by memory keys: each store has a thread with WebAssembly of its own, and
 * where many come and go its table of pages can miss one and end the process
 * (“Check failed: jit_page.has_value()”, nodejs/node#64500).
 */
export const shared = {
  root,
  isolate: false,
  maxWorkers: Math.max(1, availableParallelism()),
  execArgv: ['--no-memory-protection-keys'],
};
