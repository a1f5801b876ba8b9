import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { SNP_BASELINE } from '../../src/evidence/snp/checks.ts';
import { VTPM_BASELINE, VTPM_CHECKS } from '../../src/evidence/vtpm/checks.ts';
import { azureSnp, azureTdx } from '../support/azure.ts';
import {
  digestOf,
  jwk,
  NONCE,
  OTHER_AK,
  PCRS,
  PCRS_JSON,
  quoted,
  rsaKey,
  runtimeJson,
  SHA256_BANK,
  tpmQuote,
  tpmtSignature,
  USER_DATA,
} from '../support/tpm.ts';
import { expectErrorJson } from './design-json.ts';
import { type Files, filesOf, jsonOf, postern, UNSAFE } from './fake-io.ts';
import { answerOf, CERTIFICATES, checkOf, snpFilesOf } from './snp-files.ts';

const snp = await azureSnp();
const tdx = await azureTdx();
const { message, signature } = quoted();

const files: Files = {
  ...snpFilesOf(snp.made),
  hcl: snp.hcl,
  'quote.bin': message,
  'quote.sig': signature,
  'pcrs.json': PCRS_JSON,
};
const tdxFiles: Files = { ...files, ...filesOf(tdx.made), hcl: tdx.hcl };

const QUOTE = ['--tpm-quote', 'quote.bin', '--tpm-signature', 'quote.sig'];
const ASKED = [...QUOTE, '--pcrs', 'pcrs.json', '--nonce', toHex(NONCE)];

/** The envelope and what its evidence needs; of the vTPM nothing is asked. */
const BOUND = ['verify', 'vtpm', 'hcl', ...CERTIFICATES, '--offline'];
const VERIFY_VTPM = [...BOUND, ...ASKED];
const BOUND_TDX = [
  ...['verify', 'vtpm', 'hcl', '--tdx-quote', 'quote', '--collateral', 'collateral.json'],
  ...['--trust-anchor', 'root.der'],
];

/** One command line over an SEV-SNP machine, in JSON. */
async function verified(
  options: readonly string[] = [],
  changed: Files = {},
  argv: readonly string[] = VERIFY_VTPM,
) {
  const ran = await postern([...argv, '--json', ...options], { ...files, ...changed });
  expect(ran.err).toBe('');
  return answerOf(ran, 'vtpm', 'snp');
}

async function usageOf(argv: readonly string[], given: Files = files): Promise<string> {
  const ran = await postern([...argv, '--json'], given);
  expect(ran.exit).toBe(64);
  expectErrorJson(jsonOf(ran), 'usage');
  return ran.err;
}

describe('on SEV-SNP', () => {
  it('is accepted, every check passed, the report a part of it', async () => {
    const answer = await verified(['--user-data', toHex(USER_DATA)]);
    expect(answer).toMatchObject({
      exit: 0,
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
    });
    const passed = answer.checks.filter(({ outcome }) => outcome === 'pass').map(({ id }) => id);
    expect(new Set(passed)).toEqual(new Set(Object.keys(VTPM_CHECKS)));
    expect(answer.claims).toMatchObject({
      hclHardware: 'snp',
      quoted: true,
      pcrs: { sha256: { 0: toHex(PCRS[0] ?? NONCE) } },
      vmConfiguration: { 'secure-boot': true },
    });
    const [part] = answer.parts ?? [];
    expect(part).toMatchObject({ verdict: 'accept', authentic: true, anchors: 'simulator' });
    expect([...SNP_BASELINE].filter((id) => part && checkOf(part, id)?.outcome !== 'pass')).toEqual(
      [],
    );
    expect(part?.claims).toMatchObject({ measurement: toHex(snp.made.plan.report.measurement) });
  });

  it('without a quote: the binding alone', async () => {
    const answer = await verified([], {}, BOUND);
    const ids = answer.checks.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...VTPM_BASELINE]));
    expect(ids.filter((id) => /^vtpm\.(quote|pcrs|user_data)/.test(id))).toEqual([]);
    expect(answer).toMatchObject({ exit: 0, claims: { quoted: false } });
    expect(answer.claims).not.toHaveProperty('pcrs');
  });

  it('a CRL that was checked is said for the whole', async () => {
    const made = await azureSnp({ fault: 'crl_ok' });
    const given = { ...snpFilesOf(made.made), hcl: made.hcl };
    const answer = await verified(['--crl', 'crl', '--require-crl'], given);
    expect(answer).toMatchObject({ exit: 0, revocation: 'checked' });
  });

  it.each([
    ['hex', toHex(snp.hcl)],
    ['base64', toBase64(snp.hcl)],
  ])('the envelope may be written as %s', async (_, hcl) => {
    expect(await verified([], { hcl })).toMatchObject({ exit: 0 });
  });

  it('the envelope may come on standard input', async () => {
    const argv = VERIFY_VTPM.map((word) => (word === 'hcl' ? '-' : word));
    expect(await verified([], { '-': snp.hcl }, argv)).toMatchObject({ exit: 0 });
  });

  it('the signature may be as a TPM returns it', async () => {
    const answer = await verified([], { 'quote.sig': tpmtSignature(signature) });
    expect(answer).toMatchObject({ exit: 0 });
  });

  it('needs the report’s certificate: open without', async () => {
    const argv = ['verify', 'vtpm', 'hcl', '--trust-anchor', 'root.der', '--offline', ...ASKED];
    const ran = await postern([...argv, '--json'], files);
    const answer = answerOf(ran, 'vtpm', 'snp');
    expect(answer).toMatchObject({ exit: 2, authentic: false, failed: [] });
    expect(answer.unresolved).toEqual(['vtpm.evidence.authentic']);
    expect(answer.parts?.[0]).toMatchObject({ verdict: 'indeterminate' });
    expect(ran.err).toMatch(/^postern: .*offline\n$/);
  });
});

