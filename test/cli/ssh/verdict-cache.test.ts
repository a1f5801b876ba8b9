import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cacheKey, VerdictCache } from '../../../src/cli/ssh/verdict-cache.ts';

const NOW = Date.parse('2026-11-30T00:00:00Z');
const MINUTE = 60_000;
const verdict = { node: 'aa'.repeat(16), keys: ['ssh-ed25519 AA=='], at: NOW, until: NOW + MINUTE };

let dir: string;
let cache: VerdictCache;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-verdicts-'));
  cache = await VerdictCache.open(dir, () => NOW);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A file as another process left it, so long ago. */
function left(name: string, ago: number): void {
  writeFileSync(join(dir, name), '{');
  utimesSync(join(dir, name), (NOW - ago) / 1000, (NOW - ago) / 1000);
}

it('leaves what others are writing, and sweeps what nobody writes any more', async () => {
  left('.young', 1000);
  left('.old', 2 * MINUTE);
  left('broken.json', 0);
  expect(await cache.set('key', verdict)).toBeUndefined();
  expect(readdirSync(dir).sort()).toEqual(['.young', 'key.json']);
  expect(await cache.get('key')).toEqual(verdict);
});

it('leaves them also where there is very much', async () => {
  left('.young', 1000);
  for (let i = 0; i < 511; i++) writeFileSync(join(dir, `${i}.json`), JSON.stringify(verdict));
  await cache.set('key', verdict);
  expect(readdirSync(dir).sort()).toEqual(['.young', 'key.json']);
});

it('says why a verdict can’t be kept, and leaves nothing of it behind', async () => {
  const key = cacheKey('a');
  mkdirSync(join(dir, `${key}.json`, 'x'), { recursive: true });
  expect(await cache.set(key, verdict)).toMatch(/\bE[A-Z]+\b/);
  rmSync(join(dir, `${key}.json`), { recursive: true });
  expect(readdirSync(dir)).toEqual([]);
  rmSync(dir, { recursive: true });
  expect(await cache.set(key, verdict)).toContain('ENOENT');
});
