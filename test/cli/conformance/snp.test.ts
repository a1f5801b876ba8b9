import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { simulateSnp } from '../../../src/simulator/snp/simulate.ts';
import { azureSnp } from '../../support/azure.ts';
import { jwk, OTHER_AK, PCRS, PCRS_JSON, quoted, runtimeJson } from '../../support/tpm.ts';
import { honestSnp, snpFilesOf } from '../snp-files.ts';
import { conformance } from './cases.ts';

const azure = await azureSnp();
const extended = await simulateSnp({ fault: 'table_vcek' });
const stale = await simulateSnp({ fault: 'crl_stale' });
const other = await azureSnp({}, runtimeJson({ keys: [jwk('HCLAkPub', OTHER_AK)] }));

const quote = quoted();
const foreignQuote = quoted({}, OTHER_AK);

const files = Object.fromEntries(
  Object.entries({
    ...snpFilesOf(honestSnp),
    nonce: honestSnp.plan.report.reportData,
    zeros: new Uint8Array(64),
    extended: extended.extendedReport ?? '',
    'stale.crl': stale.crl ?? '',
    'azure.bin': azure.made.report,
    hcl: azure.hcl,
    'other.hcl': other.hcl,
    'runtime.json': runtimeJson(),
    'other.json': runtimeJson({ keys: [] }),
    pcrs: PCRS_JSON,
    'other.pcrs': JSON.stringify(PCRS.map(toHex).toReversed()),
    'quote.msg': quote.message,
    'quote.sig': quote.signature,
    'foreign.sig': foreignQuote.signature,
  }).map(([name, file]) => [`v/${name}`, file]),
);

const common = { at: '2026-06-01T00:00:00Z', trust: 'test-root', trustFile: 'root.der' };
const certificates = { vek: 'vek', intermediate: 'ask' };
const accepted = { expect: { verdict: 'accept' } };

const REPORT = {
  id: 'report',
  files: { report: 'report', ...certificates, crl: 'crl', nonce: 'nonce' },
  ...common,
  expect: {
    verdict: 'accept',
    failed: [],
    unresolved: [],
    fields: { reportVersion: 5, product: 'genoa', vmpl: 0 },
  },
};
const EXTENDED = {
  id: 'extended',
  files: { extendedReport: 'extended' },
  ...common,
  expect: { verdict: 'accept', fields: { signingKey: 'vcek' } },
};
const AZURE = {
  id: 'azure',
  files: { report: 'azure.bin', hcl: 'hcl', ...certificates },
  ...common,
  expect: { verdict: 'accept', fields: { hclHardware: 'snp', reportVersion: 5 } },
};
const QUOTED = {
  ...AZURE,
  id: 'quoted',
  files: {
    ...AZURE.files,
    runtimeJson: 'runtime.json',
    tpmQuoteMessage: 'quote.msg',
    tpmQuoteSignature: 'quote.sig',
    pcrs: 'pcrs',
  },
  expect: { verdict: 'accept', failed: [], unresolved: [], fields: { quoted: true } },
};
const HCL = { id: 'hcl', files: { hcl: 'hcl', ...certificates }, ...common, ...accepted };
const CHAIN = {
  id: 'chain',
  files: { vek: 'vek', chain: 'ask', crl: 'crl' },
  ...common,
  expect: { verdict: 'accept', fields: { product: 'genoa' } },
};

/** Runs these cases over the files above, and nothing else. */
const run = (cases: readonly unknown[]) => conformance(cases, files);

