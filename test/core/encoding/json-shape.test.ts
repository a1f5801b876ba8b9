import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/core/encoding/json.ts';
import { JsonShape } from '../../../src/core/encoding/json-shape.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

const shapeOf = (text: string) => new JsonShape(parseJson(text, 'doc').value, 'doc');

it('hands out every kind of member', () => {
  const shape = shapeOf(`{
    "s": "text", "i": 7, "zero": 0, "h": "00fF", "t": "2026-01-31T00:00:00Z", "o": {"x": "y"},
    "a": [1, "two"], "os": [{"n": 1}, {"n": 2}], "ss": ["p", "q"], "null": null
  }`);
  expect(shape.path).toBe('doc');
  expect(shape.string('s')).toBe('text');
  expect(shape.integer('i', 7)).toBe(7);
  expect(shape.integer('zero', 7)).toBe(0);
  expect(shape.hex('h', 2)).toEqual(hex('00ff'));
  expect(shape.time('t')).toBe(Date.UTC(2026, 0, 31));
  expect(shape.object('o').string('x')).toBe('y');
  expect(shape.object('o').path).toBe('doc.o');
  expect(shape.array('a')).toEqual([1, 'two']);
  expect(shape.objects('os').map((o) => [o.path, o.integer('n', 9)])).toEqual([
    ['doc.os[0]', 1],
    ['doc.os[1]', 2],
  ]);
  expect(shape.strings('ss')).toEqual(['p', 'q']);
  expect([shape.has('null'), shape.has('absent'), shape.has('toString')]).toEqual([
    true,
    false,
    false,
  ]);
});

describe('is only made of an object', () => {
  it.each([
    ['[]', 'an array'],
    ['null', 'null'],
    ['"x"', '"x"'],
    ['1', '1'],
  ])('not of %s', (text, got) => {
    expect(faultOf(() => shapeOf(text)).message).toBe(`doc: want an object, got ${got}`);
  });

  it('not of nothing', () => {
    expect(faultOf(() => new JsonShape(undefined, 'doc')).message).toBe(
      'doc: want an object, got nothing',
    );
  });
});

describe('refuses', () => {
  it.each([
    ['a missing string', '{}', (s) => s.string('m'), 'doc.m: want a string, got nothing'],
    ['null for a string', '{"m":null}', (s) => s.string('m'), 'doc.m: want a string, got null'],
    ['a number for a string', '{"m":1}', (s) => s.string('m'), 'doc.m: want a string, got 1'],
    [
      'a builtin for a member',
      '{}',
      (s) => s.string('constructor'),
      'doc.constructor: want a string, got nothing',
    ],
    [
      'a string for a number',
      '{"m":"1"}',
      (s) => s.integer('m', 9),
      'doc.m: want a whole number from 0 to 9, got "1"',
    ],
    [
      'a fraction',
      '{"m":1.5}',
      (s) => s.integer('m', 9),
      'doc.m: want a whole number from 0 to 9, got 1.5',
    ],
    [
      'a negative number',
      '{"m":-1}',
      (s) => s.integer('m', 9),
      'doc.m: want a whole number from 0 to 9, got -1',
    ],
    [
      'a number above the limit',
      '{"m":10}',
      (s) => s.integer('m', 9),
      'doc.m: want a whole number from 0 to 9, got 10',
    ],
    [
      'true for a number',
      '{"m":true}',
      (s) => s.integer('m', 9),
      'doc.m: want a whole number from 0 to 9, got true',
    ],
    [
      'hex of another length',
      '{"m":"00"}',
      (s) => s.hex('m', 2),
      'doc.m: want 4 hex digits, got 2 characters',
    ],
    [
      'hex that is none',
      '{"m":"00zz"}',
      (s) => s.hex('m', 2),
      'doc.m: not a hex digit at character 2',
    ],
    [
      'a day that is none',
      '{"m":"2026-02-31T00:00:00Z"}',
      (s) => s.time('m'),
      'doc.m: want a time like 2026-01-31T00:00:00Z, got "2026-02-31T00:00:00Z"',
    ],
    [
      'an array for an object',
      '{"m":[]}',
      (s) => s.object('m'),
      'doc.m: want an object, got an array',
    ],
    [
      'an object for an array',
      '{"m":{}}',
      (s) => s.array('m'),
      'doc.m: want an array, got an object',
    ],
    ['a missing array', '{}', (s) => s.array('m'), 'doc.m: want an array, got nothing'],
    [
      'a number among objects',
      '{"m":[{},1]}',
      (s) => s.objects('m'),
      'doc.m[1]: want an object, got 1',
    ],
    [
      'null among strings',
      '{"m":["x",null]}',
      (s) => s.strings('m'),
      'doc.m[1]: want a string, got null',
    ],
  ] satisfies [string, string, (shape: JsonShape) => unknown, string][])(
    '%s',
    (_name, text, act, message) => {
      const fault = faultOf(() => act(shapeOf(text)));
      expect(fault.code).toBe('malformed');
      expect(fault.message).toBe(message);
    },
  );
});

it('does not repeat a long value of the attacker', () => {
  const fault = faultOf(() => shapeOf(`{"m":"${'x'.repeat(10_000)}"}`).array('m'));
  expect(fault.message.length).toBeLessThan(120);
});
