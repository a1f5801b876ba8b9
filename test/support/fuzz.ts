import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { Fault } from '../../src/core/fault.ts';

/**
 * A sample: `npm run test:long` tries for two seconds. The parsers are the same under
 * either crypto, and the second project need not repeat all of it.
 */
const USUAL_SECONDS = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? 0.1 : 0.3;
const SECONDS = Number(process.env['POSTERN_FUZZ_SECONDS'] ?? USUAL_SECONDS);
/** Inputs that have to be tried, however slow the machine. */
const FEWEST = 100;
const SEED = Number(process.env['POSTERN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * A property tried on as many inputs as fit into the time: a moment, or POSTERN_FUZZ_SECONDS.
 * The seed stands in the test's name; POSTERN_FUZZ_SEED repeats a run.
 */
export function fuzz<T>(name: string, input: fc.Arbitrary<T>, check: (input: T) => void): void {
  it(`${name} (seed ${SEED})`, { timeout: 60_000 + SECONDS * 2_000 }, () => {
    let runs = 0;
    const property = fc.property(input, (value) => {
      runs++;
      check(value);
    });
    fc.assert(property, {
      seed: SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: SECONDS * 1_000,
    });
    // A fuzzer that was starved of time has shown nothing: the fewest are made up for.
    if (runs <= FEWEST) fc.assert(property, { seed: SEED, numRuns: FEWEST + 1 });
    expect(runs).toBeGreaterThan(FEWEST);
  });
}

/**
 * What the parser makes of the input, or undefined when it refuses.
 * Only a Fault that blames the input may escape from a parser.
 */
export function orRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed' && error.at !== '') return undefined;
    throw error;
  }
}

/** Bytes that mean something to a DER or length-prefixed parser. */
const TELLING = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x13, 0x17, 0x18, 0x1f, 0x30, 0x31, 0x3f, 0x7f, 0x80,
  0x81, 0x82, 0x83, 0x84, 0x85, 0x88, 0xa0, 0xa3, 0xff,
];

const edit = fc.record({
  kind: fc.constantFrom('set', 'insert', 'remove', 'repeat', 'cut'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: fc.array(fc.oneof(fc.constantFrom(...TELLING), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  }),
});

type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

function applied(bytes: Uint8Array, { kind, at, length, bytes: added }: Edit): Uint8Array {
  const start = Math.floor(at * bytes.length);
  const [head, tail] = [bytes.subarray(0, start), bytes.subarray(start)];
  const fresh = Uint8Array.from(added);
  switch (kind) {
    case 'set':
      return concatBytes(head, fresh, tail.subarray(fresh.length)).subarray(0, bytes.length);
    case 'insert':
      return concatBytes(head, fresh, tail);
    case 'remove':
      return concatBytes(head, tail.subarray(length));
    case 'repeat':
      return concatBytes(head, tail.subarray(0, length), tail);
    default:
      return head;
  }
}

/** Good inputs with one to four pieces of damage. */
export function damaged(...good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...good), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce(applied, bytes));
}
