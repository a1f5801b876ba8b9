import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/appraisal/policy/yaml-text.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

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
      'a tag',
      'a: !!str 1\n',
      '1:10 a: a tag, tag:yaml.org,2002:str: leave it out, and quote what is text',
    ],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      '2:1 : a second document: want one policy a file, without ---',
    ],
    [
      '%YAML 1.1',
      '%YAML 1.1\n---\na: yes\n',
      '1:1 : %YAML 1.1: want YAML 1.2, which reads yes and no as text',
    ],
    ['a name that is a list', '? [a]\n: 1\n', '1:3 : a name that is no plain text'],
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

describe('hostile texts', () => {
  it.each([
    ['brackets to the end', '['.repeat(100_000), /nested deeper than 32 levels/],
    ['braces', '{a: '.repeat(100_000), /nested deeper than 32 levels/],
    ['dashes', '- '.repeat(50_000), /nested deeper than 32 levels/],
    [
      'indentation',
      Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /nested deeper than 32 levels/,
    ],
    ['ten megabytes', 'a: b\n'.repeat(2_100_000), /want at most 4194304 bytes/],
    ['ten megabytes of braces', '{a: '.repeat(2_600_000), /want at most 4194304 bytes/],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`,
      /an anchor/,
    ],
  ])('%s', (_what, text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });

  it.each([
    ['a map of many names', Array.from({ length: 60_000 }, (_, i) => `n${i}: x`).join('\n')],
    ['a list of many items', `a: [${'x,'.repeat(200_000)}x]`],
    ['one long text', `a: ${'x'.repeat(4_000_000)}`],
    ['one long quoted text', `a: "${'\\u00e9'.repeat(600_000)}"`],
  ])('%s is read', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
