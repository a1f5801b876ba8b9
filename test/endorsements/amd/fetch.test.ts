import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type AmdFetchRequest, fetchAmdEndorsements } from '../../../src/endorsements/amd/fetch.ts';
import { AmdFolder } from '../../../src/endorsements/amd/folder.ts';
import { KDS_PACE } from '../../../src/endorsements/amd/kds.ts';
import { checkEndorsements } from '../../../src/endorsements/check.ts';
import { listEndorsements } from '../../../src/endorsements/list.ts';
import { emptyFolder } from '../world.ts';
import { type FakeKds, status } from './fake-kds.ts';
import {
  amdWorld,
  anchors,
  CHAIN,
  Clock,
  CRL,
  crlIssued,
  DAY,
  key,
  LIMITS,
  NO_PACE,
  now,
  parsed,
  startKds,
  world,
} from './world.ts';

function fetchInto(
  dir: string,
  kds: FakeKds,
  more: Partial<AmdFetchRequest> = {},
  clock = new Clock(),
) {
  return fetchAmdEndorsements(
    { fetch: globalThis.fetch, now: clock.now, pause: clock.pause },
    {
      dir,
      base: kds.url,
      anchors,
      reports: [parsed(world)],
      products: [],
      client: { limits: LIMITS, pace: NO_PACE },
      ...more,
    },
  );
}

async function fetched() {
  const [kds, dir] = [await startKds(), await emptyFolder()];
  const rows = await fetchInto(dir, kds);
  return { kds, dir, rows, folder: new AmdFolder(dir) };
}

const both = { intel: [], amd: anchors, nvidia: { device: [], rim: [] } };

