import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import type { SnpPlan } from '../../src/simulator/snp/plan.ts';
import { simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { ia5 } from '../../src/simulator/snp/vek-extensions.ts';
import { azureSnp } from '../support/azure.ts';
import { AK, jwk, quoted, runtimeJson } from '../support/tpm.ts';
import { type Files, jsonOf, postern, UNSAFE } from './fake-io.ts';
import { CERTIFICATES, snpFilesOf, VERIFY_SNP } from './snp-files.ts';

/** Clears the screen, sets the title, writes a verdict of its own, turns the line around. */
const EVIL = 'x\u001b[2J\u001b]0;mine\u0007\u009b1A\r\nACCEPT\u2028\u202e\u200b\u007f\u{e0041}';
/** What gets past a parser that wants ASCII. */
const EVIL_ASCII = 'x\u001b[2J\r\nACCEPT  authentic\u0007';

/** A value under an extension of AMD's that is a text. */
const named = (name: 'productName' | 'cspID', text: string) => (plan: SnpPlan) => {
  for (const { vek } of [plan.certificates.vcek, plan.certificates.vlek]) vek[name] = ia5(text);
};

type Edits = readonly (readonly [string, (plan: SnpPlan) => void])[];

const TEXTS: Edits = [
  ['productName', named('productName', EVIL_ASCII)],
  ['productName, printable', named('productName', 'Genoa  ACCEPT  authentic')],
  ['CSP_ID', named('cspID', EVIL_ASCII)],
  ['CSP_ID, not ASCII', named('cspID', EVIL)],
  [
    'the fields of the report',
    ({ report }) => {
      report.familyId = utf8(EVIL).slice(0, 16);
      report.imageId = utf8(EVIL).slice(-16);
    },
  ],
];

/** Nothing is wrong with the letters of a name: it is told as it stands. */
const NAMES: Edits = [
  [
    'the VEK certificate’s name',
    ({ certificates: { vcek, vlek } }) => {
      for (const { subject } of [vcek, vlek]) subject.commonName = EVIL;
    },
  ],
  [
    'the VEK certificate’s organisation',
    ({ certificates: { vcek, vlek } }) => {
      for (const { subject } of [vcek, vlek]) subject.organization = EVIL;
    },
  ],
  [
    'the intermediate’s name',
    ({ certificates: { ask, asvk } }) => {
      for (const { subject } of [ask, asvk]) subject.commonName = EVIL;
    },
  ],
  [
    'the root’s name',
    ({ certificates: { ark } }) => {
      ark.subject.commonName = EVIL;
    },
  ],
  [
    'the issuer that a VEK certificate names',
    ({ certificates: { vcek, vlek } }) => {
      for (const vek of [vcek, vlek]) {
        vek.issuerName = { organization: EVIL, commonName: 'SEV-Genoa' };
      }
    },
  ],
];

/** All that can be printed of these files. */
async function everyOutput(files: Files, verify: readonly string[]): Promise<readonly string[]> {
  const outputs: string[] = [];
  for (const argv of [
    [...verify, '--claims'],
    [...verify, '--json'],
    ...Object.keys(files).flatMap((file) => [
      ['inspect', file],
      ['inspect', file, '--json'],
    ]),
  ]) {
    const { exit, out, err } = await postern(argv, files);
    expect(exit).not.toBe(70);
    if (argv.includes('--json')) jsonOf({ out });
    outputs.push(out, err);
  }
  return outputs;
}

function expectTame(outputs: readonly string[]): void {
  for (const output of outputs) {
    expect(output).not.toMatch(UNSAFE);
    // Only the verdict itself begins a line in this way.
    expect(output).not.toMatch(/^ACCEPT(?! {2}(not shown to be )?authentic · )/m);
  }
}

describe('nothing reaches the terminal raw from', () => {
  it.each([...TEXTS, ...NAMES])('%s', async (_, edit) => {
    for (const signer of ['vcek', 'vlek'] as const) {
      const made = await simulateSnp({ edit, signer });
      const files = snpFilesOf(made);
      expectTame(await everyOutput(files, VERIFY_SNP));
      // Without a root to believe, the names in the chain are told.
      expectTame(
        await everyOutput(files, [
          'verify',
          'snp',
          'report',
          ...CERTIFICATES.slice(0, 4),
          '--offline',
        ]),
      );
    }
  });

  it.each(NAMES)('%s, which is shown all the same', async (_, edit) => {
    const argv = [...VERIFY_SNP, '--claims'];
    const { out } = await postern(argv, snpFilesOf(await simulateSnp({ edit })));
    expect(out).toContain('x\\x1b[2J\\x1b]0;mine\\x07\\x9b1A\\x0d\\x0aACCEPT\\u2028\\u202e');
  });

  it('a certificate table: GUIDs that nobody knows, and text as certificates', async () => {
    const evil = utf8(EVIL);
    const { extendedReport: report = evil, root } = await simulateSnp({
      fault: 'table_vcek',
      edit: ({ table }) => {
        table?.entries.push({ guid: 'crl', holds: evil, form: 'der' });
      },
    });
    const guid = report.slice();
    guid.set(evil.subarray(0, 16), 1184);
    for (const file of [report, guid]) {
      const files = { report: file, 'root.der': root };
      const verify = ['verify', 'snp', 'report', '--trust-anchor', 'root.der', '--offline'];
      expectTame(await everyOutput(files, verify));
    }
  });

  it.each(['vek', 'ask', 'crl', 'report', 'root.der'])('text in place of %s', async (name) => {
    for (const text of [EVIL, EVIL_ASCII, `-----BEGIN CERTIFICATE-----${EVIL}`]) {
      const files = { ...snpFilesOf(await simulateSnp({ fault: 'crl_ok' })), [name]: text };
      expectTame(await everyOutput(files, [...VERIFY_SNP, '--crl', 'crl']));
    }
  });

  it.each([
    ['names of members', { [EVIL]: EVIL }],
    ['what is said of the VM', { 'vm-configuration': { [EVIL]: EVIL, deep: [{ [EVIL]: EVIL }] } }],
    ['names of keys', { keys: [jwk('HCLAkPub', AK), jwk(EVIL, AK), jwk('HCLEkPub', AK)] }],
    ['a name of a key, twice', { keys: [jwk(EVIL, AK), jwk(EVIL, AK)] }],
    ['what a key is for', { keys: [jwk('HCLAkPub', AK, EVIL)] }],
    ['the kind of a key', { keys: [{ ...jwk('HCLAkPub', AK), kty: EVIL }] }],
    ['a modulus', { keys: [{ ...jwk('HCLAkPub', AK), n: EVIL }] }],
    ['user data', { 'user-data': EVIL }],
  ])('a paravisor: %s', async (_, members) => {
    const { made, hcl } = await azureSnp({}, runtimeJson(members));
    const { message, signature } = quoted({ extraData: utf8(EVIL) });
    const files = { ...snpFilesOf(made), hcl, 'quote.bin': message, 'quote.sig': signature };
    const quote = ['--tpm-quote', 'quote.bin', '--tpm-signature', 'quote.sig'];
    const verify = ['verify', 'vtpm', 'hcl', ...CERTIFICATES, '--offline', ...quote];
    expectTame(await everyOutput(files, verify));
  });

  it.each([
    ['no JSON', EVIL],
    ['a list', JSON.stringify([EVIL])],
    ['a bank', JSON.stringify({ [EVIL]: {} })],
    ['an index', JSON.stringify({ sha256: { [EVIL]: EVIL } })],
    ['a value', JSON.stringify({ sha256: { 0: EVIL } })],
  ])('PCR values: %s', async (_, pcrs) => {
    const { made, hcl } = await azureSnp();
    const files = { ...snpFilesOf(made), hcl, pcrs };
    const argv = ['verify', 'vtpm', 'hcl', ...CERTIFICATES, '--offline', '--pcrs', 'pcrs'];
    expectTame(await everyOutput(files, argv));
  });

  it.each([
    '--vek',
    '--chain',
    '--crl',
    '--trust-anchor',
    '--min-tcb',
    '--require-fix',
    '--allow-vmpl',
    '--allow-platform-bit',
    '--report-data',
    '--at',
    '--kds',
  ])('the value of %s', async (option) => {
    const files = snpFilesOf(await simulateSnp());
    const argv = ['verify', 'snp', 'report', '--offline', `${option}=${EVIL}`];
    const { exit, out, err } = await postern(argv, files);
    expect([64, 69]).toContain(exit);
    expectTame([out, err]);
    expect(err.split('\n')).toHaveLength(2);
  });
});

it('a forged verdict in a name stays inside its own line', async () => {
  const edit = ({ certificates: { vcek } }: SnpPlan) => {
    vcek.subject.commonName = '\n\nACCEPT  authentic · vendor anchors · revocation checked';
  };
  const argv = [...VERIFY_SNP, '--claims'];
  const { exit, out } = await postern(argv, snpFilesOf(await simulateSnp({ edit })));
  expect(exit).toBe(1);
  expect(out.split('\n').filter((line) => /^(ACCEPT|REJECT|INDETERMINATE) /.test(line))).toEqual([
    'REJECT  not shown to be authentic · simulator anchors · revocation unchecked · at 2026-06-01T00:00:00Z',
  ]);
});

it('JSON carries the same values as they were', async () => {
  const json = runtimeJson({ 'vm-configuration': { [EVIL]: EVIL } });
  const { made, hcl } = await azureSnp({}, json);
  const argv = ['verify', 'vtpm', 'hcl', ...CERTIFICATES, '--offline', '--json'];
  const { exit, out } = await postern(argv, { ...snpFilesOf(made), hcl });
  expect(exit).toBe(0);
  expect(JSON.parse(out).claims.vmConfiguration).toEqual({ [EVIL]: EVIL });
});
