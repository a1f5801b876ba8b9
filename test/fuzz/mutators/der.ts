import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { type Change, forge, remove, tlv, twice } from '../../support/forge.ts';
import type { Random } from '../random.ts';
import { boundaries, damageBytes } from './bytes.ts';

type Path = readonly number[];

/** The place of every element; of damaged DER, as far as it can be followed. */
function pathsOf(der: Uint8Array): readonly Path[] {
  const found: Path[] = [];
  const walk = (element: Uint8Array, path: Path) => {
    if (((element[0] ?? 0) & 0x20) === 0 || path.length > 12) return;
    for (let at = headerOf(element).size, i = 0; at < element.length; i++) {
      const rest = element.subarray(at);
      const { size, length } = headerOf(rest);
      const child = [...path, i];
      found.push(child);
      walk(rest.subarray(0, size + length), child);
      at += size + length;
    }
  };
  walk(der, []);
  return found;
}

function headerOf(element: Uint8Array): { size: number; length: number } {
  const first = element[1] ?? 0;
  if (first < 0x80) return { size: 2, length: first };
  const digits = element.subarray(2, 2 + (first & 0x7f));
  return { size: 2 + digits.length, length: digits.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** What can be done to one element; what is around it gets right lengths again. */
const ELEMENT_CHANGES: readonly ((random: Random) => Change)[] = [
  () => remove,
  () => twice,
  (random) => (element) => element.with(0, random.below(256)),
  (random) => (element) => replaceContent(element, (content) => damageBytes(random, content)),
  () => (element) => replaceContent(element, (content) => concatBytes(Uint8Array.of(0), content)),
  () => (element) => replaceContent(element, () => new Uint8Array()),
  (random) => (element) => {
    const { size, length } = headerOf(element);
    const said = random.pick(boundaries(length));
    return concatBytes(element.subarray(0, 1), lengthBytes(random, said), element.subarray(size));
  },
  (random) => (element) => nested(element, random.pick([2, 30, 200])),
  (random) => (element) =>
    replaceContent(element, (content) => concatBytes(content, new Uint8Array(random.below(5_000)))),
];

function replaceContent(
  element: Uint8Array,
  change: (content: Uint8Array) => Uint8Array,
): Uint8Array {
  return tlv(element[0] ?? 0, change(element.subarray(headerOf(element).size)));
}

/** Any of the ways BER can write a length: minimal, padded, indefinite. */
function lengthBytes(random: Random, length: number): Uint8Array {
  if (random.oneIn(8)) return Uint8Array.of(0x80);
  if (length < 0x80 && random.oneIn(2)) return Uint8Array.of(length);
  return Uint8Array.of(0x84, length >>> 24, length >>> 16, length >>> 8, length);
}

function nested(element: Uint8Array, levels: number): Uint8Array {
  let out = element;
  for (let i = 0; i < levels; i++) out = tlv(0x30, out);
  return out;
}

/** Damage to one element of honest DER, or to the bytes of any. */
export function damageDer(random: Random, der: Uint8Array): Uint8Array {
  const paths = random.oneIn(3) ? [] : pathsOf(der);
  if (paths.length === 0) return damageBytes(random, der);
  try {
    return forge(der, random.pick(paths), random.pick(ELEMENT_CHANGES)(random));
  } catch (error) {
    if (error instanceof RangeError) return damageBytes(random, der); // was damaged before
    throw error;
  }
}
