import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lintPolicy } from '../../../src/appraisal/policy/lint.ts';
import { readPolicy, tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { PUBLISHED_SCHEMAS } from '../../../tools/schemas.ts';
import { damaged } from '../../support/fuzz.ts';

const SEED = Number(process.env['POSTERN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SECONDS = Number(process.env['POSTERN_FUZZ_SECONDS'] ?? 120);
/** Milliseconds for one text of a few kilobytes, while others use the machine. */
const PATIENCE = 5_000;

const FOLDER = join(import.meta.dirname, '../../../policies');
const shipped = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => new Uint8Array(readFileSync(join(FOLDER, name))));
const canonical = shipped.map((bytes) => readPolicy(bytes).canonical);
const validate = new Ajv2020({ strict: true }).compile(
  JSON.parse(PUBLISHED_SCHEMAS['policies/measurement-policy.schema.json']),
);

const lines = shipped.flatMap((bytes) => new TextDecoder().decode(bytes).split('\n'));
/** Lines of several policies in any order: much of it is nearly right. */
const shuffled = fc
  .array(fc.constantFrom(...lines), { maxLength: 200 })
  .map((some) => utf8(some.join('\n')));
const any = fc.oneof(
  { weight: 4, arbitrary: damaged(...shipped) },
  { weight: 4, arbitrary: damaged(...canonical) },
  { weight: 1, arbitrary: shuffled },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }).map(utf8) },
);

it(`whatever is accepted, another validator accepts too (seed ${SEED})`, () => {
  const tally = { read: 0, refused: 0 };
  fc.assert(
    fc.property(any, (bytes) => {
      const start = performance.now();
      const { read, problems } = tryPolicy(bytes);
      expect(performance.now() - start).toBeLessThan(PATIENCE);
      expect(read === undefined).toBe(problems.length > 0);
      tally[read ? 'read' : 'refused']++;
      if (read === undefined) return;
      const text = new TextDecoder().decode(read.canonical);
      expect(validate(JSON.parse(text)), text).toBe(true);
      expect(readPolicy(read.canonical)).toEqual(read);
      expect(Array.isArray(lintPolicy(read.policy, 0))).toBe(true);
    }),
    {
      seed: SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: SECONDS * 1_000,
    },
  );
  // Each of them many times, or the campaign has shown nothing.
  expect(tally.read).toBeGreaterThan(SECONDS);
  expect(tally.refused).toBeGreaterThan(SECONDS);
});
