import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import { AmdFolder } from '../../../src/endorsements/amd/folder.ts';
import { KDS_PACE } from '../../../src/endorsements/amd/kds.ts';
import { vcekKey } from '../../../src/endorsements/amd/key.ts';
import { AmdEndorsementSource } from '../../../src/endorsements/amd/source.ts';
import { status, times } from './fake-kds.ts';
import {
  amdWorld,
  anchors,
  CHAIN,
  Clock,
  CRL,
  clientOf,
  crlIssued,
  DAY,
  emptyAmdFolder,
  filledFolder,
  key,
  now,
  sourceOf,
  startKds,
  world,
} from './world.ts';

const VCEK_ENDS = Date.UTC(2033, 1, 5, 1, 4, 33);
const CRL_ENDS = Date.UTC(2027, 4, 15);

function offline(folder: AmdFolder): AmdEndorsementSource {
  return new AmdEndorsementSource({ anchors, folder });
}

describe('from the network', () => {
  it('a VCEK is verified under the chain, kept, and good until it ends', async () => {
    const kds = await startKds();
    const folder = await emptyAmdFolder();
    const found = await sourceOf(kds, { folder }).vcekFor(key, now + 1);
    const provenance = { source: kds.url, fetchedAt: now };
    expect(found).toEqual({
      bytes: world.vcek,
      state: 'current',
      from: 'network',
      provenance,
      validity: { from: Date.UTC(2026, 1, 5, 1, 4, 33), to: VCEK_ENDS },
      validUntil: VCEK_ENDS,
      refreshAt: VCEK_ENDS,
      warnings: [],
    });
    expect(await folder.read(key)).toEqual({ bytes: world.vcek, provenance });
    expect(await folder.read(CHAIN)).toEqual({ bytes: world.vcekChain, provenance });
    expect(kds.requests.map((path) => path.split('?')[0])).toEqual([
      '/vcek/v1/Genoa/cert_chain',
      `/vcek/v1/Genoa/${key.hwid}`,
    ]);
  });

  it('a CRL says when to come back', async () => {
    const kds = await startKds();
    const found = await sourceOf(kds).crlFor('genoa', 'vcek', now);
    expect(found).toMatchObject({
      bytes: world.crl,
      state: 'current',
      validUntil: CRL_ENDS,
      refreshAt: now + 7 * DAY,
    });
    const late = await sourceOf(kds).crlFor('genoa', 'vlek', CRL_ENDS - 2 * DAY);
    expect(late.refreshAt).toBe(CRL_ENDS - DAY);
  });

  it('VCEK and VLEK chains do not collide', async () => {
    const kds = await startKds();
    const folder = await emptyAmdFolder();
    const source = sourceOf(kds, { folder });
    expect((await source.chainFor('genoa', 'vcek', now)).bytes).toEqual(world.vcekChain);
    expect((await source.chainFor('genoa', 'vlek', now)).bytes).toEqual(world.vlekChain);
    expect((await source.chainFor('genoa', 'vcek', now)).bytes).toEqual(world.vcekChain);
    expect(kds.requests).toHaveLength(2);
  });

  it('on Turin the FMC tells two VCEKs apart', async () => {
    const turin = await amdWorld({ product: 'turin' });
    const kds = await startKds(turin.served);
    const source = sourceOf(kds, { anchors: [turin.anchor] });
    expect((await source.vcekFor(turin.key, now)).bytes).toEqual(turin.vcek);
    const other = vcekKey('turin', turin.key.hwid, turin.key.tcb.replace(/^01/, '00'));
    await expect(source.vcekFor(other, now)).rejects.toThrow(/HTTP 404/);
    expect(kds.requests.at(-1)).toContain('?fmcSPL=0&');
  });

  it('certificate or list as PEM, chain with Windows line ends: kept in the one form', async () => {
    const kds = await startKds();
    const text = new TextDecoder().decode(world.vcekChain);
    kds.serve(/cert_chain/, utf8(text.replaceAll('\n', '\r\n')));
    kds.serve(/blSPL/, utf8(toPem(world.vcek, 'CERTIFICATE')));
    kds.serve(/crl/, utf8(toPem(world.crl, 'X509 CRL')));
    const source = sourceOf(kds);
    expect((await source.vcekFor(key, now)).bytes).toEqual(world.vcek);
    expect((await source.chainFor('genoa', 'vcek', now)).bytes).toEqual(world.vcekChain);
    expect((await source.crlFor('genoa', 'vcek', now)).bytes).toEqual(world.crl);
  });
});

