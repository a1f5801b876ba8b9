import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Random } from '../random.ts';

/** Bytes that mean something to a parser of tags and lengths. */
const TELLING = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x20, 0x22, 0x2c, 0x30, 0x31, 0x3f, 0x5b, 0x7b,
  0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xff,
];

export type ByteChange = (random: Random, bytes: Uint8Array) => Uint8Array;

/** Damage that knows nothing of the structure. */
const BYTE_CHANGES = {
  'flip a bit': (random, bytes) => {
    const at = random.below(bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  'set a byte': (random, bytes) =>
    bytes.with(
      random.below(bytes.length),
      random.oneIn(2) ? random.pick(TELLING) : random.below(256),
    ),
  'insert bytes': (random, bytes) => {
    const at = random.below(bytes.length + 1);
    const fresh = random.bytes(random.between(1, 9));
    return concatBytes(bytes.subarray(0, at), fresh, bytes.subarray(at));
  },
  'remove bytes': (random, bytes) => {
    const at = random.below(bytes.length);
    return concatBytes(bytes.subarray(0, at), bytes.subarray(at + random.between(1, 9)));
  },
  'repeat a stretch': (random, bytes) => {
    const at = random.below(bytes.length);
    const end = at + random.between(1, 200);
    return concatBytes(bytes.subarray(0, end), bytes.subarray(at));
  },
  'cut anywhere': (random, bytes) => bytes.slice(0, random.below(bytes.length)),
  'exchange two stretches': (random, bytes) => {
    const length = random.between(1, 64);
    const [a, b] = [random.below(bytes.length), random.below(bytes.length)];
    const out = bytes.slice();
    out.set(bytes.slice(a, Math.min(a + length, bytes.length - b + a)), b);
    out.set(bytes.slice(b, Math.min(b + length, bytes.length - a + b)), a);
    return out;
  },
} as const satisfies Record<string, ByteChange>;

const ALL: readonly ByteChange[] = Object.values(BYTE_CHANGES);

/** One to three pieces of damage; of no bytes at all, a few bytes. */
export function damageBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let out = bytes;
  for (let left = random.between(1, 3); left > 0; left--) {
    out = out.length === 0 ? random.bytes(random.between(1, 4)) : random.pick(ALL)(random, out);
  }
  return out;
}

/** What length and count fields may be made to say, where `n` is right. */
export function boundaries(n: number): readonly number[] {
  return [0, 1, n - 1, n + 1, n * 2, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 31 - 1]
    .concat([2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1])
    .filter((value) => value >= 0 && value !== n);
}

export function replaceAt(bytes: Uint8Array, start: number, fresh: Uint8Array): Uint8Array {
  const out = bytes.slice();
  out.set(fresh.subarray(0, Math.max(0, out.length - start)), start);
  return out;
}
