import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EndorsementFolder } from '../../src/endorsements/folder.ts';
import { tdxEndorsementKey } from '../../src/endorsements/intel/key.ts';
import { parseTdxCollateral } from '../../src/evidence/tdx/collateral.ts';
import { emptyFolder, now, platform, wanted } from './world.ts';

const key = tdxEndorsementKey(wanted, 'standard');
const set = {
  collateral: platform.collateral,
  provenance: { source: 'https://pccs.example.com', fetchedAt: now },
};

async function folderWithSet() {
  const dir = await emptyFolder();
  const folder = new EndorsementFolder(dir);
  await folder.write(key, set);
  return { dir, folder, path: folder.pathOf(key) };
}

it('gives back what was written', async () => {
  const { folder } = await folderWithSet();
  expect(await folder.read(key)).toEqual(set);
});

it('lies where its documentation says, with nothing left beside it', async () => {
  const { dir, path } = await folderWithSet();
  expect(path).toBe(join(dir, 'intel/tdx/f0806f000000-platform.standard.json'));
  expect(await readdir(join(dir, 'intel/tdx'))).toEqual(['f0806f000000-platform.standard.json']);
});

it('is collateral in the common shape for other tools', async () => {
  const { path } = await folderWithSet();
  expect(parseTdxCollateral(await readFile(path))).toEqual(platform.collateral);
});

it('replaces a set, and keeps channels apart', async () => {
  const { folder } = await folderWithSet();
  const early = tdxEndorsementKey(wanted, 'early');
  const later = { ...set, provenance: { ...set.provenance, fetchedAt: now + 60_000 } };
  await folder.write(key, later);
  await folder.write(early, set);
  expect(await folder.read(key)).toEqual(later);
  expect(await folder.read(early)).toEqual(set);
});

it('survives writers at the same moment', async () => {
  const { folder, dir } = await folderWithSet();
  await Promise.all(Array.from({ length: 20 }, () => folder.write(key, set)));
  expect(await folder.read(key)).toEqual(set);
  expect(await readdir(join(dir, 'intel/tdx'))).toHaveLength(1);
});

it('holds nothing for a key that was never written', async () => {
  const folder = new EndorsementFolder(await emptyFolder());
  expect(await folder.read(key)).toBeUndefined();
  expect(await folder.list()).toEqual([]);
});

it('says when there is no such folder', async () => {
  const dir = join(await emptyFolder(), 'mistyped');
  await expect(new EndorsementFolder(dir).list()).rejects.toMatchObject({
    code: 'unreachable',
    at: dir,
    detail: 'no such folder',
  });
});

it('says when it can’t be written', async () => {
  const dir = await emptyFolder();
  await writeFile(join(dir, 'intel'), 'a file where a folder should be');
  const folder = new EndorsementFolder(dir);
  await expect(folder.write(key, set)).rejects.toMatchObject({
    code: 'unreachable',
    at: folder.pathOf(key),
    detail: expect.stringMatching(/^can’t be written \(E/),
  });
});

it('passes over what is not its own', async () => {
  const { dir, folder, path } = await folderWithSet();
  await writeFile(join(dir, 'README'), 'mine');
  await writeFile(join(dir, 'intel/tdx/notes.json'), '{}');
  await writeFile(`${path}.bak`, '{}');
  await mkdir(join(dir, 'intel/tdx/.new-left-behind'));
  expect(await folder.list()).toEqual([{ key, path, set }]);
});

describe('a damaged file is an error at its place and hides no other', () => {
  const text = JSON.stringify({
    ...platform.collateral,
    provenance: { source: 'https://a', fetched_at: '2026-06-01T00:00:00Z' },
  });
  it.each([
    { name: 'empty', damaged: '', at: '' },
    { name: 'cut short', damaged: text.slice(0, 1000), at: '' },
    { name: 'not JSON', damaged: 'hello', at: '' },
    { name: 'a member twice', damaged: text.replace('{', '{"tcb_info":"",'), at: '' },
    { name: 'a member missing', damaged: text.replace('"tcb_info"', '"tcb"'), at: '.tcb_info' },
    { name: 'without provenance', damaged: text.replace('"prov', '"x'), at: '.provenance' },
    {
      name: 'an impossible time',
      damaged: text.replace('2026-06-01', '2026-06-31'),
      at: '.provenance.fetched_at',
    },
  ])('$name', async ({ damaged, at }) => {
    const { folder, path } = await folderWithSet();
    const other = tdxEndorsementKey({ fmspc: '000000000001', ca: 'processor' }, 'standard');
    await writeFile(folder.pathOf(other), damaged);
    const fault = { code: 'malformed', at: `${folder.pathOf(other)}${at}` };
    expect(await folder.list()).toEqual([
      { key: other, path: folder.pathOf(other), fault: expect.objectContaining(fault) },
      { key, path, set },
    ]);
    await expect(folder.read(other)).rejects.toMatchObject(fault);
  });

  it('a folder in its place', async () => {
    const folder = new EndorsementFolder(await emptyFolder());
    await mkdir(folder.pathOf(key), { recursive: true });
    const [entry] = await folder.list();
    expect(entry).toMatchObject({ fault: { code: 'unreachable', at: folder.pathOf(key) } });
  });
});
