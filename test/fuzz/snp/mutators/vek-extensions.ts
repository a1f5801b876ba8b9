import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { elementAt, forge, tlv } from '../../../support/forge.ts';
import type { Random } from '../../random.ts';
import type { Change, Changes } from './mutator.ts';

/** What AMD's extensions are called, 1.3.6.1.4.1.3704.1. */
const ARC = Uint8Array.of(0x2b, 6, 1, 4, 1, 0x9c, 0x78, 1);

/** Whole extensions of a VEK certificate: dropped, doubled, exchanged, renamed. */
const EXTENSIONS = [0, 7, 0] as const;

function extensions(
  change: (random: Random, all: readonly Uint8Array[]) => readonly Uint8Array[],
): Change {
  return (random, bytes) =>
    forge(bytes, EXTENSIONS, (list) => {
      const all: Uint8Array[] = [];
      for (let at = list.length - contentLength(list); at < list.length; ) {
        const length = 2 + (list[at + 1] ?? 0);
        all.push(list.subarray(at, at + length));
        at += length;
      }
      return tlv(0x30, ...change(random, all));
    });
}

/** A list of VEK extensions, each below 128 bytes, is longer than that. */
function contentLength(list: Uint8Array): number {
  return (list[1] ?? 0) === 0x82
    ? list.length - 4
    : list.length - ((list[1] ?? 0) === 0x81 ? 3 : 2);
}

function value(change: (random: Random, bytes: Uint8Array) => Uint8Array): Change {
  return extensions((random, all) => {
    const at = random.below(all.length);
    return all.map((one, i) => {
      if (i !== at) return one;
      const oid = elementAt(one, [0]);
      return tlv(0x30, oid, tlv(4, change(random, one.subarray(oid.length + 4))));
    });
  });
}

/** Well-formed DER as a whole, and not what anybody signed. */
export const EXTENSION_CHANGES: Changes = {
  'an extension dropped': extensions((random, all) => all.toSpliced(random.below(all.length), 1)),
  'an extension twice': extensions((random, all) => [...all, random.pick(all)]),
  'extensions in another order': extensions((random, all) => random.shuffled(all)),
  'an extension under another name': extensions((random, all) => {
    const at = random.below(all.length);
    const arcs = random.pick([[1], [2], [4], [5], [3, 1], [3, 4], [3, 9], [3, 10], [6]]);
    return all.map((one, i) => {
      if (i !== at) return one;
      const oid = elementAt(one, [0]);
      const renamed = tlv(6, concatBytes(ARC, Uint8Array.from(arcs)));
      return tlv(0x30, renamed, one.subarray(2 + oid.length));
    });
  }),
  'a value damaged': value((random, bytes) =>
    bytes.with(random.below(bytes.length), random.below(256)),
  ),
  'a value with a tail': value((random, bytes) => concatBytes(bytes, random.bytes(1))),
  'a value in an OCTET STRING': value((_random, bytes) => tlv(4, bytes)),
  'a value cut': value((random, bytes) => bytes.subarray(0, random.below(bytes.length))),
  'a long INTEGER': value((random, bytes) =>
    tlv(2, random.bytes(random.between(1, 6)), bytes.subarray(-1)),
  ),
};
