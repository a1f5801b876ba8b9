import { checkPrimeSync } from 'node:crypto';
import { toHex } from '../core/bytes/hex.ts';
import { deriveBytes } from './keys.ts';

/** Odd numbers looked at after the start; a prime of 2048 bits is 710 of them away on average. */
const WINDOW = 1 << 14;
const LARGEST_DIVISOR = 1 << 17;

/**
 * The first prime after a number that seed and label give, its two highest bits set, so that
 * the product of two has exactly twice as many bits.
 *
 * Candidates with a small divisor are struck out first: what is left for the dear test is one
 * in ten.
 */
export function derivePrime(seed: string, label: string, bits: number): bigint {
  const drawn = BigInt(`0x${toHex(deriveBytes(seed, label, bits / 8))}`);
  const start = drawn | (3n << BigInt(bits - 2)) | 1n;
  const composite = strikeOut(start);
  for (let i = 0; i < WINDOW; i++) {
    if (composite[i] !== 0) continue;
    const candidate = start + BigInt(2 * i);
    if (checkPrimeSync(candidate)) return candidate;
  }
  throw new RangeError(`no prime within ${2 * WINDOW} of the number for ${label}`);
}

/** By i, 1 where start + 2i has a small divisor. */
function strikeOut(start: bigint): Uint8Array {
  const composite = new Uint8Array(WINDOW);
  for (const prime of smallPrimes()) {
    const rest = Number(start % BigInt(prime));
    const distance = (prime - rest) % prime;
    const first = distance % 2 === 0 ? distance / 2 : (distance + prime) / 2;
    for (let i = first; i < WINDOW; i += prime) composite[i] = 1;
  }
  return composite;
}

let known: readonly number[] | undefined;

/** Odd primes, by the sieve of Eratosthenes. */
function smallPrimes(): readonly number[] {
  if (known) return known;
  const composite = new Uint8Array(LARGEST_DIVISOR);
  const primes: number[] = [];
  for (let n = 3; n < LARGEST_DIVISOR; n += 2) {
    if (composite[n] !== 0) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < LARGEST_DIVISOR; multiple += 2 * n) {
      composite[multiple] = 1;
    }
  }
  known = primes;
  return primes;
}
