import Type, { type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { closed } from '../../../src/appraisal/policy/schema/values.ts';
import { misfitsOf } from '../../../src/core/document/explain-shape.ts';
import { nearName } from '../../../src/core/document/near-name.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';

const misfits = (schema: TSchema, value: JsonValue) =>
  misfitsOf(schema, value, (part, one) => Value.Check(part, one)).map(({ path, problem }) =>
    path === '' ? problem : `${path}: ${problem}`,
  );

const Word = Type.String({ pattern: '^[a-z]+$', description: 'a word' });
const Digit = Type.Integer({ minimum: 1, maximum: 9 });
const Labels = Type.Record(Type.String({ pattern: '^[a-z]+$' }), Word, {
  additionalProperties: false,
});
const Cat = closed({ type: Type.Literal('cat'), lives: Digit, name: Type.Optional(Word) });
const Dog = closed({ type: Type.Literal('dog'), name: Word, tricks: Type.Array(Word) });
const Pet = Type.Union([Cat, Dog], { description: 'a cat or a dog' });
const House = closed({
  pet: Pet,
  rooms: Type.Array(Word, { minItems: 1, maxItems: 3, uniqueItems: true }),
  labels: Type.Optional(Labels),
});
const house = { pet: { type: 'cat', lives: 9 }, rooms: ['hall'] };

describe('says where, and what is wanted', () => {
  it.each<readonly [string, JsonValue, readonly string[]]>([
    ['nothing of what fits', house, []],
    ['a list', [], ['want an object with pet, rooms, labels, got a list']],
    ['nothing', null, ['want an object with pet, rooms, labels, got nothing']],
    ['a member that is missing', { pet: house.pet }, ['rooms: is missing: want a list']],
    [
      'a member with another name',
      { ...house, Rooms: [] },
      ['Rooms: is not known, and would not be looked at: did you mean rooms?'],
    ],
    [
      'a member with a name of its own',
      { ...house, garden: 1 },
      ['garden: is not known, and would not be looked at: want pet, rooms, labels'],
    ],
    [
      'a name that every object inherits',
      JSON.parse(`{"toString": 1, "pet": {"type": "cat", "lives": 9}, "rooms": ["hall"]}`),
      ['toString: is not known, and would not be looked at: want pet, rooms, labels'],
    ],
    [
      'a sentence for a name',
      { ...house, 'and more': null },
      ['and more: is read as a member of its own: quote the text before it, commas and all'],
    ],
    [
      'an empty list',
      { ...house, rooms: [] },
      ['rooms: an empty list would mean nothing or everything: name what is wanted'],
    ],
    [
      'a list that is too long',
      { ...house, rooms: ['a', 'b', 'c', 'd'] },
      ['rooms: want at most 3 of them, got 4'],
    ],
    ['items twice', { ...house, rooms: ['a', 'b', 'a'] }, ['rooms[2]: is the same as rooms[0]']],
    ['an item', { ...house, rooms: ['a', 'B'] }, ['rooms[1]: want a word, got "B"']],
    [
      'a value under a free name',
      { ...house, labels: { a: 'b', c: 'D' } },
      ['labels.c: want a word, got "D"'],
    ],
    [
      'a free name',
      { ...house, labels: { A: 'b' } },
      ['labels.A: no name for this: want ^[a-z]+$'],
    ],
    [
      'several at once',
      { rooms: ['A', 'B'], labels: { a: 1 } },
      [
        'pet: is missing: want a cat or a dog',
        'rooms[0]: want a word, got "A"',
        'rooms[1]: want a word, got "B"',
        'labels.a: want a word, got 1: quote it, or it is a number',
      ],
    ],
  ])('%s', (_what, value, problems) => {
    expect(misfits(House, value)).toEqual(problems);
  });
});

describe('of several forms takes the one that was meant', () => {
  const Either = Type.Union([Type.Array(Word), closed({ skip: Word })], { description: 'either' });
  const Alike = Type.Union([closed({ a: Word }), closed({ b: Word })], { description: 'a or b' });
  it.each<readonly [string, TSchema, JsonValue, readonly string[]]>([
    [
      'by a constant',
      Pet,
      { type: 'cat', lives: 0 },
      ['lives: want a whole number from 1 to 9, got 0'],
    ],
    [
      'by a constant, whatever else is there',
      Pet,
      { type: 'cat', lives: 1, tricks: [], name: 'x' },
      ['tricks: is not known, and would not be looked at: want type, lives, name'],
    ],
    ['by none that it says', Pet, { type: 'cow' }, ['want a cat or a dog, got an object']],
    ['by no member at all', Pet, {}, ['want a cat or a dog, got an object']],
    ['not where both are as near', Alike, { a: 'x', b: 'x' }, ['want a or b, got an object']],
    ['by its members', Alike, { b: 'X' }, ['b: want a word, got "X"']],
    ['by being a list', Either, ['a', 1], ['[1]: want a word, got 1: quote it, or it is a number']],
    ['by being an object', Either, { skip: 'X' }, ['skip: want a word, got "X"']],
    ['not by a member of neither', Either, { skips: 'x' }, ['want either, got an object']],
    [
      'whose list may have one item twice',
      Pet,
      { type: 'dog', name: 'x', tricks: ['a', 'a', 'B'] },
      ['tricks[2]: want a word, got "B"'],
    ],
    ['not of a text', Either, 'x', ['want either, got "x"']],
    ['nor of nothing', Either, null, ['want either, got nothing']],
  ])('%s', (_what, schema, value, problems) => {
    expect(misfits(schema, value)).toEqual(problems);
  });
});

describe('has words for', () => {
  const long = 'x'.repeat(41);
  it.each<readonly [TSchema, JsonValue, string]>([
    [Digit, 0, 'want a whole number from 1 to 9, got 0'],
    [Type.Integer(), 0.5, 'want a whole number from 0 to any, got 0.5'],
    [Type.Number(), 'x', 'want a whole number from 0 to any, got "x"'],
    [Type.Array(Word), 'x', 'want a list, got "x"'],
    [Type.Literal('a'), 'x', 'want "a", got "x"'],
    [closed({ a: Word, b: Word }), 1, 'want an object with a, b, got 1'],
    [closed({}), true, 'want an object, got true'],
    [Type.Boolean(), 'x', 'want another value, got "x"'],
    [Word, {}, 'want a word, got an object'],
    [Word, [], 'want a word, got a list'],
    [Word, 'X'.repeat(40), `want a word, got "${'X'.repeat(40)}"`],
    [Word, `${long}X`, `want a word, got "${long}X"`],
    [Word, '\n'.repeat(30), `want a word, got "${'\\n'.repeat(21)}\\…"`],
    [Word, `${long}xxX`, `want a word, got "${'x'.repeat(43)}…" (44 characters)`],
    [Word, 1, 'want a word, got 1: quote it, or it is a number'],
    [Type.Union([Digit, Word]), 10, 'want another value, got 10: quote it, or it is a number'],
    [Type.Enum(['1', '2']), 1, 'want another value, got 1: quote it, or it is a number'],
    [Type.Union([Digit, Type.Null()]), 10, 'want another value, got 10'],
  ])('%j and %j', (schema, value, problem) => {
    expect(misfits(schema, value)).toEqual([problem]);
  });
});

it('says at least how many members are wanted', () => {
  const Some = Type.Object(
    { a: Type.Optional(Word), b: Type.Optional(Word) },
    { additionalProperties: false, minProperties: 1 },
  );
  expect(misfits(Some, {})).toEqual(['want at least 1 of a, b']);
  expect(misfits(Some, { a: 'x' })).toEqual([]);
});

it('stops at fifty', () => {
  const found = misfits(Type.Array(Word), Array(60).fill('X'));
  expect([found.length, found.at(-1)]).toEqual([50, '[49]: want a word, got "X"']);
  expect(
    misfits(Labels, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}`, 'a']))),
  ).toHaveLength(50);
});

describe('the nearest name', () => {
  const known = ['driver', 'rtmr0', 'rtmr1', 'ab', 'x'.repeat(64)];
  it.each([
    ['driver', 'driver'],
    ['DRIVER', 'driver'],
    ['drivre', 'driver'],
    ['drivers', 'driver'],
    ['driv', 'driver'],
    ['rtmr1x', 'rtmr1'],
    ['rtmr', 'rtmr0'],
    ['rtm', 'rtmr0'],
    ['rt', 'ab'],
    ['rtmr1xyz', undefined],
    ['dirvre', undefined],
    ['x'.repeat(63), 'x'.repeat(64)],
    ['x'.repeat(65), undefined],
    ['', 'ab'],
  ])('to %s is %s', (name, near) => {
    expect(nearName(name, known)).toBe(near);
  });
});
