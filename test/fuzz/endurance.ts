import type { Verification } from '../../src/evidence/verification.ts';

/** In MiB, once the garbage is collected. */
export interface Held {
  /** JavaScript objects and buffers. */
  readonly heap: number;
  /** The process without V8's heap, which grows in steps when it likes: keys live here. */
  readonly native: number;
}

const MIB = 1024 * 1024;

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc');
  for (let i = 0; i < 3; i++) globalThis.gc();
}

function held(): Held {
  collectGarbage();
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / MIB, native: (rss - heapTotal) / MIB };
}

/**
 * For a program of its own, so that the memory it measures is the verifier's and not a test
 * runner's: `node --expose-gc -C postern-src <program> <what> <verifications> <first sample>`
 * prints one {@link Held} in JSON after so many verifications, and another at the end.
 *
 * @param distinct by what is asked for: verifies the piece of evidence of this number.
 */
export function endure(distinct: Readonly<Record<string, (index: number) => Verification>>): void {
  const [what = '', verifications, firstSample] = process.argv.slice(2);
  const verify = distinct[what];
  if (verify === undefined) throw new RangeError(`nothing to endure is called ${what}`);
  for (let index = 0; index < Number(verifications); index++) {
    // Often, or V8 takes room for garbage that the system gets back late or never.
    if (index % 500 === 0) collectGarbage();
    if (index === Number(firstSample)) process.stdout.write(`${JSON.stringify(held())}\n`);
    const { verdict } = verify(index);
    if (verdict !== 'accept') throw new Error(`${what} ${index}: ${verdict}`);
  }
  process.stdout.write(`${JSON.stringify(held())}\n`);
}