describe('whoever asks', () => {
  it('a hundred callers at once are one request', async () => {
    const { kds, folder } = await filledFolder();
    await rm(folder.pathOf(key));
    const source = sourceOf(kds, { folder });
    const found = await Promise.all(Array.from({ length: 100 }, () => source.vcekFor(key, now)));
    expect(kds.requests).toHaveLength(1);
    expect(new Set(found.map(({ bytes }) => bytes)).size).toBe(1);
  });

  it('so they are with a refresh among them, and through a 429', async () => {
    const kds = await startKds();
    const clock = new Clock();
    kds.behave(/crl/, times(1, status(429)));
    const source = sourceOf(kds, { network: clientOf(kds, { clock, pace: KDS_PACE }) });
    await Promise.all([
      source.refresh(CRL, now),
      ...Array.from({ length: 100 }, () => source.crlFor('genoa', 'vcek', now)),
    ]);
    expect(kds.requests).toHaveLength(2);
    expect(clock.waits).toEqual([10_000]);
  });

  it('a failure reaches every caller, and is not asked for again', async () => {
    const kds = await startKds();
    const source = sourceOf(kds);
    const unknown = vcekKey('genoa', 'ab'.repeat(64), key.tcb);
    const ask = (at: number) => source.vcekFor(unknown, at);
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => ask(now)));
    expect(all.every((one) => one.status === 'rejected')).toBe(true);
    const before = kds.requests.length;
    expect(before).toBe(2);
    await expect(ask(now + 3_599_000)).rejects.toMatchObject({
      code: 'unreachable',
      at: expect.stringMatching(/^http:.*\/vcek\/v1\/Genoa\/abab/),
      detail: expect.stringContaining('HTTP 404'),
    });
    expect(kds.requests).toHaveLength(before);
    await expect(ask(now + 3_600_000)).rejects.toThrow(/HTTP 404/);
    expect(kds.requests).toHaveLength(before + 1);
  });
});

describe('once held', () => {
  it('a VCEK comes from memory, then from the folder, for seven years without a request', async () => {
    const { kds, folder } = await filledFolder();
    const source = sourceOf(kds, { folder });
    expect(await source.vcekFor(key, now)).toMatchObject({ from: 'folder', bytes: world.vcek });
    const later = VCEK_ENDS - DAY;
    expect(await source.vcekFor(key, later)).toMatchObject({ from: 'memory', state: 'current' });
    expect(await sourceOf(kds, { folder }).vcekFor(key, later)).toMatchObject({
      from: 'folder',
      state: 'current',
      warnings: [],
    });
    expect(kds.requests).toEqual([]);
  });

  it('a CRL is asked for again after a week, though valid', async () => {
    const { kds, folder } = await filledFolder();
    const source = sourceOf(kds, { folder });
    await source.crlFor('genoa', 'vcek', now + 7 * DAY - 1);
    expect(kds.requests).toEqual([]);
    expect(await source.crlFor('genoa', 'vcek', now + 7 * DAY)).toMatchObject({
      from: 'network',
      provenance: { fetchedAt: now + 7 * DAY },
    });
  });

  it.each([
    ['of unknown age', undefined],
    ['that claims to be fetched next year', '2027-01-01T00:00:00Z'],
  ])('a CRL %s is asked for', async (_, fetchedAt) => {
    const { kds, folder } = await filledFolder();
    const path = `${folder.pathOf(CRL)}.provenance.json`;
    if (fetchedAt === undefined) await rm(path);
    else await writeFile(path, JSON.stringify({ source: 'x', fetched_at: fetchedAt }));
    const found = await sourceOf(kds, { folder }).crlFor('genoa', 'vcek', now);
    expect(found.from).toBe('network');
  });

  it('a VCEK that ended is asked for again', async () => {
    const { kds, folder } = await filledFolder();
    const { served } = await amdWorld({}, ({ certificates }) => {
      certificates.vcek.notBefore = '2033-01-01T00:00:00Z';
      certificates.vcek.notAfter = '2040-01-01T00:00:00Z';
    });
    kds.served = served;
    const found = await sourceOf(kds, { folder }).vcekFor(key, VCEK_ENDS + DAY);
    expect(found).toMatchObject({ from: 'network', validUntil: Date.UTC(2040, 0, 1) });
  });
});