describe('what the vTPM says is rejected, the report accepted all the same:', () => {
  const select = [{ hash: SHA256_BANK, pcrs: [4] }];
  const partly = quoted({ select, pcrDigest: digestOf(4) });
  const changed = PCRS.map((value, i) => toHex(i === 4 ? value.with(0, 0) : value));
  const other = quoted({}, OTHER_AK);
  const another = quoted({}, rsaKey());

  it.each<readonly [string, readonly string[], Files, readonly string[]]>([
    ['a quote over another nonce', ['--nonce', 'ab'.repeat(34)], {}, ['vtpm.quote.nonce']],
    [
      'the beginning of the nonce',
      ['--nonce', toHex(NONCE.subarray(0, -1))],
      {},
      ['vtpm.quote.nonce'],
    ],
    [
      'another value of a PCR',
      ['--nonce', toHex(NONCE), '--pcrs', 'pcrs.json'],
      { 'pcrs.json': JSON.stringify(changed) },
      ['vtpm.pcrs.digest'],
    ],
    [
      'a PCR less than was quoted',
      ['--pcrs', 'pcrs.json'],
      { 'pcrs.json': JSON.stringify({ sha256: { 4: toHex(PCRS[4] ?? NONCE) } }) },
      ['vtpm.pcrs.selection'],
    ],
    ['no JSON', ['--pcrs', 'pcrs.json'], { 'pcrs.json': 'all good' }, ['vtpm.pcrs.format']],
    [
      'a quote by the endorsement key',
      [],
      { 'quote.sig': other.signature },
      ['vtpm.quote.signature'],
    ],
    ['a quote by somebody else', [], { 'quote.sig': another.signature }, ['vtpm.quote.signature']],
    ['a signature of another quote', [], { 'quote.bin': partly.message }, ['vtpm.quote.signature']],
    ['an empty signature', [], { 'quote.sig': '' }, ['vtpm.quote.signature']],
    [
      'message and signature exchanged',
      [],
      { 'quote.bin': signature, 'quote.sig': message },
      ['vtpm.quote.format', 'vtpm.quote.signature'],
    ],
    [
      'a quote with a byte behind',
      [],
      { 'quote.bin': concatBytes(tpmQuote(), Uint8Array.of(0)) },
      ['vtpm.quote.format', 'vtpm.quote.signature'],
    ],
    ['other user data', ['--user-data', 'ab'], {}, ['vtpm.user_data']],
  ])('%s', async (_, options, given, failed) => {
    const answer = await verified(options, given, [...BOUND, ...QUOTE]);
    expect(answer).toMatchObject({ exit: 1, failed });
    expect(answer.parts).toMatchObject([{ verdict: 'accept', authentic: true }]);
    expect(answer.claims).not.toHaveProperty('pcrs');
  });

  it('a JSON that the report does not bind', async () => {
    const keys = [jwk('HCLAkPub', OTHER_AK, 'sign')];
    const { hcl } = await azureSnp({}, runtimeJson({ keys }));
    const report = snp.made.report;
    const forged = hcl.slice();
    forged.set(report, 0x20);
    const answer = await verified([], { hcl: forged, 'quote.sig': other.signature });
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['vtpm.hcl.binding'] });
  });
});