describe('fetch', () => {
  it('for a report: chain, CRL, VCEK, and what each is', async () => {
    const { kds, rows, folder } = await fetched();
    const common = {
      kind: 'snp',
      product: 'genoa',
      source: kds.url,
      fetchedAt: '2026-06-01T00:00:00Z',
      outcome: 'stored',
      notPassed: [],
      warnings: [],
    };
    expect(rows).toEqual([
      {
        ...common,
        document: 'vcek-chain',
        path: folder.pathOf(CHAIN),
        validFrom: '2022-01-26T15:34:37Z',
        validUntil: '2047-01-26T15:34:37Z',
      },
      {
        ...common,
        document: 'vcek-crl',
        path: folder.pathOf(CRL),
        validFrom: '2026-05-15T00:00:00Z',
        validUntil: '2027-05-15T00:00:00Z',
      },
      {
        ...common,
        document: 'vcek',
        hwid: key.hwid,
        tcb: key.tcb,
        path: folder.pathOf(key),
        validFrom: '2026-02-05T01:04:33Z',
        validUntil: '2033-02-05T01:04:33Z',
      },
    ]);
    expect(kds.requests).toHaveLength(3);
  });

  it('the same report twice is asked for once; later the VCEK not at all', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    const reports = [parsed(world), parsed(world)];
    expect(await fetchInto(dir, kds, { reports })).toHaveLength(3);
    expect(kds.requests).toHaveLength(3);
    const again = await fetchInto(dir, kds, {}, new Clock(now + DAY));
    expect(again.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored']);
    expect(again[2]).toMatchObject({ document: 'vcek', fetchedAt: '2026-06-01T00:00:00Z' });
    expect(again[1]).toMatchObject({ document: 'vcek-crl', fetchedAt: '2026-06-02T00:00:00Z' });
    expect(kds.requests.slice(3)).toEqual(['/vcek/v1/Genoa/cert_chain', '/vcek/v1/Genoa/crl']);
  });

  it('for a product line: both chains and both CRLs, at the pace of AMD’s service', async () => {
    const [kds, dir, clock] = [await startKds(), await emptyFolder(), new Clock()];
    const request = { reports: [], products: ['genoa'] as const, client: { pace: KDS_PACE } };
    const rows = await fetchInto(dir, kds, request, clock);
    expect(rows.map((row) => (row.kind === 'snp' ? row.document : 'tdx'))).toEqual([
      'vcek-chain',
      'vcek-crl',
      'vlek-chain',
      'vlek-crl',
    ]);
    expect(clock.waits).toEqual([10_000, 10_000]);
  });

  it('for a report that a VLEK signed: its chain and CRL', async () => {
    const vlek = await amdWorld({ signer: 'vlek' });
    const [kds, dir] = [await startKds(vlek.served), await emptyFolder()];
    await fetchInto(dir, kds, { reports: [parsed(vlek)] });
    expect(kds.requests).toEqual(['/vlek/v1/Genoa/cert_chain', '/vlek/v1/Genoa/crl']);
  });

  it('for version 2, which names no processor, the line that knows the chip', async () => {
    const old = await amdWorld({ version: 2 });
    const milan = await amdWorld({ product: 'milan' });
    const [kds, dir] = [await startKds(old.served), await emptyFolder()];
    kds.serve(/Milan\/cert_chain/, milan.vcekChain);
    const both = [...anchors, milan.anchor];
    const rows = await fetchInto(dir, kds, { reports: [parsed(old)], anchors: both });
    expect(rows).toMatchObject([
      { document: 'vcek', product: 'genoa', outcome: 'stored' },
      { document: 'vcek-chain', product: 'genoa', outcome: 'stored' },
      { document: 'vcek-crl', product: 'genoa', outcome: 'stored' },
    ]);
    expect(kds.requests.filter((path) => path.includes('blSPL'))).toHaveLength(2);
  });

  it('tells a service that is down from one that lies; one failure stops no other', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    kds.behave(/crl/, status(503));
    kds.serve(/blSPL/, world.vcek.with(-1, (world.vcek.at(-1) ?? 0) ^ 1));
    const rows = await fetchInto(dir, kds);
    expect(rows).toMatchObject([
      { document: 'vcek-chain', outcome: 'stored' },
      {
        document: 'vcek-crl',
        outcome: 'unreachable',
        because: expect.stringMatching(/^http:.*\/crl: HTTP 503$/),
        source: kds.url,
      },
      {
        document: 'vcek',
        outcome: 'refused',
        because: expect.stringMatching(/snp\.vek\.chain: /),
        notPassed: [{ id: 'snp.vek.chain', outcome: 'fail' }],
      },
    ]);
  });

  it('without the chain above it, a VCEK is no use', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    kds.behave(/cert_chain/, status(404));
    const rows = await fetchInto(dir, kds);
    expect(rows).toMatchObject([
      { document: 'vcek-chain', outcome: 'unreachable' },
      { document: 'vcek-crl', outcome: 'stored' },
      { document: 'vcek', outcome: 'unreachable', because: expect.stringContaining('HTTP 404') },
    ]);
  });

  it('leaves what is stored alone when the service serves an older CRL', async () => {
    const { kds, dir, folder } = await fetched();
    const before = await readFile(folder.pathOf(CRL));
    kds.serve(/crl/, await crlIssued('2026-05-01T00:00:00Z', '2027-05-01T00:00:00Z'));
    const rows = await fetchInto(dir, kds);
    expect(rows[1]).toMatchObject({
      outcome: 'refused',
      because: expect.stringContaining('an older CRL than we already hold'),
    });
    expect(await readFile(folder.pathOf(CRL))).toEqual(before);
  });

  it('says so when a good document can’t be written', async () => {
    const rows = await fetchInto('/dev/null/x', await startKds());
    expect(rows.every(({ outcome }) => outcome === 'unreachable')).toBe(true);
    expect(rows[0]?.because).toContain('can’t be written');
  });

  it('a report that does not say what to fetch stops all, before any request', async () => {
    const kds = await startKds();
    const masked = { ...parsed(world), chipId: new Uint8Array(64) };
    const asked = fetchInto(await emptyFolder(), kds, { reports: [parsed(world), masked] });
    await expect(asked).rejects.toMatchObject({ code: 'unsupported', at: 'report.chip_id' });
    expect(kds.requests).toEqual([]);
  });
});

