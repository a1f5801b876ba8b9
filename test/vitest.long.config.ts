import { defineConfig } from 'vitest/config';
import { project, shared } from './support/project.ts';

/** `npm run test:long`: what takes minutes. The portable crypto is too slow for it. */
export default defineConfig({
  test: {
    ...shared,
    projects: [project('node', { include: ['test/**/*.long.test.ts'], testTimeout: 20 * 60_000 })],
  },
});
