import { expect, it } from 'vitest';
import { Memory } from '../../src/evidence/memory.ts';

function remembered(memory: Memory<string, number>, ...keys: readonly string[]): string {
  return keys.filter((key) => memory.get(key) !== undefined).join('');
}

it('forgets the least recently used entry', () => {
  const memory = new Memory<string, number>({ entries: 2, weight: 100 });
  memory.set('a', 1, 1);
  memory.set('b', 2, 1);
  expect(memory.get('a')).toBe(1);
  memory.set('c', 3, 1);
  expect(memory.size).toBe(2);
  expect(remembered(memory, 'a', 'b', 'c')).toBe('ac');
});

it('forgets as much as a heavy entry needs', () => {
  const memory = new Memory<string, number>({ entries: 10, weight: 10 });
  for (const key of ['a', 'b', 'c']) memory.set(key, 1, 3);
  memory.set('d', 1, 6);
  expect(remembered(memory, 'a', 'b', 'c', 'd')).toBe('cd');
  expect(memory.weight).toBe(9);
});

it('keeps nothing that is heavier than all of it', () => {
  const memory = new Memory<string, number>({ entries: 10, weight: 10 });
  memory.set('a', 1, 11);
  expect([memory.size, memory.weight]).toEqual([0, 0]);
});

it('weighs an entry that is set again once', () => {
  const memory = new Memory<string, number>({ entries: 10, weight: 10 });
  memory.set('a', 1, 4);
  memory.set('a', 2, 5);
  expect([memory.get('a'), memory.weight]).toEqual([2, 5]);
});
