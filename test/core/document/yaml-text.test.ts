import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { LARGEST_DOCUMENT, readYaml } from '../../../src/core/document/yaml-text.ts';

/** Milliseconds; others may be using the machine. */
const PATIENCE = 10_000;

const problemsOf = (text: string | Uint8Array) =>
  readYaml(typeof text === 'string' ? utf8(text) : text).problems.map(
    ({ line, column, path, problem }) => `${line}:${column} ${path}: ${problem}`,
  );

describe('YAML that means what it says', () => {
  it.each([
    ['block', 'a: 1\nb:\n  - x\n  - true\n', { a: 1, b: ['x', true] }],
    ['flow', '{a: 1, b: [x, true]}', { a: 1, b: ['x', true] }],
    ['JSON', '{"a": 1, "b": ["x", true], "c": null}', { a: 1, b: ['x', true], c: null }],
    ['escapes', '{"a": "\\u00e9\\ud83d\\ude00\\/"}', { a: 'é😀/' }],
    ['quoted digits', 'a: "00e1"\nb: \'0000\'\n', { a: '00e1', b: '0000' }],
    [
      'words of YAML 1.1',
      'a: yes\nb: no\nc: on\nd: off\n',
      { a: 'yes', b: 'no', c: 'on', d: 'off' },
    ],
    ['a time', 'a: 2026-06-01T00:00:00Z\n', { a: '2026-06-01T00:00:00Z' }],
    ['hex with a letter first', 'a: ff00\nb: 0g\n', { a: 'ff00', b: '0g' }],
    ['CRLF', 'a: 1\r\nb: x\r\n', { a: 1, b: 'x' }],
    ['a comment', '# first\na: 1 # behind\n', { a: 1 }],
    ['a folded text', 'a: >-\n  one\n  two\n', { a: 'one two' }],
    ['%YAML 1.2', '%YAML 1.2\n---\na: 1\n', { a: 1 }],
    ['negative', 'a: -5\n', { a: -5 }],
    ['nothing', 'a:\nb: ~\n', { a: null, b: null }],
    ['underscores', 'a: 1_000\n', { a: '1_000' }],
    ['a day', 'a: 2026-06-01\n', { a: '2026-06-01' }],
    ['base 60', 'a: 12:30:45\n', { a: '12:30:45' }],
    ['a block text', 'a: |\n  one\n  two\n', { a: 'one\ntwo\n' }],
    ['a byte order mark', '\ufeffa: 1\n', { a: 1 }],
    ['a no-break space', 'a: x\u00a0y\n', { a: 'x\u00a0y' }],
    ['a merge key is a name', '<<: {a: 1}\n', { '<<': { a: 1 } }],
    ['brackets in a text', `a: ${'"[{"'}\nb: |\n  [\n`, { a: '[{', b: '[\n' }],
    [
      'brackets in many texts',
      Array.from({ length: 40 }, (_, i) => `a${i}: |\n  [`).join('\n'),
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a${i}`, '[\n'])),
    ],
    [
      'names of prototypes',
      '__proto__: 1\nconstructor: 2\n',
      JSON.parse('{"__proto__":1,"constructor":2}'),
    ],
  ])('%s', (_what, text, value) => {
    const read = readYaml(utf8(text));
    expect(read.problems).toEqual([]);
    expect(JSON.parse(JSON.stringify(read.value))).toEqual(value);
  });
});

describe('YAML that would mean something else', () => {
  const quoteIt = (source: string, means: string) =>
    `"${source}" reads as the number ${means}; quote it: "${source}"`;
  it.each([
    ['an exponent', 'x:\n  a: 00e1\n', `2:6 x.a: ${quoteIt('00e1', '0')}`],
    ['another exponent', 'a: 1e10', `1:4 a: ${quoteIt('1e10', '10000000000')}`],
    [
      'zeros',
      `a: ${'0'.repeat(96)}`,
      `1:4 a: "${'0'.repeat(40)}…" reads as the number 0; quote it: "${'0'.repeat(40)}…"`,
    ],
    [
      'digits beyond what is exact',
      'a: 12345678901234567890',
      `1:4 a: ${quoteIt('12345678901234567890', '12345678901234567000')}`,
    ],
    ['hexadecimal', 'a: 0x1f', `1:4 a: ${quoteIt('0x1f', '31')}`],
    ['octal', 'a: 0o17', `1:4 a: ${quoteIt('0o17', '15')}`],
    ['a leading zero', 'a: 007', `1:4 a: ${quoteIt('007', '7')}`],
    ['a plus', 'a: +1', `1:4 a: ${quoteIt('+1', '1')}`],
    ['a fraction', 'a: 1.50', `1:4 a: ${quoteIt('1.50', '1.5')}`],
    ['infinity', 'a: .inf', `1:4 a: ${quoteIt('.inf', 'Infinity')}`],
    ['no number', 'a: .nan', `1:4 a: ${quoteIt('.nan', 'NaN')}`],
    ['minus zero', 'a: -0', `1:4 a: ${quoteIt('-0', '0')}`],
    ['in a list', 'a:\n  - ff\n  - 00e1\n', `3:5 a[1]: ${quoteIt('00e1', '0')}`],
    ['a name', 'a: 1\n00e1: 2\n', '2:1 : the name "00e1" does not read as text: quote it'],
    ['true as a name', 'true: 2\n', '1:1 : the name "true" does not read as text: quote it'],
    [
      'a name twice',
      'a: 1\nb: 2\na: 3\n',
      '3:1 a: stands twice: two readers would take one each; keep one',
    ],
    [
      'a name twice, quoted',
      'x: {a: 1, "a": 3}\n',
      '1:11 x.a: stands twice: two readers would take one each; keep one',
    ],
    [
      'an alias',
      'a: &one {b: 1}\nc: *one\n',
      '1:9 a: an anchor, &one: write the value out where it is used',
    ],
    [
      'an alias of nothing',
      'a: *one\n',
      '1:4 a: an alias, *one: write the value out, so that it is seen where it counts',
    ],
    [
      'a tag',
      'a: !!str 1\n',
      '1:10 a: a tag, tag:yaml.org,2002:str: leave it out, and quote what is text',
    ],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      '2:1 : a second document: want one a file, without ---',
    ],
    [
      '%YAML 1.1',
      '%YAML 1.1\n---\na: yes\n',
      '1:1 : %YAML 1.1: want YAML 1.2, which reads yes and no as text',
    ],
    ['a name that is a list', '? [a]\n: 1\n', '1:3 : a name that is no plain text'],
    ['a name that is a map', '? {a: b}\n: 1\n', '1:3 : a name that is no plain text'],
    ['a name with an anchor', '&x a: 1\n', '1:4 : a name that is no plain text'],
    ['a name with a tag', '!!str a: 1\n', '1:7 : a name that is no plain text'],
    ['a name that is an alias', '*a : 1\n', '1:1 : a name that is no plain text'],
    ['no name', ': 1\n', '1:1 : the name "" does not read as text: quote it'],
    [
      'a merge key',
      'a: {<<: {b: 1}, <<: {b: 2}}\n',
      '1:17 a.<<: stands twice: two readers would take one each; keep one',
    ],
    [
      'base64',
      'a: !!binary aGk=\n',
      '1:13 a: a tag, tag:yaml.org,2002:binary: leave it out, and quote what is text',
    ],
    [
      'a name twice, further in',
      "x:\n  y:\n    a: 1\n    'a': 2\n",
      '4:5 x.y.a: stands twice: two readers would take one each; keep one',
    ],
    [
      'a name twice, escaped',
      '{"a": 1, "\\u0061": 2}',
      '1:10 a: stands twice: two readers would take one each; keep one',
    ],
    ['in a flow list', 'a: [ff, 00e1]', `1:9 a[1]: ${quoteIt('00e1', '0')}`],
    ['with CRLF', 'x:\r\n  a: 00e1\r\n', `2:6 x.a: ${quoteIt('00e1', '0')}`],
    ['behind astral characters', 'a: "😀"\nb: 00e1\n', `2:4 b: ${quoteIt('00e1', '0')}`],
  ])('%s is refused, and where', (_what, text, problem) => {
    expect(problemsOf(text)[0]).toBe(problem);
    expect(readYaml(utf8(text)).value).toBeUndefined();
  });

  it.each([
    ['a tab as indentation', 'a:\n\tb: 1\n'],
    ['an unclosed bracket', 'a: [1, 2\n'],
    ['an unclosed quote', 'a: "x\n'],
    ['an unknown escape', 'a: "\\q"\n'],
    ['content behind ...', 'a: 1\n...\nb\n'],
    ['bytes that are no UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff)],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0x00, 0x3a, 0x00)],
    ['a lone surrogate', '{"a": "\\ud800"}'],
  ])('%s is refused', (_what, text) => {
    const bytes = typeof text === 'string' ? utf8(text) : text;
    const { value, problems } = readYaml(bytes);
    if (value !== undefined) expect(JSON.stringify(value)).toContain('\\ud800');
    else expect(problems.length).toBeGreaterThan(0);
  });

  it('says no more than fifty things', () => {
    expect(
      problemsOf(Array.from({ length: 200 }, (_, i) => `n${i}: 00e1`).join('\n')),
    ).toHaveLength(50);
  });
});

describe('as deep as it may be', () => {
  const flow = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const braces = (depth: number) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`;
  const dashes = (depth: number) => `${'- '.repeat(depth)}x`;
  const block = (depth: number) =>
    Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
  it.each([
    ['brackets', flow, 32, '1:33'],
    // What stands in the innermost is a level too.
    ['braces', braces, 31, '1:129'],
    ['dashes', dashes, 31, '1:65'],
    ['names', block, 31, '32:32'],
    ['a list within each name', (depth: number) => `a: ${flow(depth - 1)}`, 32, '1:35'],
    ['lists, one behind the other', (depth: number) => `- []\n- ${flow(depth - 1)}`, 32, '2:34'],
  ])('%s', (_what, text, deepest, place) => {
    expect(problemsOf(text(deepest))).toEqual([]);
    expect(problemsOf(text(deepest + 1))).toEqual([`${place} : nested deeper than 32 levels`]);
  });
});

describe('a place', () => {
  const text = 'a:\n  b: [1, {c: x}]\n  d:\n    - e: y\n      f: {}\n';
  it.each([
    ['', 1, 1],
    ['a', 1, 1],
    ['a.b', 2, 3],
    ['a.b[0]', 2, 7],
    ['a.b[1]', 2, 10],
    ['a.b[1].c', 2, 14],
    ['a.d', 3, 3],
    ['a.d[0]', 4, 7],
    ['a.d[0].e', 4, 10],
    ['a.d[0].f', 5, 7],
    // Of what is not there, that of the closest one around it.
    ['a.d[0].f.g.h', 5, 7],
    ['a.d[1]', 3, 3],
    ['a.d[1].e', 3, 3],
    ['a.b[1].d', 2, 10],
    ['z', 1, 1],
  ])('of %j', (path, line, column) => {
    expect(readYaml(utf8(text)).placeOf(path)).toEqual({ line, column });
  });

  it('is none where there is no text', () => {
    expect(readYaml(utf8('')).placeOf('a.b')).toBeUndefined();
    expect(readYaml(new Uint8Array(LARGEST_DOCUMENT + 1)).placeOf('')).toBeUndefined();
  });
});

it('has five thousand backslashes, and none more', () => {
  const text = (count: number) => `a: "${'\\u00e9'.repeat(count)}"`;
  expect(problemsOf(text(5_000))).toEqual([]);
  expect(problemsOf(text(5_001))).toEqual(['1:30004 : more than 5000 backslashes']);
});

/** As much of it as a policy may have of bytes. */
const filled = (unit: string, head = '', tail = '') =>
  head +
  unit.repeat(Math.floor((LARGEST_DOCUMENT - head.length - tail.length) / unit.length)) +
  tail;

const LONG = /^\d+:\d+ : more than 250000 names, values and signs between them$/;
const DEEP = /nested deeper than 32 levels/;
const BACKSLASHES = /more than 5000 backslashes/;
const TWO = /^\d+:1 : a second document/;

describe('hostile texts', () => {
  it.each<readonly [string, string, RegExp]>([
    ['brackets to the end', filled('['), DEEP],
    ['braces', filled('{a: '), DEEP],
    ['brackets in a name', `? ${'['.repeat(100_000)}`, DEEP],
    ['dashes', '- '.repeat(50_000), DEEP],
    ['dashes to the end', filled('- '), LONG],
    ['question marks', filled('? '), LONG],
    ['indentation', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), DEEP],
    ['ten megabytes', 'a: b\n'.repeat(2_100_000), /want at most 4194304 bytes/],
    ['ten megabytes of braces', '{a: '.repeat(2_600_000), /want at most 4194304 bytes/],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`,
      /an anchor/,
    ],
    ['a map of names', Array.from({ length: 200_000 }, (_, i) => `n${i}: x`).join('\n'), LONG],
    ['a list of items', `a: [${'x,'.repeat(1_000_000)}x]`, LONG],
    ['empty lists', filled('[],', 'a: [', ']'), LONG],
    ['nothing but lines', filled('\n'), LONG],
    ['nothing but comments', filled('# c\n'), LONG],
    ['lines of nothing in a text', filled('\n', 'a: |\n'), LONG],
    ['a quoted text that ends on each line', filled('x\n', 'a: "', '"'), LONG],
    ['documents', filled('---\n'), TWO],
    ['ends of documents', filled('...\n'), TWO],
    ['directives', filled('%F x\n'), LONG],
    ['tags', filled('- !c x\n'), LONG],
    ['anchors of one value', filled('&a '), LONG],
    ['wrong escapes', filled('\\q', 'a: "', '"'), BACKSLASHES],
    ['quotes that are passed over again and again', filled(`a: '\\'"\n`), BACKSLASHES],
    [
      'the same as often as it may be',
      `${`a: '\\'"\n`.repeat(4_900)}${'x'.repeat(4_000_000)}"\n`,
      /Unexpected double-quoted-scalar/,
    ],
  ])('%s', (_what, text, problem) => {
    const start = performance.now();
    expect(problemsOf(text)[0]).toMatch(problem);
    // Half a second on a machine of its own; each took 3 to 90 without a bound.
    expect(performance.now() - start).toBeLessThan(PATIENCE);
  });

  it.each([
    ['a map of many names', Array.from({ length: 30_000 }, (_, i) => `n${i}: x`).join('\n')],
    ['a list of many items', `a: [${'x,'.repeat(80_000)}x]`],
    ['one long text', `a: ${'x'.repeat(4_000_000)}`],
    ['a text over many lines', filled('  x\n', 'a: |\n')],
    ['one long quoted text', `a: "${'\\u00e9'.repeat(5_000)}"`],
  ])('%s is read', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
