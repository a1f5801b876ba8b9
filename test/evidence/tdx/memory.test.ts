import { expect, it } from 'vitest';
import { Memory } from '../../../src/evidence/tdx/memory.ts';

it('makes a value once and forgets the least recently used', () => {
  const memory = new Memory<string, object>(2);
  const a = memory.remember('a', () => ({}));
  memory.remember('b', () => ({}));
  expect(memory.remember('a', () => ({}))).toBe(a);
  memory.remember('c', () => ({}));
  expect(memory.size).toBe(2);
  expect(memory.remember('a', () => ({}))).toBe(a);
  const made: string[] = [];
  memory.remember('b', () => {
    made.push('b');
    return {};
  });
  expect(made).toEqual(['b']);
});