describe('issued anew', () => {
  it('the same chip, TCB and key with other dates is as good', async () => {
    const { kds, folder } = await filledFolder();
    const reissued = await amdWorld({}, ({ certificates }) => {
      certificates.vcek.notBefore = '2026-03-05T01:04:33Z';
      certificates.vcek.notAfter = '2033-03-05T01:04:33Z';
    });
    expect(reissued.vcek).not.toEqual(world.vcek);
    kds.served = reissued.served;
    const source = sourceOf(kds, { folder });
    expect(await source.refresh(key, now)).toMatchObject({ outcome: 'accepted' });
    expect((await source.vcekFor(key, now)).bytes).toEqual(reissued.vcek);
    expect((await folder.read(key))?.bytes).toEqual(reissued.vcek);
  });

  it('a CRL of the same day is no older one', async () => {
    const { kds, folder } = await filledFolder();
    expect(await sourceOf(kds, { folder }).refresh(CRL, now)).toMatchObject({
      outcome: 'accepted',
    });
  });

  it('a CRL that revokes AMD’s own intermediate is kept: that is what it is for', async () => {
    const { kds, folder } = await filledFolder();
    const revoking = await amdWorld({}, ({ crl, certificates }) => {
      crl.thisUpdate = '2026-05-20T00:00:00Z';
      crl.revoked = [{ serial: certificates.ask.serial, at: '2026-05-19T00:00:00Z' }];
    });
    kds.served = revoking.served;
    const source = sourceOf(kds, { folder });
    expect(await source.refresh(CRL, now)).toMatchObject({ outcome: 'accepted' });
    expect((await folder.read(CRL))?.bytes).toEqual(revoking.crl);
  });
});

describe('offline', () => {
  it('takes what the folder holds', async () => {
    const { folder } = await filledFolder();
    const source = offline(folder);
    expect(await source.vcekFor(key, now + 300 * DAY)).toMatchObject({ state: 'current' });
    expect(await source.crlFor('genoa', 'vcek', now + 300 * DAY)).toMatchObject({
      from: 'folder',
      state: 'current',
      warnings: [],
    });
  });

  it('gives what is out of date with the reason', async () => {
    const { folder } = await filledFolder();
    const crl = await offline(folder).crlFor('genoa', 'vcek', CRL_ENDS + DAY);
    expect(crl).toMatchObject({ state: 'outdated' });
    expect(crl.warnings.join()).toMatch(/snp\.crl\.validity: .*ended 2027-05-15T00:00:00Z/);
    const vcek = await offline(folder).vcekFor(key, VCEK_ENDS + DAY);
    expect(vcek).toMatchObject({ state: 'outdated' });
    expect(vcek.warnings.join()).toMatch(/snp\.vek\.validity: .*ended 2033-02-05T01:04:33Z/);
  });

  it('says what is missing when there is nothing', async () => {
    const folder = await emptyAmdFolder();
    await expect(offline(folder).crlFor('genoa', 'vcek', now)).rejects.toMatchObject({
      code: 'unreachable',
      at: folder.root,
      detail: 'no endorsement: the VCEK CRL of Genoa, and offline',
    });
  });

  it('can’t refresh', async () => {
    const source = offline(await emptyAmdFolder());
    await expect(source.refresh(CRL, now)).rejects.toMatchObject({ code: 'usage' });
  });

  it.each([
    {
      name: 'a VCEK with one bit turned',
      spoil: (folder: AmdFolder) =>
        writeFile(folder.pathOf(key), world.vcek.with(-1, (world.vcek.at(-1) ?? 0) ^ 1)),
      because: /passed over: snp\.vek\.chain: .*invalid signature/,
    },
    {
      name: 'a VCEK filed under another TCB',
      spoil: async (folder: AmdFolder) => {
        const other = await amdWorld({}, ({ certificates }) => {
          certificates.vcek.vek.ucodeSPL = Uint8Array.of(2, 1, 0x57);
        });
        await writeFile(folder.pathOf(key), other.vcek);
      },
      because: /passed over: asked for .*; its TCB is 0a00000000001b57/,
    },
    {
      name: 'an empty file',
      spoil: (folder: AmdFolder) => writeFile(folder.pathOf(key), ''),
      because: /want one certificate; passed over/,
    },
    {
      name: 'provenance that is none',
      spoil: (folder: AmdFolder) => writeFile(`${folder.pathOf(key)}.provenance.json`, '[]'),
      because: /provenance\.json.*; passed over/,
    },
  ])('never uses $name, and says so', async ({ spoil, because }) => {
    const { folder } = await filledFolder();
    await spoil(folder);
    const asked = offline(folder).vcekFor(key, now);
    await expect(asked).rejects.toMatchObject({ code: 'unreachable' });
    await expect(asked).rejects.toThrow(because);
  });
});

