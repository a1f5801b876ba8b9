import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { project, shared } from './support/project.ts';

const LONG = 'test/**/*.long.test.ts';

/** Of whose fuzzing `npm test` does a sample. */
const FUZZING = globSync('test/**/*.test.ts', { cwd: shared.root, exclude: [LONG] }).filter(
  (path) => /\bfuzz\b.*support\/fuzz\.ts'/.test(readFileSync(`${shared.root}${path}`, 'utf8')),
);
if (FUZZING.length < 30) throw new Error(`only ${FUZZING.length} files are found to fuzz`);

/** `npm run test:long`: what takes minutes. The portable crypto is too slow for it. */
export default defineConfig({
  test: {
    ...shared,
    projects: [
      project('node', { include: [LONG], testTimeout: 20 * 60_000 }),
      project(
        'node',
        { name: 'fuzz', include: FUZZING, testTimeout: 60_000 },
        { POSTERN_FUZZ_SECONDS: process.env['POSTERN_FUZZ_SECONDS'] ?? '2' },
      ),
    ],
  },
});
