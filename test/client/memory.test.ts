import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileMemory } from '../../src/client/file-memory.ts';
import { type Memory, memoryInProcess, remember, storageMemory } from '../../src/client/memory.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function webStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

let folders = 0;
const KINDS: readonly (readonly [string, () => Memory])[] = [
  ['in the process', memoryInProcess],
  ['in a browser’s storage', () => storageMemory(webStorage())],
  ['in files', () => fileMemory(join(folder, `${folders++}`))],
];

describe.each(KINDS)('a memory %s', (_, make) => {
  it('gives what was set, by key', async () => {
    const memory = make();
    expect(await memory.get('policy/https://a/b')).toBeUndefined();
    expect(await memory.set('policy/https://a/b', 'one', undefined)).toBe(true);
    expect(await memory.get('policy/https://a/b')).toBe('one');
    expect(await memory.get('other')).toBeUndefined();
  });

  it('replaces what was read, and nothing else', async () => {
    const memory = make();
    await memory.set('key', 'one', undefined);
    expect(await memory.set('key', 'two', undefined)).toBe(false);
    expect(await memory.set('key', 'two', 'zero')).toBe(false);
    expect(await memory.set('key', 'two', 'one')).toBe(true);
    expect(await memory.get('key')).toBe('two');
  });

  it('loses nothing of many who write at once', async () => {
    const memory = make();
    const add = (before = '0') => Promise.resolve(String(Number(before) + 1));
    await Promise.all(Array.from({ length: 4 }, () => remember(memory, 'count', add)));
    expect(await memory.get('count')).toBe('4');
  });
});

it('files are their owner’s, and nothing is left beside them', async () => {
  const place = join(folder, 'own');
  await fileMemory(place).set('key', 'value', undefined);
  expect(readdirSync(place)).toEqual(['key.json']);
  expect(statSync(join(place, 'key.json')).mode & 0o777).toBe(0o600);
});

it('who never gets to write says so', async () => {
  const busy: Memory = { get: async () => undefined, set: async () => false };
  await expect(remember(busy, 'key', async () => 'x')).rejects.toThrow(/8 times in a row/);
});
