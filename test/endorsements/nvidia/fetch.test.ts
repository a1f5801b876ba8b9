import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkEndorsements } from '../../../src/endorsements/check.ts';
import { listEndorsements } from '../../../src/endorsements/list.ts';
import {
  fetchNvidiaEndorsements,
  type NvidiaFetchRequest,
} from '../../../src/endorsements/nvidia/fetch.ts';
import { NvidiaFolder } from '../../../src/endorsements/nvidia/folder.ts';
import { rimKey } from '../../../src/endorsements/nvidia/key.ts';
import { html, status } from '../amd/fake-kds.ts';
import { emptyFolder } from '../world.ts';
import type { FakeNvidia } from './fake-nvidia.ts';
import {
  anchors,
  DAY,
  device,
  filledFolder,
  networkOf,
  now,
  nvidiaWorld,
  response,
  startNvidia,
  wants,
} from './world.ts';

function fetchInto(dir: string, nvidia: FakeNvidia, more: Partial<NvidiaFetchRequest> = {}) {
  const network = networkOf(nvidia);
  return fetchNvidiaEndorsements({ dir, anchors, network, devices: [], rims: [], ...more }, now);
}

const all = { intel: [], amd: [], nvidia: anchors };

describe('fetch', () => {
  it('for a device: manifests, then responses, and what each says', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const rows = await fetchInto(dir, nvidia, { devices: [device] });
    expect(rows).toHaveLength(9);
    expect(rows.map(({ outcome }) => outcome)).toEqual(new Array(9).fill('stored'));
    const folder = new NvidiaFolder(dir);
    expect(rows[0]).toEqual({
      kind: 'nvidia',
      document: 'rim',
      id: wants.driver.id,
      path: folder.pathOf(wants.driver),
      source: nvidia.url,
      fetchedAt: '2026-06-01T00:00:00Z',
      validFrom: expect.any(String),
      validUntil: expect.any(String),
      outcome: 'stored',
      notPassed: [],
      warnings: [],
    });
    expect(rows).toContainEqual({
      kind: 'nvidia',
      document: 'ocsp',
      serial: wants.brom.serial,
      status: 'good',
      path: folder.pathOf(wants.brom),
      source: nvidia.ocspUrl,
      fetchedAt: '2026-06-01T00:00:00Z',
      validFrom: '2026-05-31T12:00:00Z',
      validUntil: '2026-06-01T12:00:00Z',
      outcome: 'stored',
      notPassed: [],
      warnings: [],
    });
    expect(await readdir(join(dir, 'nvidia', 'rims'))).toEqual(
      [wants.driver.id, wants.vbios.id].flatMap((id) => [`${id}.xml`, `${id}.xml.provenance.json`]),
    );
    expect(await readdir(join(dir, 'nvidia', 'ocsp'))).toHaveLength(3 * 7);
  });

  it('a manifest by its id: no device is named to anybody', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const rows = await fetchInto(dir, nvidia, { rims: [rimKey(wants.vbios.id)] });
    expect(rows).toHaveLength(4);
    expect(nvidia.requests).toEqual([
      'ocsp rimCa',
      'ocsp rimL3',
      'ocsp vbiosSigner',
      `rim ${wants.vbios.id}`,
    ]);
  });

  it('one that a device needs anyway is asked for once', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const rims = [rimKey(wants.driver.id)];
    const rows = await fetchInto(dir, nvidia, { devices: [device, device], rims });
    expect(rows.every(({ outcome }) => outcome === 'stored')).toBe(true);
    expect(nvidia.requests).toHaveLength(9);
  });

  it('one that is missing, and one that lies, stop nobody else', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    nvidia.behave(/^rim .*DRIVER/, status(404));
    nvidia.behave(/^ocsp brom/, html);
    const rows = await fetchInto(dir, nvidia, { devices: [device] });
    // Without the manifest nobody knows its signer.
    expect(rows).toHaveLength(8);
    expect(rows.filter(({ outcome }) => outcome === 'stored')).toHaveLength(6);
    expect(rows).toContainEqual(
      expect.objectContaining({
        id: wants.driver.id,
        outcome: 'unreachable',
        because: `${nvidia.url}/v1/rim/${wants.driver.id}: RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`,
      }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ serial: wants.brom.serial, outcome: 'refused' }),
    );
  });

  it('for a device that does not prove to be one nothing is asked', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const stranger = nvidiaWorld({ seed: 'another' }).device;
    await expect(fetchInto(dir, nvidia, { devices: [device, stranger] })).rejects.toThrow(
      /does not verify to a trust anchor/,
    );
    expect(nvidia.requests).toEqual([]);
  });
});

