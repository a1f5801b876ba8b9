import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../../src/core/encoding/json.ts';
import { faultOf } from '../../support/fault-of.ts';
import { vectorsFolder } from '../../support/vectors.ts';

/** Text to canonical text, the way every caller goes. */
const canonical = (text: string) => canonicalJson(parseJson(text, 'json').value);

describe('writes', () => {
  it.each([
    ['no white space', ' { "a" : [ 1 , true , null , "x" ] } ', '{"a":[1,true,null,"x"]}'],
    ['an empty object and an empty array', '[{}, [ ]]', '[{},[]]'],
    ['names in order', '{"b":1,"a":2,"":3}', '{"":3,"a":2,"b":1}'],
    ['names that look like numbers as text', '{"10":1,"9":2,"1":3}', '{"1":3,"10":1,"9":2}'],
    ['capitals before small letters', '{"a":1,"B":2}', '{"B":2,"a":1}'],
    // U+1F600 begins with the surrogate D83D, below U+FB33: code units count, not code points.
    ['names by UTF-16 code unit', '{"\ufb33":1,"\u{1f600}":2}', '{"\u{1f600}":2,"\ufb33":1}'],
    ['a prefix first', '{"ab":1,"a":2}', '{"a":2,"ab":1}'],
    ['objects inside in order as well', '[{"b":{"d":1,"c":2}}]', '[{"b":{"c":2,"d":1}}]'],
    ['arrays as they stand', '[3,1,2]', '[3,1,2]'],
    ['__proto__ like any other name', '{"a":1,"__proto__":2}', '{"__proto__":2,"a":1}'],
    [
      'short escapes where there are any',
      '"\\u0008\\u0009\\u000a\\u000c\\u000d"',
      '"\\b\\t\\n\\f\\r"',
    ],
    ['small hex for other controls', '"\\u000F\\u0000"', '"\\u000f\\u0000"'],
    ['quote and backslash escaped, slash not', '"\\"\\\\\\/"', '"\\"\\\\/"'],
    ['everything else as it is', '"\\u20ac\\u007f\\ud83d\\ude00"', '"€\u007f😀"'],
    ['minus zero as zero', '-0', '0'],
    ['a fraction that is none', '1.0', '1'],
    [
      'exponents as ECMAScript does',
      '[1E30,1e-7,1e21,1e20]',
      '[1e+30,1e-7,1e+21,100000000000000000000]',
    ],
    ['the shortest digits', '[0.1,333333333.33333329]', '[0.1,333333333.3333333]'],
  ])('%s', (_name, text, want) => {
    expect(canonical(text)).toBe(want);
    expect(canonical(want)).toBe(want);
  });

  it('the example of RFC 8785 section 3.2.2', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonical(text)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });
});

describe('refuses', () => {
  it.each([
    ['NaN', { n: [Number.NaN] }, 'json.n[0]', 'not finite'],
    ['an infinity', [Number.NEGATIVE_INFINITY], 'json[0]', 'not finite'],
    ['a lone high surrogate', ['\ud83d'], 'json[0]', 'lone surrogate'],
    ['a lone low surrogate', { s: 'a\ude00b' }, 'json.s', 'lone surrogate'],
    ['surrogates the wrong way round', '\ude00\ud83d', 'json', 'lone surrogate'],
    ['a lone surrogate in a name', { '\ud83d': 1 }, 'json', 'lone surrogate'],
  ] satisfies [string, JsonValue, string, string][])('%s', (_name, value, at, detail) => {
    const fault = faultOf(() => canonicalJson(value));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });
});

const vectors = vectorsFolder('policy/jcs');

describe.skipIf(vectors === undefined)('published vectors', () => {
  const read = (...path: string[]) =>
    fromUtf8(readFileSync(join(vectors ?? '', ...path)), 'vector');

  it.each(['arrays', 'french', 'structures', 'unicode', 'values', 'weird'])('%s', (name) => {
    expect(canonical(read(name, 'input.json'))).toBe(read(name, 'output.json'));
  });

  it('numbers', () => {
    const { value } = parseJson(read('numbers.json'), 'numbers');
    const cases = value as unknown as { ieee754: string; json: string }[];
    expect(cases.length).toBeGreaterThan(10);
    for (const { ieee754, json } of cases) {
      const number = Buffer.from(ieee754, 'hex').readDoubleBE();
      expect(canonicalJson(number), ieee754).toBe(json);
    }
  });
});
