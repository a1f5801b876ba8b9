import { decode, Tag } from 'cbor2';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import {
  CborFloat,
  CborSimple,
  CborTag,
  type CborValue,
} from '../../../src/core/encoding/cbor-value.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';

/** Tags that cbor2 gives no meaning of its own. */
const plainTag = fc.integer({ min: 500, max: 600 });

const { value } = fc.letrec<{ value: CborValue; key: CborValue }>((tie) => ({
  key: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.string({ unit: 'grapheme' })),
    },
    fc.uint8Array({ maxLength: 6 }),
    fc.boolean(),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(new CborSimple(23)),
    fc.double().map((number) => new CborFloat(number)),
    fc.float().map((number) => new CborFloat(number)),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(tie('key'), tie('value')), {
        maxLength: 8,
        selector: ([key]) => String(encodeCbor(key as CborValue)),
      })
      .map((entries) => new Map(entries as [CborValue, CborValue][])),
    fc.tuple(plainTag, tie('value')).map(([tag, inner]) => new CborTag(tag, inner as CborValue)),
  ),
}));

const canonical = (item: CborValue) => encodeCbor(item);

fuzz('every value comes back from its encoding', value, (item) => {
  const bytes = encodeCbor(item);
  expect(canonical(decodeCbor(asView(bytes), 'fuzz'))).toEqual(bytes);
});

/** What cbor2 makes of the same item; undefined where it has a meaning or a type of its own. */
function asOracle(item: CborValue): { readonly value: unknown } | undefined {
  if (item instanceof CborFloat) return { value: item.value };
  if (item instanceof CborSimple) return item.number === 23 ? { value: undefined } : undefined;
  if (item instanceof CborTag) {
    if (typeof item.tag !== 'number' || item.tag < 500 || item.tag > 600) return undefined;
    const inner = asOracle(item.value);
    return inner && { value: { tag: item.tag, value: inner.value } };
  }
  if (item instanceof Map) {
    const entries = [...item].map(([key, inner]) => [asOracle(key), asOracle(inner)] as const);
    if (entries.some((entry) => entry.includes(undefined))) return undefined;
    return { value: new Map(entries.map(([key, inner]) => [key?.value, inner?.value])) };
  }
  if (Array.isArray(item)) {
    const items = (item as readonly CborValue[]).map(asOracle);
    return items.includes(undefined) ? undefined : { value: items.map((one) => one?.value) };
  }
  return { value: item };
}

/** cbor2 has tags of a class of its own, and may have bigints where a number would do. */
function plain(item: unknown): unknown {
  if (typeof item === 'bigint' && BigInt.asIntN(54, item) === item) return Number(item);
  if (item instanceof Uint8Array) return new Uint8Array(item);
  if (Array.isArray(item)) return item.map(plain);
  if (item instanceof Map)
    return new Map([...item].map(([key, inner]) => [plain(key), plain(inner)]));
  if (item instanceof Tag) return { tag: Number(item.tag), value: plain(item.contents) };
  if (typeof item === 'object' && item !== null && 'tag' in item && 'value' in item) {
    return { tag: item.tag, value: plain(item.value) };
  }
  return item;
}

let compared = 0;
const samples = fc.sample(value, { seed: 1, numRuns: 60 }).map(encodeCbor);

fuzz('what is accepted is what cbor2 reads', damaged(...samples), (bytes) => {
  const item = orRefused(() => decodeCbor(bytes, 'fuzz'));
  if (item === undefined) return;
  const want = asOracle(item);
  if (want === undefined) return;
  compared++;
  expect(plain(decode(Uint8Array.from(bytes), { preferMap: true }))).toEqual(plain(want.value));
});

it('compared many of them', () => {
  expect(compared).toBeGreaterThan(0);
});

fuzz(
  'what is accepted has one encoding, up to the order of entries',
  damaged(...samples),
  (bytes) => {
    const item = orRefused(() => decodeCbor(bytes, 'fuzz'));
    if (item === undefined) return;
    const again = canonical(item);
    expect(again.length).toBe(bytes.length);
    expect(canonical(decodeCbor(again, 'fuzz'))).toEqual(again);
  },
);
