import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { importIssuerKeys } from '../../../src/appraisal/result/issuer-keys.ts';
import {
  createTokenKey,
  prepareTokenKey,
  readTokenKeys,
  rotateTokenKey,
  TokenKeyFiles,
  tokenKeySet,
} from '../../../src/cli/gateway/token-keys.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { freshPath } from './gateways.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

async function fresh(): Promise<string> {
  const path = join(freshPath('keys'), 'token.pem');
  mkdirSync(dirname(path));
  await createTokenKey(path);
  return path;
}

const kidsAt = async (path: string, now: number) =>
  tokenKeySet(await readTokenKeys(path), now).keys.map(({ kid }) => kid);

it('publishes what signs, what will sign, and what signed until all of that has ended', async () => {
  const path = await fresh();
  const [first] = await kidsAt(path, NOW);
  await prepareTokenKey(path);
  const [, next] = await kidsAt(path, NOW);
  expect(next).not.toBe(first);
  await rotateTokenKey(path, NOW, HOUR);
  expect(await kidsAt(path, NOW)).toEqual([next, first]);
  expect(await kidsAt(path, NOW + HOUR + 299_000)).toEqual([next, first]);
  expect(await kidsAt(path, NOW + HOUR + 300_000)).toEqual([next]);
  await rotateTokenKey(path, NOW + 2 * HOUR, HOUR);
  const [third, ...others] = await kidsAt(path, NOW + 2 * HOUR);
  expect([third === next, others]).toEqual([false, [next]]);
});

it('is a key set as relying parties read it, of either kind of key', async () => {
  const path = await fresh();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = join(dirname(path), 'p256.pem');
  writeFileSync(own, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  await rotateTokenKey(own, NOW, HOUR);
  const set = tokenKeySet(await readTokenKeys(own), NOW);
  expect(set.keys.map(({ alg, use }) => [alg, use])).toEqual([
    ['EdDSA', 'sig'],
    ['ES256', 'sig'],
  ]);
  const imported = importIssuerKeys(utf8(JSON.stringify(set)));
  expect(imported.map(({ keyId, key }) => keyId === key.keyId)).toEqual([true, true]);
});

it('of a key that signs no more no private half is left', async () => {
  const path = await fresh();
  const secret = readFileSync(path, 'utf8').split('\n')[1] ?? '';
  await rotateTokenKey(path, NOW, HOUR);
  expect(readdirSync(dirname(path)).sort()).toEqual(['token.pem', 'token.pem.retired.json']);
  for (const name of readdirSync(dirname(path))) {
    expect(readFileSync(join(dirname(path), name), 'utf8')).not.toContain(secret);
  }
});

it('a rotation that was interrupted leaves the old key in its place, and can be made again', async () => {
  const path = await fresh();
  const [first] = await kidsAt(path, NOW);
  const before = readFileSync(path);
  await rotateTokenKey(path, NOW, HOUR);
  // As if the power had gone between the two files.
  writeFileSync(path, before);
  writeFileSync(`${path}.new`, 'half');
  expect(await kidsAt(path, NOW)).toEqual([first]);
  await rotateTokenKey(path, NOW, HOUR);
  expect(await kidsAt(path, NOW)).toHaveLength(2);
});

it('a gateway that runs notices a rotation', async () => {
  const path = await fresh();
  const files = new TokenKeyFiles(path);
  const before = await files.read();
  expect(await files.read()).toBe(before);
  await rotateTokenKey(path, NOW, HOUR);
  const after = await files.read();
  expect(after.current.publicKey.keyId).not.toBe(before.current.publicKey.keyId);
  expect(after.retired.map(({ publicKey }) => publicKey.keyId)).toEqual([
    before.current.publicKey.keyId,
  ]);
});

it('signs with the key that it publishes', async () => {
  const { current } = await readTokenKeys(await fresh());
  expect(current.algorithm).toBe('EdDSA');
  expect(current.sign(utf8('x'))).toHaveLength(64);
});
