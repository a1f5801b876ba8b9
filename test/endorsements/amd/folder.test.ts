import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AmdKey } from '../../../src/endorsements/amd/key.ts';
import { CHAIN, CRL, emptyAmdFolder, key, now, world } from './world.ts';

const provenance = { source: 'https://kds.example', fetchedAt: now };

async function folderWithAll() {
  const folder = await emptyAmdFolder();
  await folder.write(key, world.vcek, provenance);
  await folder.write(CHAIN, world.vcekChain, provenance);
  await folder.write(CRL, world.crl, provenance);
  return folder;
}

it('lies where its documentation says, each file as AMD serves it', async () => {
  const folder = await folderWithAll();
  const dir = join(folder.root, 'amd', 'genoa');
  const name = `vcek-${key.hwid}-${key.tcb}.der`;
  const names = [name, 'vcek-chain.pem', 'vcek.crl'];
  expect((await readdir(dir)).sort()).toEqual(
    names.flatMap((one) => [one, `${one}.provenance.json`]).sort(),
  );
  expect(new Uint8Array(await readFile(join(dir, name)))).toEqual(world.vcek);
  expect(new Uint8Array(await readFile(join(dir, 'vcek.crl')))).toEqual(world.crl);
  expect(JSON.parse(await readFile(join(dir, 'vcek.crl.provenance.json'), 'utf8'))).toEqual({
    source: 'https://kds.example',
    fetched_at: '2026-06-01T00:00:00Z',
  });
});

it('gives back what was written, and nothing for what was not', async () => {
  const folder = await folderWithAll();
  expect(await folder.read(CRL)).toEqual({ bytes: world.crl, provenance });
  expect(await folder.read({ ...CRL, signs: 'vlek' })).toBeUndefined();
  expect(await folder.read({ ...CRL, line: 'turin' })).toBeUndefined();
});

it('a file that somebody put there needs no provenance', async () => {
  const folder = await emptyAmdFolder();
  await mkdir(dirname(folder.pathOf(CHAIN)), { recursive: true });
  await writeFile(folder.pathOf(CHAIN), world.vcekChain);
  expect(await folder.read(CHAIN)).toEqual({ bytes: world.vcekChain, provenance: undefined });
});

it('survives writers at the same moment', async () => {
  const folder = await folderWithAll();
  await Promise.all(Array.from({ length: 20 }, () => folder.write(key, world.vcek, provenance)));
  expect((await folder.read(key))?.bytes).toEqual(world.vcek);
  expect(await folder.list()).toHaveLength(3);
});

describe('its list', () => {
  it('has every document, and not what is none of ours', async () => {
    const folder = await folderWithAll();
    for (const name of ['README', 'ask.pem', 'vcek-00-00.der']) {
      await writeFile(join(folder.root, 'amd', 'genoa', name), 'x');
    }
    const keys: readonly AmdKey[] = (await folder.list()).map((entry) => entry.key);
    expect(keys).toEqual([key, CHAIN, CRL]);
  });

  it('is empty for a folder without any', async () => {
    expect(await (await emptyAmdFolder()).list()).toEqual([]);
  });

  it.each([
    { name: 'an empty file', content: '' },
    { name: 'text', content: 'not found' },
    { name: 'two certificates', content: new TextDecoder().decode(world.vcekChain) },
    { name: 'a very large file', content: '0'.repeat(1024 * 1024 + 1) },
  ])('$name is an entry with its fault, and hides no other', async ({ content }) => {
    const folder = await folderWithAll();
    await writeFile(folder.pathOf(key), content);
    const [broken, ...others] = await folder.list();
    expect(broken).toMatchObject({ key, fault: { code: 'malformed', at: folder.pathOf(key) } });
    expect(others).toHaveLength(2);
  });

  it('a folder in the place of a file, and a file in the place of a folder', async () => {
    const folder = await emptyAmdFolder();
    await mkdir(folder.pathOf(CRL), { recursive: true });
    expect(await folder.list()).toMatchObject([{ fault: { code: 'unreachable' } }]);
    await writeFile(join(folder.root, 'amd', 'milan'), '');
    await expect(folder.list()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
