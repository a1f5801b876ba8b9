import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TopMember } from '../../../src/agent/session/top-member.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { fuzz } from '../../support/fuzz.ts';

function read(text: string, piece = text.length): unknown {
  const member = new TopMember('usage');
  const bytes = utf8(text);
  for (let at = 0; at < bytes.length; at += piece) member.push(bytes.subarray(at, at + piece));
  return member.value && JSON.parse(Buffer.from(member.value).toString());
}

it.each([
  ['first', '{"usage":{"a":[1,{"b":2}]},"x":1}', { a: [1, { b: 2 }] }],
  ['last, with blanks', ' {"x": "}" , "usage" : 5 }\n', 5],
  ['twice: the last counts', '{"usage":1,"usage":2}', 2],
  ['a text with a comma and braces', '{"usage":"a,}\\"{","x":1}', 'a,}"{'],
  ['behind a text that ends with a backslash', '{"x":"\\\\","usage":1}', 1],
  ['deeper', '{"x":{"usage":1},"y":["usage",1]}', undefined],
  ['said by a text', '{"x":"\\",\\"usage\\":1,"}', undefined],
  ['a value', '{"x":"usage","y":1}', undefined],
  ['the beginning of a longer name', '{"usages":1,"usag":2}', undefined],
  ['in a list', '["usage",{"usage":1}]', undefined],
  ['behind the end', '{"x":1}{"usage":1}', undefined],
  ['not whole', '{"x":1,"usage":{"a":1}', undefined],
  ['too long', `{"usage":"${'x'.repeat(5000)}","y":1}`, undefined],
])('%s', (_name, text, value) => {
  expect(read(text)).toEqual(value);
  expect(read(text, 1)).toEqual(value);
});

const json = fc.json({ stringUnit: fc.constantFrom('"', '\\', 'usage', ',', '}', '{', ':', 'é') });
fuzz(
  'what JSON.parse reads, however it is cut',
  fc.tuple(json, json, json, fc.integer({ min: 1, max: 9 })),
  ([before, usage, after, piece]) => {
    const text = `{"a":${before},"usage":${usage},"z":${after}}`;
    expect(read(text, piece)).toEqual(JSON.parse(text).usage);
  },
);