describe('list', () => {
  it('says what there is, without looking at signatures', async () => {
    const { dir, rows } = await fetched();
    const listed = await listEndorsements(dir);
    expect(listed).toMatchObject([
      { kind: 'snp', document: 'vcek', hwid: key.hwid, validUntil: '2033-02-05T01:04:33Z' },
      { kind: 'snp', document: 'vcek-chain', validUntil: '2047-01-26T15:34:37Z' },
      { kind: 'snp', document: 'vcek-crl', validUntil: '2027-05-15T00:00:00Z' },
    ]);
    expect(listed[0]).toHaveProperty('source', rows[0]?.source);
  });

  it('names the problem of what can’t be read', async () => {
    const { dir, folder } = await fetched();
    await writeFile(folder.pathOf(key), Uint8Array.of(0x30, 0));
    await writeFile(folder.pathOf(CRL), '');
    expect(await listEndorsements(dir)).toMatchObject([
      { document: 'vcek', problem: expect.stringContaining(folder.pathOf(key)) },
      { document: 'vcek-chain' },
      { document: 'vcek-crl', problem: expect.stringContaining(folder.pathOf(CRL)) },
    ]);
  });
});

describe('check', () => {
  it('all good and in date', async () => {
    const { dir } = await fetched();
    const { verdict, rows } = await checkEndorsements(dir, { anchors: both, at: now + DAY });
    expect(verdict).toBe('accept');
    expect(rows.map((row) => [row.verdict, row.notPassed])).toEqual([
      ['accept', []],
      ['accept', []],
      ['accept', []],
    ]);
  });

  it('out of date is indeterminate, and says which', async () => {
    const { dir } = await fetched();
    const { verdict, rows } = await checkEndorsements(dir, {
      anchors: both,
      at: Date.UTC(2028, 0, 1),
    });
    expect(verdict).toBe('indeterminate');
    expect(rows.map((row) => row.verdict)).toEqual(['accept', 'accept', 'indeterminate']);
    expect(rows[2]?.because).toMatch(/snp\.crl\.validity/);
  });

  it('a VCEK without the chain above it is indeterminate, not forged', async () => {
    const { dir, folder } = await fetched();
    await rm(folder.pathOf(CHAIN));
    const { verdict, rows } = await checkEndorsements(dir, { anchors: both, at: now });
    expect(verdict).toBe('indeterminate');
    expect(rows).toMatchObject([
      { document: 'vcek', verdict: 'indeterminate' },
      { document: 'vcek-crl', verdict: 'accept' },
    ]);
    expect(rows[0]?.because).toMatch(/^snp\.vek\.intermediate: no certificate of .*SEV-Genoa/);
  });

  it('an empty chain is no chain, and a VCEK under it not verified', async () => {
    const { dir, folder } = await fetched();
    await writeFile(folder.pathOf(CHAIN), '');
    const { rows } = await checkEndorsements(dir, { anchors: both, at: now });
    expect(rows.map((row) => row.verdict)).toEqual(['reject', 'reject', 'accept']);
    expect(rows[0]?.because).toMatch(/^snp\.vek\.intermediate: .*no certificate/);
  });

  it('of another root is rejected', async () => {
    const { dir } = await fetched();
    const other = await amdWorld({ seed: 'another' });
    const { verdict, rows } = await checkEndorsements(dir, {
      anchors: { intel: [], amd: [other.anchor], nvidia: { device: [], rim: [] } },
      at: now,
    });
    expect(verdict).toBe('reject');
    expect(rows.map((row) => row.verdict)).toEqual(['reject', 'reject', 'reject']);
  });
});
