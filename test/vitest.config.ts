import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

/** One project a crypto implementation: the evidence suite must give the same answers under both. */
function project(name: string, conditions: string[], include: string[]) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      root,
      include,
      exclude: ['**/*.long.test.ts'],
      testTimeout: 60_000,
      env: { VITEST_POSTERN_CRYPTO: name },
    },
  };
}

export default defineConfig({
  test: {
    root,
    maxWorkers: Math.max(1, availableParallelism()),
    projects: [
      project('node', ['postern-src', 'node'], ['test/**/*.test.ts']),
      project(
        'portable',
        ['postern-src', 'postern-portable'],
        ['test/core/**/*.test.ts', 'test/evidence/**/*.test.ts', 'test/fuzz/sample.test.ts'],
      ),
    ],
  },
});
