import { describe, expect, it } from 'vitest';
import { JSON_DEPTH_LIMIT, parseJson } from '../../../src/core/encoding/json.ts';
import { faultOf } from '../../support/fault-of.ts';

const value = (text: string) => parseJson(text, 'doc').value;
const nested = (open: string, close: string, depth: number, inside = '') =>
  open.repeat(depth) + inside + close.repeat(depth);

it('reads every kind of value, with white space anywhere', () => {
  const text =
    '\t{ "a" : [ 1 , -2.5e3 , "x\\n" , true , false , null ] ,\r\n "b" : { } , "c":[]}\n ';
  expect(JSON.stringify(value(text))).toBe('{"a":[1,-2500,"x\\n",true,false,null],"b":{},"c":[]}');
});

it('keeps the spans of the outermost members, to the character', () => {
  const text = ' {"tcbInfo" : {"a":{"tcbInfo":1}, "b":[ ]} ,"sig\\u006eature":"é€" , "n":-1.5e0}';
  const { members } = parseJson(text, 'doc');
  const slices = [...members].map(([name, { start, end }]) => [name, text.slice(start, end)]);
  expect(slices).toEqual([
    ['tcbInfo', '{"a":{"tcbInfo":1}, "b":[ ]}'],
    ['signature', '"é€"'],
    ['n', '-1.5e0'],
  ]);
});

it('has no spans where the outermost value is no object', () => {
  expect(parseJson('[{"a":1}]', 'doc').members.size).toBe(0);
});

describe('reads strings', () => {
  it.each([
    ['all short escapes', String.raw`"\"\\\/\b\f\n\r\t"`, '"\\/\b\f\n\r\t'],
    ['hex escapes of either case', String.raw`"\u00e9\u00E9"`, 'éé'],
    ['an escaped surrogate pair', String.raw`"\ud83d\ude00"`, '😀'],
    ['DEL and the separators U+2028, U+2029', '"\u007f\u2028\u2029"', '\u007f\u2028\u2029'],
    // Allowed by RFC 8259; canonicalJson refuses them before anything is signed.
    ['a lone surrogate, escaped', String.raw`"\ud83d"`, '\ud83d'],
    ['a lone surrogate as it is', '"\ude00"', '\ude00'],
    ['a NUL, escaped', String.raw`"\u0000"`, '\0'],
  ])('%s', (_name, text, want) => {
    expect(value(text)).toBe(want);
  });
});

describe('reads numbers', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['10', 10],
    ['0.5', 0.5],
    ['1E+2', 100],
    ['1e-2', 0.01],
    ['1e-999', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['9007199254740993', 9007199254740992],
  ])('%s', (text, want) => {
    expect(value(text)).toBe(want);
  });
});

it('takes __proto__ and constructor for data', () => {
  const parsed = value('{"__proto__":{"admin":true},"constructor":1}') as Record<string, unknown>;
  expect(Object.keys(parsed)).toEqual(['__proto__', 'constructor']);
  expect(parsed['admin']).toBeUndefined();
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
});

describe('refuses duplicate members', () => {
  it.each([
    ['side by side', '{"a":1,"a":1}', 'doc', '"a"'],
    ['apart', '{"a":1,"b":2,"a":3}', 'doc', '"a"'],
    ['equal only after decoding', String.raw`{"a":1,"\u0061":2}`, 'doc', '"a"'],
    ['spelled with escapes of either case', String.raw`{"\u00e9":1,"\u00E9":2}`, 'doc', '"é"'],
    ['called __proto__', '{"__proto__":1,"__proto__":2}', 'doc', '"__proto__"'],
    ['called toString', '{"toString":1,"toString":2}', 'doc', '"toString"'],
    ['with the empty name', '{"":1,"":2}', 'doc', '""'],
    ['deep inside', '{"x":[0,{"y":{"a":1,"a":2}}]}', 'doc.x[1].y', '"a"'],
  ])('%s', (_name, text, at, name) => {
    const fault = faultOf(() => value(text));
    expect(fault).toMatchObject({ code: 'malformed', at, detail: `duplicate member ${name}` });
  });

  it('but not equal names in two objects, nor a name like that of a builtin', () => {
    expect(JSON.stringify(value('[{"a":1},{"a":1,"toString":{"a":2}}]'))).toBe(
      '[{"a":1},{"a":1,"toString":{"a":2}}]',
    );
  });
});

describe('depth', () => {
  it.each([
    ['arrays', nested('[', ']', JSON_DEPTH_LIMIT)],
    ['arrays around a value', nested('[', ']', JSON_DEPTH_LIMIT, '0')],
    ['objects', nested('{"a":', '}', JSON_DEPTH_LIMIT, '0')],
    ['both', nested('[{"a":', '}]', JSON_DEPTH_LIMIT / 2, '"x"')],
  ])('reads 32 levels of %s', (_name, text) => {
    expect(JSON.stringify(value(text))).toBe(text);
  });

  it.each([
    ['33 arrays', nested('[', ']', 33)],
    ['33 arrays around a value', nested('[', ']', 33, '0')],
    ['33 objects', nested('{"a":', '}', 33, '0')],
    ['32 arrays around an empty object', nested('[', ']', 32, '{}')],
    ['a million arrays', nested('[', ']', 1_000_000)],
    ['a million opened arrays', '['.repeat(1_000_000)],
    ['a million opened objects', '{"a":'.repeat(1_000_000)],
  ])('refuses %s', (_name, text) => {
    expect(faultOf(() => value(text)).message).toBe('doc: nested deeper than 32 levels');
  });
});