describe('list', () => {
  it('every document, whatever it is worth', async () => {
    const { folder } = await filledFolder();
    const rows = await listEndorsements(folder.root);
    expect(rows).toHaveLength(9);
    expect(rows[0]).toMatchObject({
      document: 'rim',
      id: wants.driver.id,
      source: expect.stringMatching(/^http/),
    });
    expect(rows.filter((row) => row.kind === 'nvidia' && row.status === 'good')).toHaveLength(7);
    expect(rows.some(({ problem }) => problem !== undefined)).toBe(false);
  });

  it('a damaged one does not hide the others, and strangers’ files are passed over', async () => {
    const { folder } = await filledFolder();
    await writeFile(folder.pathOf(wants.driver), 'x');
    await writeFile(folder.pathOf(wants.brom), response('identity'));
    await writeFile(join(folder.root, 'nvidia', 'rims', 'notes.txt'), 'x');
    const rows = await listEndorsements(folder.root);
    expect(rows).toHaveLength(9);
    expect(rows.filter(({ problem }) => problem !== undefined)).toMatchObject([
      { id: wants.driver.id },
      {
        serial: wants.brom.serial,
        problem: expect.stringContaining(`not about certificate ${wants.brom.serial}`),
      },
    ]);
  });
});

describe('check', () => {
  it('all in date: accept, without the device', async () => {
    const { folder } = await filledFolder();
    const { verdict, rows } = await checkEndorsements(folder.root, { anchors: all, at: now });
    expect(rows.filter((row) => row.verdict !== 'accept')).toEqual([]);
    expect([verdict, rows.length]).toEqual(['accept', 9]);
  });

  it('the next day: the responses are out of date', async () => {
    const { folder } = await filledFolder();
    const { verdict, rows } = await checkEndorsements(folder.root, {
      anchors: all,
      at: now + DAY,
    });
    expect(verdict).toBe('indeterminate');
    expect(rows.filter((row) => row.verdict === 'indeterminate')).toHaveLength(7);
    expect(rows.at(-1)).toMatchObject({
      notPassed: [{ id: expect.stringMatching(/^nvidia\.ocsp\.(device|rim)\.validity$/) }],
    });
  });

  it('under other anchors nothing is accepted', async () => {
    const { folder } = await filledFolder();
    const other = { intel: [], amd: [], nvidia: nvidiaWorld({ seed: 'another' }).anchors };
    const { rows } = await checkEndorsements(folder.root, { anchors: other, at: now });
    expect(rows.map(({ verdict }) => verdict)).toEqual(new Array(9).fill('reject'));
  });

  it('one that revokes is as genuine as any', async () => {
    const { nvidia, folder } = await filledFolder();
    nvidia.serve(
      /^ocsp brom/,
      response('brom', {
        thisUpdate: '2026-05-31T13:00:00Z',
        status: { revokedAt: '2026-05-31T12:30:00Z', reason: 1 },
      }),
    );
    await fetchInto(folder.root, nvidia, { devices: [device] });
    const { verdict, rows } = await checkEndorsements(folder.root, { anchors: all, at: now });
    expect(verdict).toBe('accept');
    expect(rows).toContainEqual(
      expect.objectContaining({ serial: wants.brom.serial, status: 'revoked' }),
    );
  });

  const path = (folder: NvidiaFolder) => `${folder.pathOf(wants.brom)}.certificates.pem`;

  it('a response put there by hand, without certificates: nobody can tell', async () => {
    const { folder } = await filledFolder();
    await rm(path(folder));
    await rm(`${folder.pathOf(wants.driverSigner)}.certificates.pem`);
    const { verdict, rows } = await checkEndorsements(folder.root, { anchors: all, at: now });
    expect(verdict).toBe('indeterminate');
    // Those of a manifest's signer come with the manifest.
    expect(rows.filter((row) => row.verdict !== 'accept')).toMatchObject([
      {
        serial: wants.brom.serial,
        because: 'nothing beside it says whose certificate it is about',
      },
    ]);
  });

  it.each([
    { name: 'certificates of another', from: wants.identity, because: /are others$/ },
    {
      name: 'certificates that are none',
      from: undefined,
      because: /^the certificates beside it: /,
    },
  ])('$name beside it: reject', async ({ from, because }) => {
    const { folder } = await filledFolder();
    const other = from && new NvidiaFolder(folder.root).pathOf(from);
    const content = other ? await readFile(`${other}.certificates.pem`) : 'x';
    await writeFile(path(folder), content);
    const { rows } = await checkEndorsements(folder.root, { anchors: all, at: now });
    expect(rows.filter(({ verdict }) => verdict === 'reject')).toMatchObject([
      { serial: wants.brom.serial, because: expect.stringMatching(because) },
    ]);
  });

  it('a manifest filed under the id of another: reject', async () => {
    const { folder } = await filledFolder();
    const stored = await folder.read(wants.vbios);
    await writeFile(folder.pathOf(wants.driver), stored?.bytes ?? '');
    const { rows } = await checkEndorsements(folder.root, { anchors: all, at: now });
    expect(rows.find((row) => row.kind === 'nvidia' && row.id === wants.driver.id)).toMatchObject({
      verdict: 'reject',
      because: expect.stringContaining(`asked for the manifest ${wants.driver.id}`),
    });
  });
});
