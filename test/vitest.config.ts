import { defineConfig } from 'vitest/config';
import { project, shared } from './support/project.ts';

const usual = { exclude: ['**/*.long.test.ts'], testTimeout: 60_000 };

/** `npm test`: the evidence suite must give the same answers under both crypto implementations. */
export default defineConfig({
  test: {
    ...shared,
    projects: [
      project('node', { ...usual, include: ['test/**/*.test.ts'] }),
      project('portable', {
        ...usual,
        include: [
          'test/core/**/*.test.ts',
          'test/evidence/**/*.test.ts',
          'test/appraisal/**/*.test.ts',
          'test/fuzz/**/sample.test.ts',
        ],
      }),
    ],
  },
});