describe('what was asked for and is not there leaves it open:', () => {
  it.each([
    ['--nonce', toHex(NONCE), ['vtpm.quote.format', 'vtpm.quote.nonce']],
    ['--pcrs', 'pcrs.json', ['vtpm.quote.format', 'vtpm.pcrs.selection', 'vtpm.pcrs.digest']],
  ])('%s without a quote', async (option, value, unresolved) => {
    const answer = await verified([option, value], {}, BOUND);
    expect(answer).toMatchObject({ exit: 2, failed: [], unresolved });
  });
});

describe('the verdict is the worse of both:', () => {
  it('a report that is not acceptable', async () => {
    const debug = await azureSnp({ fault: 'policy_debug' });
    const answer = await verified([], { ...snpFilesOf(debug.made), hcl: debug.hcl });
    expect(answer).toMatchObject({ exit: 1, authentic: true, failed: [] });
    expect(answer.parts).toMatchObject([{ verdict: 'reject', authentic: true }]);
  });

  it('a report that is forged', async () => {
    const forged = await azureSnp({ fault: 'signature_of_other_key' });
    const answer = await verified([], { ...snpFilesOf(forged.made), hcl: forged.hcl });
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: [] });
    expect(answer.parts).toMatchObject([{ verdict: 'reject', authentic: false }]);
  });

  it.each([
    ['--min-tcb', 'snp=255', 1],
    ['--require-fix', 'AMD-SB-3034', 2],
    ['--at', '2040-01-01', 1],
  ])('%s %s is asked of the report', async (option, value, exit) => {
    const answer = await verified([option, value]);
    expect(answer).toMatchObject({ exit, failed: [] });
    expect(answer.parts?.[0]?.verdict).toBe(answer.verdict);
  });

  it('a relaxation of the report’s', async () => {
    const made = await azureSnp({ fault: 'platform_bit8' });
    const given = { ...snpFilesOf(made.made), hcl: made.hcl };
    expect(await verified([], given)).toMatchObject({ exit: 1 });
    expect(await verified(['--allow-platform-bit', '8'], given)).toMatchObject({ exit: 0 });
  });
});

describe('on TDX', () => {
  it('the quote beside it is the part', async () => {
    const ran = await postern([...BOUND_TDX, ...ASKED, '--json'], tdxFiles);
    const answer = answerOf(ran, 'vtpm', 'tdx');
    expect(answer).toMatchObject({
      exit: 0,
      authentic: true,
      anchors: 'simulator',
      revocation: 'checked',
      claims: { hclHardware: 'tdx', quoted: true },
    });
    expect(answer.parts).toMatchObject([{ verdict: 'accept', tcb: { status: 'UpToDate' } }]);
  });

  it('of another machine: rejected', async () => {
    const other = await azureTdx({}, runtimeJson({ keys: [jwk('HCLAkPub', OTHER_AK)] }));
    const ran = await postern([...BOUND_TDX, '--json'], { ...tdxFiles, hcl: other.hcl });
    const answer = answerOf(ran, 'vtpm', 'tdx');
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['vtpm.hcl.binding'] });
  });

  it('out of date: rejected as a whole, authentic all the same', async () => {
    const stale = await azureTdx({ fault: 'comp_low' });
    const given = { ...tdxFiles, ...filesOf(stale.made), hcl: stale.hcl };
    const answer = answerOf(await postern([...BOUND_TDX, '--json'], given), 'vtpm', 'tdx');
    expect(answer).toMatchObject({ exit: 1, authentic: true, failed: [] });
    expect(answer.parts).toMatchObject([{ verdict: 'reject', tcb: { status: 'OutOfDate' } }]);
  });

  it('without endorsements: open as a whole', async () => {
    const given = { ...tdxFiles, 'collateral.json': '{}' };
    const answer = answerOf(await postern([...BOUND_TDX, '--json'], given), 'vtpm', 'tdx');
    expect(answer).toMatchObject({ exit: 2, authentic: false, failed: [] });
    expect(answer.parts).toMatchObject([{ verdict: 'indeterminate' }]);
  });

  it('an event log is the quote’s', async () => {
    const argv = [...BOUND_TDX, '--event-log', 'ccel', '--json'];
    const answer = answerOf(await postern(argv, tdxFiles), 'vtpm', 'tdx');
    expect(answer.exit).toBe(0);
    expect(answer.parts?.[0]?.claims).toHaveProperty('eventLog');
  });

  it('times of Intel’s endorsements are known', async () => {
    const argv = [...BOUND_TDX, '--at', 'tcb-info=2028-01-01', '--json'];
    const answer = answerOf(await postern(argv, tdxFiles), 'vtpm', 'tdx');
    expect(answer).toMatchObject({ exit: 2, at: '2026-06-01T00:00:00Z' });
  });

  it('without a quote: usage', async () => {
    const err = await usageOf(['verify', 'vtpm', 'hcl', '--offline'], tdxFiles);
    expect(err).toBe('postern: a TDX HCL report holds no quote: give --tdx-quote as well\n');
  });

  it('a quote that is not there: no answer at all', async () => {
    const { quote: _, ...rest } = tdxFiles;
    const { exit, err } = await postern(BOUND_TDX, rest);
    expect([exit, err]).toEqual([69, 'postern: quote: can’t be read (ENOENT)\n']);
  });

  it.each([
    ['text', 'my quote'],
    ['the SEV-SNP report', snp.made.report],
  ])('a quote that is %s: rejected, and the binding open', async (_, quote) => {
    const ran = await postern([...BOUND_TDX, '--json'], { ...tdxFiles, quote });
    const answer = answerOf(ran, 'vtpm', 'tdx');
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: [] });
    expect(answer.unresolved).toEqual(['vtpm.evidence.authentic', 'vtpm.hcl.binding']);
  });
});