describe('a manifest of SEV-SNP that conforms', () => {
  it('has every kind of case, one line each, exit code 0', async () => {
    const { exit, out, err, reports } = await run([REPORT, EXTENDED, AZURE, QUOTED, HCL, CHAIN]);
    expect(out).toBe(
      ['report', 'extended', 'azure', 'quoted', 'hcl', 'chain']
        .map((id) => `✓ ${id}  accept authentic\n`)
        .join(''),
    );
    expect([exit, err]).toEqual([0, '6 cases, 0 different\n']);
    expect(reports.map(({ verdict }) => verdict)).toEqual(Array(6).fill('accept'));
  });

  it('in JSON has the members of the contract', async () => {
    const { reports } = await run([REPORT]);
    expect(reports).toStrictEqual([
      {
        id: 'report',
        verdict: 'accept',
        authentic: true,
        failed: [],
        unresolved: [],
        fields: expect.objectContaining({ product: 'genoa', vekKind: 'vcek' }),
        differs: [],
      },
    ]);
  });

  it('may expect a refusal, and its reason', async () => {
    const wrong = { verdict: 'reject', failed: ['vtpm.hcl.binding'] };
    const cases = [
      { ...REPORT, at: '2040-01-01T00:00:00Z', expect: { verdict: 'reject' } },
      { ...AZURE, files: { ...AZURE.files, hcl: 'other.hcl' }, expect: wrong },
    ];
    expect(await run(cases)).toMatchObject({ exit: 0 });
  });

  it('asks a quote for the PCR values beside it: alone it is about nothing', async () => {
    const { pcrs: _, ...alone } = QUOTED.files;
    const unasked = { verdict: 'accept', fields: { quoted: false } };
    const wrong = { verdict: 'reject', failed: ['vtpm.quote.signature'] };
    const digest = { verdict: 'reject', failed: ['vtpm.pcrs.digest'] };
    const foreign = { tpmQuoteSignature: 'foreign.sig' };
    const cases = [
      { ...QUOTED, files: { ...alone, ...foreign }, expect: unasked },
      { ...QUOTED, files: { ...QUOTED.files, ...foreign }, expect: wrong },
      { ...QUOTED, files: { ...QUOTED.files, pcrs: 'other.pcrs' }, expect: digest },
    ];
    expect(await run(cases)).toMatchObject({ exit: 0 });
  });

  it('has a time for the CRL alone', async () => {
    const at = { evidence: '2026-06-01T00:00:00Z', crl: '2026-05-31T00:00:00Z' };
    const testCase = { ...REPORT, files: { ...REPORT.files, crl: 'stale.crl' } };
    expect(await run([{ ...testCase, at }])).toMatchObject({ exit: 0 });
    expect(await run([testCase])).toMatchObject({ exit: 1 });
  });
});

describe('a difference', () => {
  it.each([
    [
      'a verdict: refused, but accepted',
      { ...REPORT, expect: { verdict: 'reject' } },
      'verdict: want reject or indeterminate, got accept',
    ],
    [
      'trust in the vendor only',
      { ...REPORT, trust: 'vendor', trustFile: undefined },
      'verdict: want accept, got reject',
    ],
    [
      'no certificate',
      { ...REPORT, files: { report: 'report' } },
      'verdict: want accept, got indeterminate',
    ],
    [
      'another nonce',
      { ...REPORT, files: { ...REPORT.files, nonce: 'zeros' } },
      'verdict: want accept, got reject',
    ],
    [
      'an HCL report of another machine',
      { ...AZURE, files: { ...AZURE.files, hcl: 'other.hcl' } },
      'verdict: want accept, got reject',
    ],
    [
      'an HCL report that is none',
      { ...HCL, files: { ...HCL.files, hcl: 'vek' } },
      'verdict: want accept, got reject',
    ],
    [
      'a quote by another key',
      { ...QUOTED, files: { ...QUOTED.files, tpmQuoteSignature: 'foreign.sig' } },
      'verdict: want accept, got reject',
    ],
    [
      'other PCR values than quoted',
      { ...QUOTED, files: { ...QUOTED.files, pcrs: 'other.pcrs' } },
      'verdict: want accept, got reject',
    ],
    [
      'another JSON than the envelope’s',
      { ...QUOTED, files: { ...QUOTED.files, runtimeJson: 'other.json' } },
      'runtimeJson: not the JSON of the HCL report',
    ],
    [
      'a field',
      { ...REPORT, expect: { verdict: 'accept', fields: { product: 'milan' } } },
      'product: want "milan", got "genoa"',
    ],
    [
      'a missing file',
      { ...CHAIN, files: { vek: 'gone', chain: 'ask' } },
      'v/gone: can’t be read (ENOENT)',
    ],
  ])('in %s', async (_, testCase, says) => {
    const { exit, err, reports } = await run([CHAIN, testCase]);
    expect([exit, err]).toEqual([1, '2 cases, 1 different\n']);
    expect(reports[1]?.differs.join('\n')).toContain(says);
  });
});
