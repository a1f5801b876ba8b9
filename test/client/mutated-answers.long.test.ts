import { expect, it } from 'vitest';
import { readMutations } from '../support/client/mutated-answers.ts';

const COUNT = 200_000;
const SEED = Number(process.env['POSTERN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(`of ${COUNT} damaged answers none is taken for a whole one (seed ${SEED})`, async () => {
  const codes = await readMutations(SEED, COUNT);
  const read = [...codes.values()].reduce((sum, count) => sum + count, 0);
  expect(read).toBeGreaterThan(COUNT * 0.9);
});