describe('an option about the other hardware is usage, not ignored:', () => {
  it.each([
    ['--tdx-quote', 'quote'],
    ['--collateral', 'collateral.json'],
    ['--event-log', 'ccel'],
    ['--ccel-table', 'ccel-table'],
    ['--expected-event-log', 'ccel'],
    ['--min-tcb-evaluation-data-number', '1'],
    ['--pccs', 'http://127.0.0.1'],
    ['--update', 'early'],
    ['--tcb-evaluation-data-number', '1'],
  ])('%s on SEV-SNP', async (option, value) => {
    const err = await usageOf([...BOUND, option, value]);
    expect(err).toBe(`postern: ${option} is about TDX: this HCL report is of SEV-SNP\n`);
  });

  it.each([
    ['--vek', 'vek'],
    ['--chain', 'ask'],
    ['--crl', 'ask'],
    ['--require-crl'],
    ['--kds', 'http://127.0.0.1'],
    ['--min-tcb', 'snp=1'],
    ['--require-fix', 'AMD-SB-3019'],
    ['--allow-vmpl', '1'],
    ['--allow-platform-bit', '8'],
  ])('%s on TDX', async (...option) => {
    const err = await usageOf([...BOUND_TDX, ...option], tdxFiles);
    expect(err).toBe(`postern: ${option[0]} is about SEV-SNP: this HCL report is of TDX\n`);
  });
});

describe('usage', () => {
  it.each([
    [['--tpm-quote', 'quote.bin'], '--tpm-quote and --tpm-signature belong together'],
    [['--tpm-signature', 'quote.sig'], '--tpm-quote and --tpm-signature belong together'],
    [['--nonce', 'zz'], '--nonce: want 1 to 64 bytes of hex'],
    [['--nonce='], '--nonce: want 1 to 64 bytes of hex'],
    [['--nonce', 'ab'.repeat(65)], '--nonce: want 1 to 64 bytes of hex'],
    [['--user-data', 'a'], '--user-data: want 1 to 64 bytes of hex'],
    [['--at', 'x'], '--at: want a time like 2026-01-31T00:00:00Z, got "x"'],
    [['--at', 'rim=2026-01-01'], '--at: unknown kind "rim", want crl, tcb-info, qe-identity'],
    [['--min-tcb', 'x'], '--min-tcb: want <component>'],
    [['--report-data', '00'], 'verify vtpm: unknown option --report-data; see postern verify vtpm'],
  ])('%j', async (options, says) => {
    const err = await usageOf([...BOUND, ...options]);
    expect(err.startsWith(`postern: ${says}`)).toBe(true);
  });

  it.each(['hcl', 'quote.bin', 'quote.sig', 'pcrs.json', 'vek', 'ask', 'root.der'])(
    'no: %s that is not there is no answer at all',
    async (gone) => {
      const rest = Object.entries(files).filter(([name]) => name !== gone);
      const ran = await postern([...VERIFY_VTPM, '--json'], Object.fromEntries(rest));
      expect([ran.exit, ran.err]).toEqual([69, `postern: ${gone}: can’t be read (ENOENT)\n`]);
      expectErrorJson(jsonOf(ran), 'unreachable');
    },
  );
});

