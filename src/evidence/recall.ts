import { sameBytes } from '#crypto';
import { Memory, type MemoryLimits } from './memory.ts';

/** What was made of some bytes, and a copy of them. */
interface Known<Value> {
  readonly parts: readonly Uint8Array[];
  readonly value: Value;
}

/** What the very same bytes gave before, where it is worth keeping. Bounded, see {@link Memory}. */
export class Recall<Value> {
  readonly #memory: Memory<number, Known<Value>>;
  readonly #heaviest: number;
  readonly #entries: number;
  readonly #isGood: (value: Value) => boolean;

  /**
   * @param heaviest size in bytes above which something is made anew each time.
   * @param isGood only what is good is kept: a forger could fill the memory with what is not.
   */
  constructor(limits: MemoryLimits, heaviest: number, isGood: (value: Value) => boolean) {
    this.#memory = new Memory(limits);
    this.#heaviest = heaviest;
    this.#entries = limits.entries;
    this.#isGood = isGood;
  }

  /** @param parts what `make` depends on, and nothing else of what varies. */
  get(parts: readonly Uint8Array[], make: () => Value): Value {
    if (this.#entries === 0) return make();
    const key = sampleOf(parts);
    const known = this.#memory.get(key);
    if (known && sameParts(known.parts, parts)) return known.value;
    const value = make();
    const weight = parts.reduce((sum, part) => sum + part.length, 0);
    if (weight <= this.#heaviest && this.#isGood(value)) {
      this.#memory.set(key, { parts: parts.map((part) => new Uint8Array(part)), value }, weight);
    }
    return value;
  }
}

function sameParts(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  for (const [i, part] of a.entries()) {
    if (!sameBytes(part, b[i] as Uint8Array)) return false;
  }
  return true;
}

/**
 * A number that equal bytes share, of 64 bytes spread over each part: quicker than a
 * digest, and no more is asked of it, since what it finds is compared byte by byte.
 */
function sampleOf(parts: readonly Uint8Array[]): number {
  let sample = parts.length;
  for (const bytes of parts) {
    const step = Math.max(1, Math.floor(bytes.length / 64));
    sample = mix(sample, bytes.length);
    for (let at = 0; at < bytes.length; at += step) sample = mix(sample, bytes[at] ?? 0);
  }
  return sample;
}

/** One step of FNV-1a. */
function mix(sample: number, value: number): number {
  return Math.imul(sample ^ value, 0x01000193);
}
