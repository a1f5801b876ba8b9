import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  AMD_ENDORSEMENT_OPTIONS,
  findSnpEndorsements,
  type SnpEndorsementNeeds,
} from '../../src/cli/amd-endorsements.ts';
import type { Io } from '../../src/cli/io.ts';
import { Args, type Verb } from '../../src/cli/verb.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { AMD_ROOTS } from '../../src/core/x509/amd-roots.ts';
import type { FoundSnpEndorsements } from '../../src/endorsements/amd/finder.ts';
import { snpClocksAt } from '../../src/evidence/snp/input.ts';
import { verifySnp } from '../../src/evidence/snp/verifier.ts';
import {
  encodeCertificateTable,
  type TableEntry,
} from '../../src/simulator/snp/certificate-table.ts';
import { createSnpPlatform } from '../../src/simulator/snp/platform.ts';
import { html, status } from '../endorsements/amd/fake-kds.ts';
import {
  amdWorld,
  anchors,
  CRL,
  crlIssued,
  DAY,
  filledFolder,
  now,
  startKds,
  world,
} from '../endorsements/amd/world.ts';
import { emptyFolder } from '../endorsements/world.ts';

const VERB: Verb = {
  name: 'verify snp',
  summary: '',
  operands: '',
  arity: { min: 0, max: 0 },
  options: { ...AMD_ENDORSEMENT_OPTIONS, 'require-crl': { help: '' } },
  notes: [],
  run: () => Promise.resolve(0),
};

interface Asked extends Partial<SnpEndorsementNeeds> {
  readonly report?: Uint8Array;
  readonly at?: number;
  readonly offline?: true;
}