describe('what is no HCL report', () => {
  it.each([
    ['an empty file', '', 'hcl.signature: needs 4 bytes at 0x0, 0 left'],
    ['text', 'my report', 'hcl.signature: want "HCLA"'],
    ['the report inside', snp.made.report, 'hcl.signature: want "HCLA"'],
    ['half of it', snp.hcl.subarray(0, 900), 'hcl.hardware_report: needs 1184 bytes'],
    ['of version 3', snp.hcl.with(4, 3), 'hcl.version: want 1 or 2, got 3'],
    ['of other hardware', snp.hcl.with(0x4c8, 3), 'hcl.report_type: want 2 or 4, got 3'],
    ['with bytes behind', concatBytes(snp.hcl, Uint8Array.of(1)), 'hcl: bytes other than zero'],
    ['16 MiB of zeros', new Uint8Array(16 * 1024 * 1024), 'hcl: want at most 65536 bytes'],
  ])('%s: rejected with its check, without a part', async (_, hcl, says) => {
    const ran = await postern([...VERIFY_VTPM, '--json'], { ...files, hcl });
    const answer = answerOf(ran, 'vtpm');
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['vtpm.hcl.format'] });
    const { out, err } = await postern(VERIFY_VTPM, { ...files, hcl });
    expect(out).toContain(` malformed ${says}`);
    expect(err).toBe('');
  });

  it('but one whose JSON is none is rejected with its report as a part', async () => {
    const made = await azureSnp({}, new TextEncoder().encode('{"keys":'));
    const answer = await verified([], { ...snpFilesOf(made.made), hcl: made.hcl });
    expect(answer).toMatchObject({ exit: 1, failed: ['vtpm.runtime.format'] });
    expect(answer.parts).toMatchObject([{ verdict: 'accept' }]);
  });
});

describe('for people', () => {
  it('first the report with its notes, then the vTPM, the whole verdict last', async () => {
    const { exit, out, err } = await postern(VERIFY_VTPM, files);
    expect([exit, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const id of [...SNP_BASELINE, ...VTPM_BASELINE]) {
      expect(lines.filter((line) => line.startsWith(`✓ ${id} `))).toHaveLength(1);
    }
    expect(out).toMatch(/^note {2}AMD withdrew the minimum TCB of AMD-SB-3034/m);
    expect(out.indexOf('✓ snp.report.signature ')).toBeLessThan(out.indexOf('✓ vtpm.hcl.format '));
    expect(lines.filter((line) => line.startsWith('ACCEPT  authentic · '))).toHaveLength(2);
    expect(out).not.toMatch(UNSAFE);
  });

  it('of TDX the TCB', async () => {
    const { exit, out } = await postern([...BOUND_TDX, ...ASKED], tdxFiles);
    expect(exit).toBe(0);
    expect(out).toContain('\nTCB UpToDate, level of ');
    expect(out).toContain('✓ vtpm.pcrs.digest ');
  });

  it('the whole is rejected where the report is', async () => {
    const debug = await azureSnp({ fault: 'policy_debug' });
    const given = { ...files, ...snpFilesOf(debug.made), hcl: debug.hcl };
    const { exit, out } = await postern(VERIFY_VTPM, given);
    expect(exit).toBe(1);
    const verdicts = out.split('\n').filter((line) => /^(ACCEPT|REJECT|INDET\w+) /.test(line));
    expect(verdicts.map((line) => line.split(' ')[0])).toEqual(['REJECT', 'REJECT']);
  });

  it('--claims prints every field of both', async () => {
    const { out } = await postern([...VERIFY_VTPM, '--claims'], files);
    const { claims, parts } = await verified();
    const names = [...Object.keys(claims), ...Object.keys(parts?.[0]?.claims ?? {})];
    for (const name of names) expect(out).toMatch(new RegExp(`^${name}( |\\[|$)`, 'm'));
    expect(out).toContain(toHex(snp.made.plan.report.measurement));
  });
});
