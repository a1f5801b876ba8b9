import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Random } from '../random.ts';
import { damageBytes } from './bytes.ts';

/** A change of a JSON text; may return the same text where it finds nothing to change. */
export type JsonChange = (random: Random, text: string) => string;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Holder = Json[] | { [name: string]: Json };

/** Replaces the first match behind a random place, or else the first of all. */
function spot(
  random: Random,
  text: string,
  pattern: RegExp,
  by: (found: string) => string,
): string {
  pattern.lastIndex = random.below(text.length);
  const match = pattern.exec(text) ?? pattern.exec(text);
  if (match === null) return text;
  const { 0: found, index } = match;
  return text.slice(0, index) + by(found) + text.slice(index + found.length);
}

/** Edits the parsed tree in one place and writes it again; a damaged text stays as it is. */
function inTree(change: (random: Random, holder: Holder, key: string) => void): JsonChange {
  return (random, text) => {
    let tree: Json;
    try {
      tree = JSON.parse(text) as Json;
    } catch {
      return text;
    }
    const places = placesIn(tree);
    if (places.length === 0) return text;
    change(random, ...random.pick(places));
    return JSON.stringify(tree);
  };
}

/** Of a tree too deep to be written again, none. */
function placesIn(tree: Json): [Holder, string][] {
  const places: [Holder, string][] = [];
  const pending: [Json, number][] = [[tree, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next;
    if (depth > 64) return [];
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, item] of Object.entries(value)) {
      places.push([value, key]);
      pending.push([item, depth + 1]);
    }
  }
  return places;
}

function put(holder: Holder, key: string, value: Json): void {
  (holder as { [name: string]: Json })[key] = value;
}

function take(holder: Holder, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

const ODD_VALUES: readonly Json[] = [
  ...[null, true, false, 0, -1, 1.5, 255, 256, 65_536, 2 ** 31, 2 ** 53, 1e300, -0],
  ...[
    '',
    ' ',
    '0',
    'TDX',
    'UpToDate',
    'Revoked',
    '\0',
    '\ud800',
    '__proto__',
    '9999-12-31T23:59:59Z',
  ],
  ...[[], {}, [[]], [null], { svn: 1 }, { __proto__: null }],
];

function insertedAt(random: Random, text: string, pattern: RegExp, inserted: string): string {
  return spot(random, text, pattern, (found) => found + inserted);
}

/** Whatever of this is done, a parsed document may be the same; the text never is. */
export const JSON_CHANGES = {
  'another digit': (random, text) =>
    spot(random, text, /\d/g, (digit) => `${(Number(digit) + random.between(1, 9)) % 10}`),
  'another letter': (random, text) =>
    spot(random, text, /[A-Za-z]/g, () => random.pick(['a', 'F', 'x', '"', '\\', '\u0000', 'é'])),
  'other case': (random, text) =>
    spot(random, text, /[a-z]+/gi, (word) =>
      word === word.toLowerCase() ? word.toUpperCase() : word.toLowerCase(),
    ),
  'unicode escape': (random, text) =>
    spot(
      random,
      text,
      /[a-zA-Z]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  'white space': (random, text) =>
    insertedAt(random, text, /[,:{[]/g, random.pick([' ', '\n', '\t', '\r', '\v', '\u00a0'])),
  'member twice': (random, text) =>
    spot(
      random,
      text,
      /"\w+":/g,
      (name) => `${name}${random.pick(['0', '""', 'null', '{}'])},${name}`,
    ),
  'member of another kind': inTree((random, holder, key) =>
    put(holder, key, random.pick(ODD_VALUES)),
  ),
  'member removed': inTree((_random, holder, key) => take(holder, key)),
  'member renamed': inTree((random, holder, key) => {
    const value = (holder as { [name: string]: Json })[key] ?? null;
    take(holder, key);
    put(
      holder,
      random.pick([key.toUpperCase(), `${key} `, '__proto__x', 'constructor', '']),
      value,
    );
  }),
  'items exchanged': inTree((random, holder, key) => {
    const value = (holder as { [name: string]: Json })[key] ?? null;
    const other = random.pick(Object.keys(holder));
    put(holder, key, (holder as { [name: string]: Json })[other] ?? null);
    put(holder, other, value);
  }),
  'items repeated': inTree((random, holder, key) => {
    if (!Array.isArray(holder)) return;
    const value = holder[Number(key)] ?? null;
    for (let i = random.pick([1, 15, 200]); i > 0; i--) holder.push(value);
  }),
  'deep nesting': (random, text) => {
    const depth = random.pick([27, 31, 32, 33, 1_000, 20_000]);
    const [open, close] = random.pick([['[', ']'] as const, ['{"a":', '}'] as const]);
    return spot(
      random,
      text,
      /\d+|"\w*"(?=[,}\]])/g,
      (value) => open.repeat(depth) + value + close.repeat(random.oneIn(2) ? depth : 0),
    );
  },
  'an unusual number': (random, text) =>
    spot(random, text, /(?<=:)\d+/g, (value) =>
      random.pick([
        ...[
          '1e999',
          '-1e999',
          '1e-999',
          '9007199254740993',
          `${'9'.repeat(400)}`,
          '-0',
          `${value}.0`,
        ],
        ...[`0${value}`, `+${value}`, `${value}e0`, '0x10', '1_000', 'NaN', 'Infinity', '.5', '5.'],
      ]),
    ),
  'a long string': (random, text) =>
    spot(random, text, /(?<=:)"[^"\\]*"/g, () =>
      JSON.stringify(
        random.pick(['a', '"', '\\', '\ud83d\ude00', '0']).repeat(random.below(20_000)),
      ),
    ),
  'a long name': (random, text) =>
    insertedAt(
      random,
      text,
      /[{]/g,
      `"${'n'.repeat(random.below(20_000))}":{"x":[0,{"y":1e999}]},`,
    ),
  'many members': (random, text) =>
    insertedAt(
      random,
      text,
      /[{]/g,
      Array.from({ length: random.below(1_500) }, (_, i) => `"m${i}":${i},`).join(''),
    ),
  'a mark before or text behind': (random, text) =>
    random.oneIn(2)
      ? random.pick(['\ufeff', '\0', '//\n', ' ', ']']) + text
      : text + random.pick(['\0', ' ', '}', ',', 'null', text]),
  'cut anywhere': (random, text) => text.slice(0, random.below(text.length)),
  'damage anywhere': (random, text) =>
    Buffer.from(damageBytes(random, utf8(text))).toString(random.oneIn(2) ? 'utf8' : 'latin1'),
  'nothing much': (random) => random.pick(['', ' ', '{}', '[]', 'null', '"', '{', '[', '0', '-']),
} as const satisfies Record<string, JsonChange>;

/** Written in another way, but the same document. */
export const HARMLESS_JSON = {
  indented: (random, text) => JSON.stringify(JSON.parse(text), undefined, random.between(1, 8)),
  'space around': (random, text) =>
    random.pick([' ', '\n\t', '\r\n']) + text + random.pick([' ', '\n\n', '\t']),
  'everything escaped': (_random, text) =>
    JSON.stringify(JSON.parse(text)).replaceAll(
      /[a-z](?=[^"]*":)/g,
      (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
    ),
} as const satisfies Record<string, JsonChange>;