/** What is found, what is said meanwhile, and how long was waited. */
async function find(
  options: readonly string[],
  { report = world.report, at = now, offline, ...needs }: Asked = {},
) {
  let err = '';
  const waits: number[] = [];
  const io: Io = {
    out: () => undefined,
    err: (text) => {
      err += text;
    },
    readFile: () => Promise.reject(new Error('no file is asked for')),
    fetch: offline ? () => Promise.reject(new Error('offline')) : globalThis.fetch,
    now: () => at,
    randomBytes: (length) => new Uint8Array(length),
    pause: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
  const found: FoundSnpEndorsements = await findSnpEndorsements(
    io,
    new Args(VERB, options),
    report,
    {
      anchors,
      asked: undefined,
      needVek: true,
      needCrl: true,
      ...needs,
    },
  );
  return { found, err, waits };
}

function extended(...entries: TableEntry[]): Uint8Array {
  return concatBytes(world.report, encodeCertificateTable(entries, 4096, 'rfc-4122'));
}

const all = { vek: world.vcek, chain: [world.vcekChain], crl: world.crl };

describe('from AMD’s service', () => {
  it('all that the report needs; with it, it is accepted', async () => {
    const kds = await startKds();
    const platform = await createSnpPlatform();
    const report = platform.report();
    const { found } = await find(['--kds', kds.url], { report });
    expect(found).toEqual(all);
    const at = snpClocksAt(now);
    expect(verifySnp({ report, ...found, at, anchors })).toMatchObject({
      verdict: 'accept',
      revocation: 'checked',
    });
  });

  it('the list, where only the machine brought the certificate along', async () => {
    const kds = await startKds();
    const carried = { needVek: false, vek: world.vcek };
    expect((await find(['--kds', kds.url], carried)).found.crl).toBeUndefined();
    expect(kds.requests).toEqual([]);
    const { found } = await find(['--kds', kds.url], { ...carried, asksCrl: true });
    expect(found.crl).toEqual(world.crl);
  });

  it('under AMD’s own roots the chain is built in: certificate and CRL, no wait', async () => {
    const kds = await startKds();
    const { found, err, waits } = await find(['--kds', kds.url], { anchors: AMD_ROOTS });
    expect(found).toEqual({
      vekMissing: expect.stringContaining('refused what it serves: snp.vek.'),
    });
    // A list about a certificate that is not there is no use.
    expect(kds.requests.map((path) => path.split('?')[0]?.split('/').at(-1))).toEqual([
      world.key.hwid,
    ]);
    expect(waits).toEqual([]);
    expect(err.match(/^postern: /gm)).toHaveLength(1);
  });

  it('for version 2 the line that knows the chip', async () => {
    const old = await amdWorld({ version: 2 });
    const milan = await amdWorld({ product: 'milan' });
    const kds = await startKds(old.served);
    kds.serve(/Milan\/cert_chain/, milan.vcekChain);
    const { found } = await find(['--kds', kds.url], {
      report: old.report,
      anchors: [...anchors, milan.anchor],
    });
    expect(found).toEqual(all);
    expect(kds.requests.at(-1)).toBe('/vcek/v1/Genoa/crl');
  });

  it('a busy service is waited for where a certificate is needed', async () => {
    const kds = await startKds();
    kds.behave(/blSPL/, status(429));
    const { found, err, waits } = await find(['--kds', kds.url], { needCrl: false });
    expect(found).toEqual({ vekMissing: expect.stringContaining('HTTP 429') });
    expect(waits).toEqual([10_000, 20_000, 40_000]);
    expect(err).toMatch(/waiting 40 s before asking/);
  });

  it('a CRL is welcome and not waited for; with --require-crl it is', async () => {
    const kds = await startKds();
    kds.behave(/crl/, status(429));
    const welcome = await find(['--kds', kds.url]);
    expect(welcome.found.vek).toEqual(world.vcek);
    expect(welcome.found.crlMissing).toContain('HTTP 429');
    expect(kds.requests.filter((url) => url.includes('crl'))).toHaveLength(1);
    // Its turn, after certificate and chain (which is built in under AMD's own roots); no more.
    expect(welcome.waits).toEqual([10_000]);
    const required = await find(['--kds', kds.url, '--require-crl'], { needVek: false });
    expect(required.found).toEqual({ crlMissing: expect.stringContaining('HTTP 429') });
    expect(required.waits).toHaveLength(3);
  });

  it('lies are no endorsements, and are told', async () => {
    const kds = await startKds();
    kds.behave(/blSPL/, html);
    const { found, err } = await find(['--kds', kds.url], { needCrl: false });
    expect(found).toEqual({ vekMissing: expect.stringContaining('refused what it serves') });
    expect(err).toContain('refused what it serves');
  });
});

describe('from a folder', () => {
  it('offline, all of it, with nothing to say', async () => {
    const { folder } = await filledFolder();
    const { found, err } = await find(['--endorsements', folder.root, '--offline']);
    expect([found, err]).toEqual([all, '']);
  });

  it('online, without a request as long as the CRL is young', async () => {
    const { kds, folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--kds', kds.url];
    expect((await find(options)).found).toEqual(all);
    expect(kds.requests).toEqual([]);
    await find(options, { at: now + 8 * DAY });
    expect(kds.requests).toEqual(['/vcek/v1/Genoa/crl']);
  });

  it('keeps what was fetched', async () => {
    const [kds, dir] = [await startKds(), await emptyFolder()];
    await find(['--endorsements', dir, '--kds', kds.url]);
    expect((await find(['--endorsements', dir, '--offline'])).found).toEqual(all);
  });

  it('for the time of --at, whatever the network has now', async () => {
    const { kds, folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--kds', kds.url];
    const { found } = await find(options, { asked: now + DAY, at: now + 1000 * DAY });
    expect(found).toEqual(all);
    expect(kds.requests).toEqual([]);
  });

  it('offline and empty: says what is missing; a CRL nobody asked for is not missed aloud', async () => {
    const dir = await emptyFolder();
    const { found, err } = await find(['--endorsements', dir, '--offline']);
    expect(found).toEqual({
      vekMissing: expect.stringMatching(/the VCEK certificate chain of Genoa, and offline$/),
    });
    expect(err.match(/^postern: /gm)).toHaveLength(1);
    const required = await find(['--endorsements', dir, '--offline', '--require-crl']);
    expect(required.err.match(/^postern: /gm)).toHaveLength(2);
  });

  it('a service that is down while the folder still holds: a warning', async () => {
    const { kds, folder } = await filledFolder();
    kds.behave(/./, status(404));
    const options = ['--endorsements', folder.root, '--kds', kds.url];
    const { found, err } = await find(options, { at: now + 8 * DAY });
    expect(found).toEqual(all);
    expect(err).toContain('HTTP 404');
  });

  it('a CRL out of date can only revoke, unless one is required', async () => {
    const { folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--offline'];
    const late = { at: now + 400 * DAY, needVek: false };
    const crlMissing = 'the CRL that could be had is not in date';
    expect((await find(options, late)).found).toEqual({ furtherCrls: [world.crl], crlMissing });
    expect((await find([...options, '--require-crl'], late)).found).toEqual({ crl: world.crl });
    const revoking = await amdWorld({}, ({ crl, certificates }) => {
      crl.revoked = [{ serial: certificates.ask.serial, at: '2026-05-14T00:00:00Z' }];
    });
    await writeFile(folder.pathOf(CRL), revoking.crl);
    const { found } = await find(options, late);
    expect(found).toEqual({ furtherCrls: [revoking.crl], crlMissing });
    const platform = await createSnpPlatform();
    const { vcek: vek, vcekChain } = world;
    const given = {
      report: platform.report(),
      vek,
      chain: [vcekChain],
      at: snpClocksAt(late.at),
      anchors,
    };
    expect(verifySnp(given)).toMatchObject({ verdict: 'accept' });
    const result = verifySnp({ ...given, ...found });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(result.checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)).toEqual([
      'snp.vek.revocation',
    ]);
  });

  it('asks for no CRL where the certificate is at hand and none is required', async () => {
    const kds = await startKds();
    const { found, err } = await find(['--kds', kds.url], { needVek: false });
    expect([kds.requests, found.crl, err]).toEqual([[], undefined, '']);
  });

  it('a CRL from after --at is no use for it', async () => {
    const kds = await startKds();
    kds.serve(/crl/, await crlIssued('2026-05-31T00:00:00Z', '2027-05-31T00:00:00Z'));
    const { found } = await find(['--kds', kds.url], { asked: now - 10 * DAY });
    expect(found).toMatchObject({ crlMissing: 'the CRL that could be had is not in date' });
    expect([found.crl, found.furtherCrls?.length]).toEqual([undefined, 1]);
  });
});

describe('nothing is looked for', () => {
  const offline = { offline: true } as const;
  const stapled = extended({ guid: 'vcek', data: world.vcek }, { guid: 'crl', data: world.crl });

  it('of the certificate that the table has; its CRL, which clears nobody, is not enough', async () => {
    expect((await find([], { report: stapled, ...offline })).found).toEqual({
      crlMissing: expect.stringContaining('no endorsement: the VCEK CRL of Genoa'),
    });
    const kds = await startKds();
    const usual = await find(['--kds', kds.url], { report: stapled });
    expect([usual.found.crl, usual.err, kds.requests]).toEqual([undefined, '', []]);
    const required = await find(['--kds', kds.url, '--require-crl'], { report: stapled });
    expect(required.found).toEqual({ crl: world.crl });
    expect(kds.requests).toEqual(['/vcek/v1/Genoa/crl']);
  });

  it('in the folder for the certificate; there may be a CRL', async () => {
    const { folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--offline'];
    expect((await find(options, { report: stapled })).found).toEqual({ crl: world.crl });
  });

  it('that was named on the command line', async () => {
    const needs = { needVek: false, needCrl: false, ...offline };
    expect((await find([], needs)).found).toEqual({});
  });

  it.each([
    ['no report', new Uint8Array(1184)],
    ['a short one', world.report.subarray(1)],
    ['a table that is none', concatBytes(world.report, new Uint8Array(40).fill(1))],
  ])('for %s', async (_, report) => {
    expect((await find([], { report, ...offline })).found).toEqual({});
  });

  it('of a VLEK: only its host has it; a CRL that is required is looked for', async () => {
    const vlek = await amdWorld({ signer: 'vlek' });
    const kds = await startKds(vlek.served);
    const { found } = await find(['--kds', kds.url, '--require-crl'], { report: vlek.report });
    expect(found).toEqual({
      vekMissing:
        'a VLEK certificate comes from the host’s certificate table: pass the extended report or --vek',
      crl: world.crl,
    });
    expect(kds.requests).toEqual(['/vlek/v1/Genoa/crl']);
  });

  it('for a masked chip, which names no certificate; a required CRL is looked for', async () => {
    const kds = await startKds();
    const report = new Uint8Array(world.report);
    report.fill(0, 0x1a0, 0x1e0);
    const { found } = await find(['--kds', kds.url, '--require-crl'], { report });
    expect(found).toEqual({ vekMissing: expect.stringContaining('masked'), crl: world.crl });
    expect(kds.requests).toEqual(['/vcek/v1/Genoa/crl']);
  });

  it('where nobody signed it', async () => {
    const report = new Uint8Array(world.report);
    report[0x48] = 7 << 2;
    expect((await find([], { report, ...offline })).found).toEqual({});
  });
});

it('the certificate that was named tells the product where version 2 does not', async () => {
  const old = await amdWorld({ version: 2 });
  const kds = await startKds();
  const needs = { report: old.report, needVek: false };
  const options = ['--kds', kds.url, '--require-crl'];
  expect((await find(options, needs)).found).toEqual({
    crlMissing: 'nothing says which of AMD’s product lines the processor is of',
  });
  expect((await find(options, { ...needs, vek: world.vcek })).found).toEqual({ crl: world.crl });
});
