import { expect, it } from 'vitest';
import { readMutations } from '../support/client/mutated-answers.ts';

const COUNT = 2_000;
const SEED = Number(process.env['POSTERN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(`no damaged answer is taken for a whole one (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const codes = await readMutations(SEED, COUNT);
  const read = [...codes.values()].reduce((sum, count) => sum + count, 0);
  expect(read).toBeGreaterThan(COUNT * 0.9);
  expect([...codes.keys()]).toEqual(expect.arrayContaining(['open.decrypt', 'incomplete.cut']));
});
