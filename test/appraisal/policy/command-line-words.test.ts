import { describe, expect, it } from 'vitest';
import {
  type CommandLineWord,
  fits,
  isSurely,
  mayBe,
  wordsOf,
} from '../../../src/appraisal/policy/command-line-words.ts';

const word = (line: string): CommandLineWord => wordsOf(line)[0] ?? expect.fail('no word');

describe('words of a command line', () => {
  it.each([
    ['quiet ro', ['quiet', 'ro']],
    [' \tquiet\n\v\f\rro ', ['quiet', 'ro']],
    ['a="b c" d', ['a=b c', 'd']],
    ['"a=b c" d', ['a=b c', 'd']],
    ['"a b', ['a b']],
    ['', []],
  ])('%j are split at white space outside of quotes', (line, unquoted) => {
    expect(wordsOf(line).map((one) => one.unquoted)).toEqual(unquoted);
  });

  it.each([
    ['quiet', 'quiet', 'quiet'],
    ['"quiet"', 'quiet', 'quiet'],
    ['a="b"', 'a=b', 'a=b'],
    ['"a=b"', 'a=b', 'a=b'],
    ['qu"ie"t', 'qu"ie"t', 'quiet'],
    ['a=b"c"', 'a=b"c"', 'a=bc'],
    ['"a"=b', 'a"=b', 'a=b'],
  ])('%s is %s to the kernel, and %s to systemd', (line, kernel, unquoted) => {
    expect(word(line)).toEqual({ kernel, unquoted, forInit: false });
  });

  it('are the kernel’s up to --, and init’s behind it', () => {
    expect(wordsOf('quiet -- single').map(({ forInit }) => forInit)).toEqual([false, false, true]);
  });
});

describe('a word and a pattern', () => {
  it.each([
    ['console=ttyS0', 'console=ttyS0', true],
    ['console=ttyS0', 'console=ttyS*', true],
    ['console=ttyS0', 'console=*', true],
    ['console', 'console=*', false],
    ['console=ttyS', 'console=ttyS0', false],
    ['systemd.debug-shell', 'systemd.debug_shell', true],
    ['a-b=c-d', 'a_b=c-d', true],
    ['a-b=c-d', 'a_b=c_d', false],
  ])('%s fits %s: %s', (text, pattern, fit) => {
    expect(fits(text, pattern)).toBe(fit);
  });

  it('is forbidden where anybody may read it so', () => {
    expect(mayBe(word('systemd.debug"-shell"'), 'systemd.debug-shell')).toBe(true);
    expect(mayBe(word('"rd.break=x"'), 'rd.break*')).toBe(true);
    expect(mayBe(wordsOf('-- single')[1] ?? word(''), 'single')).toBe(true);
  });

  it('is there where everybody reads it so', () => {
    expect(isSurely(word('lockdown=confidentiality'), 'lockdown=confidentiality')).toBe(true);
    expect(isSurely(word('"lockdown=confidentiality"'), 'lockdown=*')).toBe(true);
    expect(isSurely(word('lock"down"=confidentiality'), 'lockdown=*')).toBe(false);
    expect(isSurely(wordsOf('-- lockdown=x')[1] ?? word(''), 'lockdown=x')).toBe(false);
  });
});
