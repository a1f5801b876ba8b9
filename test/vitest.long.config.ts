import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
const TWENTY_MINUTES = 20 * 60_000;

function project(name: string, conditions: string[], include: string[]) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      root,
      include,
      testTimeout: TWENTY_MINUTES,
      env: { VITEST_POSTERN_CRYPTO: name },
    },
  };
}

/** What takes minutes: `npm run test:long`. The portable crypto is too slow for all of it. */
export default defineConfig({
  test: {
    root,
    maxWorkers: Math.max(1, availableParallelism()),
    projects: [project('node', ['postern-src', 'node'], ['test/**/*.long.test.ts'])],
  },
});
