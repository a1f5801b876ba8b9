import { describe, expect, it } from 'vitest';
import { malformed } from '../../src/core/fault.ts';
import { CheckList } from '../../src/evidence/check-list.ts';
import { allIn, type Check, conclude } from '../../src/evidence/verdict.ts';

const pass = (id: Check['id']): Check => ({ id, path: 'p', outcome: 'pass' });
const fail = (id: Check['id']): Check => ({ id, path: 'p', outcome: 'fail', want: 'a', got: 'b' });
const open = (id: Check['id'], outcome: 'unresolved' | 'skipped'): Check => ({
  id,
  path: 'p',
  outcome,
  because: 'c',
});

describe('conclude', () => {
  it.each<[string, Check[], string[], string]>([
    ['all required pass', [pass('t.a'), pass('t.b')], ['t.a', 't.b'], 'accept'],
    ['more than required passes', [pass('t.a'), pass('t.b')], ['t.a'], 'accept'],
    ['a required one fails', [pass('t.a'), fail('t.b')], ['t.a', 't.b'], 'reject'],
    ['one that is not required fails', [pass('t.a'), fail('t.b')], ['t.a'], 'reject'],
    [
      'a failure beside something open',
      [open('t.a', 'unresolved'), fail('t.b')],
      ['t.a'],
      'reject',
    ],
    ['a required one is open', [open('t.a', 'unresolved')], ['t.a'], 'indeterminate'],
    ['a required one is skipped', [open('t.a', 'skipped')], ['t.a'], 'indeterminate'],
    ['a required one was never asked', [pass('t.a')], ['t.a', 't.b'], 'indeterminate'],
    [
      'the same question once passed, once open',
      [pass('t.a'), open('t.a', 'unresolved')],
      ['t.a'],
      'indeterminate',
    ],
    ['nothing required', [pass('t.a')], [], 'indeterminate'],
    ['nothing asked', [], ['t.a'], 'indeterminate'],
    ['nothing at all', [], [], 'indeterminate'],
  ])('%s', (_, checks, required, verdict) => {
    expect(conclude(checks, new Set(required as Check['id'][]))).toBe(verdict);
  });
});

it('an empty set of wanted checks never passes', () => {
  expect(allIn(new Set(['t.a']), new Set())).toBe(false);
});

describe('CheckList.read', () => {
  const list = () => new CheckList({ 't.a': { path: 'usual' } });

  it('gives the value and passes', () => {
    const checks = list();
    expect(checks.read('t.a', () => ({ value: 1 }))).toEqual({ value: 1 });
    expect(checks.all).toEqual([{ id: 't.a', path: 'usual', outcome: 'pass' }]);
  });

  it('turns a refusal of the parser into a failure at its place', () => {
    const checks = list();
    checks.read('t.a', () => {
      throw malformed('closer', 'too short');
    });
    expect(checks.all).toMatchObject([{ outcome: 'fail', path: 'closer', got: 'too short' }]);
  });

  it('turns a mismatch into a failure', () => {
    const checks = list();
    expect(checks.read('t.a', () => ({ want: 'x', got: 'y' }))).toBeUndefined();
    expect(checks.all).toMatchObject([{ outcome: 'fail', path: 'usual', want: 'x', got: 'y' }]);
  });

  it('bounds what it quotes', () => {
    const checks = list();
    checks.fail('t.a', { want: 'x'.repeat(1e6), got: 'y'.repeat(1e6) });
    expect(JSON.stringify(checks.all).length).toBeLessThan(4300);
  });

  it('does not swallow a bug', () => {
    const bug = () => list().read('t.a', () => JSON.parse('{'));
    expect(bug).toThrow(SyntaxError);
  });
});