describe('refuses', () => {
  it.each([
    ['nothing', '', 0],
    ['nothing but white space', ' \n', 2],
    ['a byte order mark', '\ufeff{}', 0],
    ['a no-break space', '\u00a0{}', 0],
    ['a form feed', '\f{}', 0],
    ['a vertical tab inside', '[\v1]', 1],
    ['a second value', '{} {}', 3],
    ['text after the value', 'nullx', 4],
    ['a NUL after the value', '{}\0', 2],
    ['a comment', '/**/{}', 0],
    ['a leading zero', '01', 1],
    ['a negative leading zero', '-01', 2],
    ['a point without a fraction', '1.', 1],
    ['a point without a whole part', '.5', 0],
    ['an exponent without digits', '1e', 1],
    ['an exponent with a sign only', '1e+', 1],
    ['a plus sign', '+1', 0],
    ['a minus sign alone', '-', 0],
    ['hexadecimal', '0x10', 1],
    ['a digit separator', '1_000', 1],
    ['a full-width digit', '１', 0],
    ['NaN', 'NaN', 0],
    ['Infinity', '-Infinity', 0],
    ['undefined', 'undefined', 0],
    ['a literal cut short', 'tru', 0],
    ['a literal with a capital', 'True', 0],
    ['a number beyond the doubles', '1e999', 5],
    ['a negative number beyond the doubles', '[-1e999]', 7],
    ['a string without its end', '"abc', 4],
    ['a string in single quotes', "'a'", 0],
    ['a line end inside a string', '"a\nb"', 2],
    ['a tab inside a string', '"\t"', 1],
    ['U+0000 inside a string', '"\0"', 1],
    ['U+001F inside a string', '"\u001f"', 1],
    ['a control character in a name', '{"a\u0001":1}', 3],
    ['an escaped single quote', String.raw`"\'"`, 3],
    ['an unknown escape', String.raw`"\x41"`, 3],
    ['a capital escape', String.raw`"\N"`, 3],
    ['three hex digits', String.raw`"\u12"`, 3],
    ['a sign among hex digits', String.raw`"\u+123"`, 3],
    ['an escape at the end', '"\\', 3],
    ['a bare member name', '{a:1}', 1],
    ['a number as a name', '{1:1}', 1],
    ['no colon', '{"a" 1}', 5],
    ['no value', '{"a":}', 5],
    ['no comma between members', '{"a":1 "b":2}', 7],
    ['no comma between items', '[1 2]', 3],
    ['a comma before the closing brace', '{"a":1,}', 7],
    ['a comma before the closing bracket', '[1,]', 3],
    ['a comma alone', '[,]', 1],
    ['an object without its end', '{"a":1', 6],
    ['an array without its end', '[1', 2],
    ['the wrong closing bracket', '[1}', 2],
    ['a closing bracket alone', ']', 0],
  ])('%s', (_name, text, character) => {
    const fault = faultOf(() => value(text));
    expect(fault).toMatchObject({ code: 'malformed', at: 'doc' });
    expect(fault.detail).toMatch(new RegExp(` at character ${character}$`));
  });
});

describe('long strings, which the platform reads', () => {
  const long = 'Ab+/'.repeat(100);

  it.each([
    ['alone', `"${long}"`, long],
    ['with an escape before', `["\\n","${long}"]`, ['\n', long]],
    ['with an escape behind', `["${long}","\\n","${long}"]`, [long, '\n', long]],
    [
      'with an escape in one of them',
      `["${long}\\t${long}","${long}"]`,
      [`${long}\t${long}`, long],
    ],
    ['with an escaped quote near the start', `"\\"${long}"`, `"${long}`],
    [
      'beyond ASCII, a lone surrogate and line separators',
      `"é\ud800\u2028${long}"`,
      `é\ud800\u2028${long}`,
    ],
    ['as a name', `{"${long}":1}`, { [long]: 1 }],
  ])('%s', (_name, text, want) => {
    expect(value(text)).toEqual(want);
  });

  it.each([
    ['a line end', `"${long}\n${long}"`, 401],
    ['U+0000 at the very end', `"${long}\0"`, 401],
    ['a control character in the second', `["${long}","${long}\u001f${long}"]`, 805],
    ['no end', `"${long}`, 401],
    ['no end behind an escape', `"\\n${long}`, 403],
  ])('%s is refused', (_name, text, character) => {
    const { detail } = faultOf(() => value(text));
    expect(detail).toBe(`control character or end inside a string at character ${character}`);
  });

  it('are read as short ones are, wherever an escape stands', () => {
    for (let at = 0; at < 300; at++) {
      const text = `${'x'.repeat(at)}\\u0041${'y'.repeat(300 - at)}`;
      const want = `${'x'.repeat(at)}A${'y'.repeat(300 - at)}`;
      expect(value(`["${text}","${long}"]`)).toEqual([want, long]);
    }
  });
});

it('says of nothing that it is nothing', () => {
  for (const text of ['', ' \n']) {
    expect(() => parseJson(text, 'bundle')).toThrow('bundle: nothing is in it: want a value at');
  }
});
