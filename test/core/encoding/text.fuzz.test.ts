import fc from 'fast-check';
import { expect } from 'vitest';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../../src/core/encoding/base64.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../../src/core/encoding/json.ts';
import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import {
  formatTime,
  parseDerGeneralizedTime,
  parseDerUtcTime,
  parseUtcTimestamp,
} from '../../../src/core/encoding/time.ts';
import { Fault } from '../../../src/core/fault.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';

/** Pieces of JSON, most of them legal somewhere. */
const token = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"b"', '"__proto__"', '"\\u0061"', '"\\ud83d"'],
  ...['0', '-0', '01', '1.', '.5', '1e5', '1e999', '-', 'true', 'null', 'nul', ' ', '\n', '\f'],
  ...['{"a":1}', '[[]]', '{"a":{"b":[]}}', '\ufeff', '\\', '\u0000', '"\t"', '/**/', "'a'"],
);

const jsonText = fc.oneof(
  fc.json(),
  fc.array(token, { maxLength: 14 }).map((tokens) => tokens.join('')),
  fc.tuple(fc.json(), fc.nat(), fc.nat({ max: 3 }), token).map(([text, at, removed, added]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + added + text.slice(start + removed);
  }),
);

/** Two values of the same members; our objects have no prototype, those of JSON.parse do. */
function expectSame(ours: JsonValue, theirs: unknown): void {
  if (typeof ours !== 'object' || ours === null) {
    expect(ours).toBe(theirs);
    return;
  }
  const [a, b] = [Object.entries(ours), Object.entries(theirs as object)];
  expect(Array.isArray(ours)).toBe(Array.isArray(theirs));
  expect(a.map(([name]) => name)).toEqual(b.map(([name]) => name));
  for (const [i, [, value]] of a.entries()) expectSame(value, b[i]?.[1]);
}

fuzz('JSON agrees with JSON.parse, or says why it is stricter', jsonText, (text) => {
  let ours: JsonValue;
  try {
    ours = parseJson(text, 'fuzz').value;
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    const stricter = /duplicate member|nested deeper|number out of range/;
    if (!stricter.test((error as Fault).detail)) expect(() => JSON.parse(text)).toThrow();
    return;
  }
  expectSame(ours, JSON.parse(text));
});

fuzz(
  'spans of JSON members are their values',
  fc.dictionary(fc.string(), fc.jsonValue()),
  (object) => {
    const text = JSON.stringify(object, undefined, 1);
    const { value, members } = parseJson(text, 'fuzz');
    expect([...members.keys()].sort()).toEqual(Object.keys(value as object).sort());
    for (const [name, { start, end }] of members) {
      expectSame(
        (value as Record<string, JsonValue>)[name] ?? null,
        JSON.parse(text.slice(start, end)),
      );
    }
  },
);

fuzz('canonical JSON is one text for one value', fc.jsonValue(), (value) => {
  const text = JSON.stringify(value);
  const canonical = orRefused(() => canonicalJson(parseJson(text, 'fuzz').value));
  if (canonical === undefined) return;
  expect(JSON.parse(canonical)).toEqual(JSON.parse(text));
  expect(canonicalJson(parseJson(canonical, 'fuzz').value)).toBe(canonical);
});

const pem = utf8(
  toPem(new Uint8Array(70), 'CERTIFICATE') + toPem(new Uint8Array(3), 'CERTIFICATE'),
);
const textual = damaged(
  pem,
  utf8('2026-02-28T23:59:59Z'),
  utf8('20260228235959Z'),
  utf8('491231235959Z'),
  utf8('AAECAwQFBgcICQ=='),
  utf8('00ff7f80'),
);

fuzz('whatever text is accepted is canonical', textual, (bytes) => {
  const text = orRefused(() => fromUtf8(bytes, 'fuzz'));
  if (text === undefined) return;
  expect(utf8(text)).toEqual(bytes);
  const plain = orRefused(() => fromHex(text, 'fuzz'));
  if (plain !== undefined) expect(toHex(plain)).toBe(text.toLowerCase());
  const decoded = orRefused(() => fromBase64(text, 'fuzz'));
  if (decoded !== undefined) expect(toBase64(decoded)).toBe(text);
  const blocks = orRefused(() => fromPem(text, 'CERTIFICATE', 'fuzz'));
  if (blocks !== undefined) {
    const written = blocks.map((block) => toPem(block, 'CERTIFICATE')).join('');
    expect(written.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
  }
  const at = orRefused(() => parseUtcTimestamp(text, 'fuzz'));
  if (at !== undefined) expect(formatTime(at)).toBe(text);
  for (const parse of [parseDerUtcTime, parseDerGeneralizedTime]) {
    const time = orRefused(() => parse(text, 'fuzz'));
    if (time !== undefined) expect(formatTime(time).replaceAll(/[-:T]/g, '')).toContain(text);
  }
});
