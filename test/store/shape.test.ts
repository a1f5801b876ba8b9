import { describe, expect, it } from 'vitest';
import {
  anyText,
  bytes,
  closed,
  count,
  digest,
  flag,
  hex,
  list,
  oneBy,
  optional,
  ordinal,
  record,
  type Shape,
  wantShape,
  word,
  words,
} from '../../src/store/shape.ts';
import { faultOf } from '../support/fault-of.ts';

const pair = closed<{ a: number; b?: string }>({ a: count, b: optional(words) });
const either = oneBy('kind', {
  a: closed<{ kind: 'a'; x: number }>({ kind: words, x: count }),
  b: closed<{ kind: 'b'; y: string[] }>({ kind: words, y: list(words) }),
});

it.each<{ name: string; shape: Shape; value: unknown }>([
  { name: 'an object', shape: pair, value: { a: 0, b: 'x' } },
  { name: 'an object without what may be missing', shape: pair, value: { a: 1 } },
  { name: 'one with that member undefined', shape: pair, value: { a: 1, b: undefined } },
  { name: 'one of two forms', shape: either, value: { kind: 'a', x: 1 } },
  { name: 'the other', shape: either, value: { kind: 'b', y: ['x', 'y'] } },
  { name: 'a record', shape: record(flag), value: { ['__proto__']: true, '': false } },
  { name: 'hex', shape: hex(2), value: '00ff' },
  { name: 'a digest', shape: digest, value: `sha256:${'0'.repeat(64)}` },
  { name: 'the largest number', shape: count, value: Number.MAX_SAFE_INTEGER },
  { name: 'the first of what counts from 1', shape: ordinal, value: 1 },
  { name: 'a word', shape: word(['a', 'b']), value: 'b' },
  { name: 'text with anything in it', shape: anyText, value: '\0' },
  { name: 'bytes', shape: bytes, value: new Uint8Array() },
])('$name fits', ({ shape, value }) => {
  expect(shape(value, 'x')).toBeUndefined();
});

describe('what does not fit is refused where it does not:', () => {
  it.each<{ name: string; shape: Shape; value: unknown; at: string; says: string }>([
    { name: 'no object', shape: pair, value: [], at: 'x', says: 'want an object, got a list' },
    { name: 'null', shape: pair, value: null, at: 'x', says: 'want an object, got null' },
    {
      name: 'bytes for an object',
      shape: record(count),
      value: new Uint8Array(1),
      at: 'x',
      says: 'want an object, got bytes',
    },
    {
      name: 'a member missing',
      shape: pair,
      value: {},
      at: 'x.a',
      says: 'want a whole number from 0 on, got nothing',
    },
    {
      name: 'a member inherited',
      shape: pair,
      value: { a: 1, toString: 1 },
      at: 'x.toString',
      says: 'is not known',
    },
    {
      name: 'null for what may be missing',
      shape: pair,
      value: { a: 1, b: null },
      at: 'x.b',
      says: 'got null',
    },
    {
      name: 'a form that there is not',
      shape: either,
      value: { kind: 'c' },
      at: 'x.kind',
      says: 'want a or b, got "c"',
    },
    {
      name: 'a form by an inherited name',
      shape: either,
      value: { kind: 'toString' },
      at: 'x.kind',
      says: 'want a or b',
    },
    {
      name: 'a list as the name of a form',
      shape: either,
      value: { kind: ['a'], x: 1 },
      at: 'x.kind',
      says: 'got a list',
    },
    {
      name: 'one form with the members of another',
      shape: either,
      value: { kind: 'a', y: [] },
      at: 'x.x',
      says: 'got nothing',
    },
    {
      name: 'an item of another kind',
      shape: either,
      value: { kind: 'b', y: ['x', 1] },
      at: 'x.y[1]',
      says: 'got 1',
    },
    {
      name: 'a value of a record',
      shape: record(flag),
      value: { a: true, b: 'true' },
      at: 'x.b',
      says: 'want true or false, got "true"',
    },
    {
      name: 'half a character as a name',
      shape: record(flag),
      value: { '\ud800': true },
      at: 'x',
      says: 'want text',
    },
    {
      name: 'upper case',
      shape: hex(2),
      value: '00FF',
      at: 'x',
      says: 'want 4 lower-case hex digits, got "00FF"',
    },
    { name: 'a line behind it', shape: hex(2), value: '00ff\n', at: 'x', says: 'want 4' },
    { name: 'a digit too many', shape: hex(2), value: '00ff0', at: 'x', says: 'want 4' },
    {
      name: 'another digest',
      shape: digest,
      value: `sha384:${'0'.repeat(64)}`,
      at: 'x',
      says: 'want sha256:',
    },
    { name: 'a fraction', shape: count, value: 0.5, at: 'x', says: 'got 0.5' },
    { name: 'no number', shape: count, value: Number.NaN, at: 'x', says: 'want a whole number' },
    { name: 'a number in quotes', shape: count, value: '1', at: 'x', says: 'got "1"' },
    {
      name: 'too large a number',
      shape: count,
      value: 2 ** 53,
      at: 'x',
      says: 'want a whole number',
    },
    {
      name: 'nothing of what counts from 1',
      shape: ordinal,
      value: 0,
      at: 'x',
      says: 'from 1 on, got 0',
    },
    { name: 'no text at all', shape: words, value: '', at: 'x', says: 'got ""' },
    { name: 'NUL', shape: words, value: 'a\0', at: 'x', says: 'can be stored' },
    { name: 'half of a character', shape: anyText, value: '\udfff', at: 'x', says: 'want text' },
    { name: 'text for bytes', shape: bytes, value: 'x', at: 'x', says: 'want bytes, got "x"' },
    {
      name: 'what is long',
      shape: count,
      value: 'x'.repeat(1_000),
      at: 'x',
      says: `got "${'x'.repeat(59)}…`,
    },
  ])('$name', ({ shape, value, at, says }) => {
    const fault = faultOf(() => wantShape(shape, value, 'x', 'malformed'));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault?.detail).toContain(says);
  });
});