describe('a folder in trouble does not stop an honest service', () => {
  it('a damaged file is replaced, with a warning', async () => {
    const { kds, folder } = await filledFolder();
    await writeFile(folder.pathOf(key), 'x');
    const found = await sourceOf(kds, { folder }).vcekFor(key, now);
    expect(found).toMatchObject({ from: 'network', state: 'current' });
    expect(found.warnings).toEqual([expect.stringMatching(/^\/.*\.der: .*; passed over$/)]);
    expect((await folder.read(key))?.bytes).toEqual(world.vcek);
  });

  it('one that can’t be written costs a warning', async () => {
    const kds = await startKds();
    const source = sourceOf(kds, { folder: new AmdFolder('/dev/null/endorsements') });
    const found = await source.crlFor('genoa', 'vcek', now);
    expect(found).toMatchObject({ from: 'network', state: 'current' });
    expect(found.warnings.at(-1)).toMatch(/^not kept: /);
    expect(await source.crlFor('genoa', 'vcek', now)).toMatchObject({ from: 'memory' });
  });
});

it('a newer CRL that another process put into the folder is used; an older one is not', async () => {
  const { kds, folder } = await filledFolder();
  const source = sourceOf(kds, { folder });
  const [newer, older] = [
    await crlIssued('2026-06-07T00:00:00Z', '2027-06-01T00:00:00Z'),
    await crlIssued('2026-04-01T00:00:00Z', '2027-06-01T00:00:00Z'),
  ];
  await source.crlFor('genoa', 'vcek', now);
  const later = { source: 'https://other.example', fetchedAt: now + 7 * DAY };
  await folder.write(CRL, newer, later);
  const ask = (at: number) => source.crlFor('genoa', 'vcek', at);
  expect(await ask(now + 7 * DAY)).toMatchObject({ from: 'folder', bytes: newer });
  kds.behave(/crl/, status(404));
  await folder.write(CRL, older, { ...later, fetchedAt: now + 14 * DAY });
  expect(await ask(now + 14 * DAY)).toMatchObject({ from: 'memory', bytes: newer });
});

it('keeps what other tools read: one DER certificate, two PEM certificates', async () => {
  const { folder } = await filledFolder();
  const chain = await folder.read(CHAIN);
  const text = new TextDecoder().decode(chain?.bytes);
  expect(fromPem(text, 'CERTIFICATE', 'chain')).toHaveLength(2);
  expect((await folder.read(key))?.bytes[0]).toBe(0x30);
});
