import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { SNP_BASELINE, SNP_CHECKS } from '../../src/evidence/snp/checks.ts';
import { simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { expectErrorJson } from './design-json.ts';
import { honest as honestTdx, jsonOf, postern, UNSAFE } from './fake-io.ts';
import {
  CERTIFICATES,
  checkOf,
  filesOfCase,
  honestSnp,
  idsOf,
  snpFiles,
  snpFilesOf,
  usageOf,
  VERIFY_SNP,
  verifiedSnp,
  without,
} from './snp-files.ts';

const { report } = honestSnp;
const vek = honestSnp.vek ?? new Uint8Array();
const [ask = new Uint8Array()] = honestSnp.chain;

describe('an honest report', () => {
  it('is accepted, every check of the baseline passed', async () => {
    const answer = await verifiedSnp();
    expect(answer).toMatchObject({
      exit: 0,
      err: '',
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
      failed: [],
      unresolved: [],
      skipped: [],
    });
    expect([...SNP_BASELINE].filter((id) => checkOf(answer, id)?.outcome !== 'pass')).toEqual([]);
  });

  it.each([
    ['hex', toHex(report)],
    ['0x and hex in lines', `0x${toHex(report).replace(/.{64}/g, '$&\n')}\n`],
    ['base64', toBase64(report)],
    ['base64 in lines', `${toBase64(report).replace(/.{64}/g, '$&\r\n')}\r\n`],
  ])('may be written as %s', async (_, file) => {
    expect(await verifiedSnp([], { report: file })).toMatchObject({ exit: 0 });
  });

  it('may come on standard input', async () => {
    const argv = VERIFY_SNP.map((word) => (word === 'report' ? '-' : word));
    expect(await verifiedSnp([], { '-': report }, argv)).toMatchObject({ exit: 0 });
  });

  it('gets the same answer for certificates in PEM', async () => {
    const pem = {
      vek: toPem(vek, 'CERTIFICATE'),
      ask: toPem(ask, 'CERTIFICATE'),
      'root.der': toPem(honestSnp.root, 'CERTIFICATE'),
    };
    expect(await verifiedSnp([], pem)).toEqual(await verifiedSnp());
  });

  it.each(['valid_v2', 'valid_v3', 'valid_v4', 'vlek_v5', 'table_vcek', 'table_in_pem'] as const)(
    '%s is accepted too',
    async (fault) => {
      const files = await filesOfCase(fault);
      const named = 'vek' in files ? VERIFY_SNP : without('--vek').filter((word) => word !== 'ask');
      const argv = named.filter((word) => word !== '--chain' || 'ask' in files);
      expect(await verifiedSnp([], files, argv)).toMatchObject({ exit: 0 });
    },
  );

  it('may have a table behind it, which is a claim', async () => {
    const files = await filesOfCase('table_vcek');
    const argv = ['verify', 'snp', 'report', '--trust-anchor', 'root.der', '--offline'];
    const answer = await verifiedSnp([], { report: toHex(files['report'] as Uint8Array) }, argv);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(answer.claims['certificateTable']).toMatchObject([
      { name: 'vcek', bytes: vek.length },
      { name: 'ask' },
      { name: 'ark' },
    ]);
  });
});

describe('whom to believe', () => {
  it('is not the simulator, unless it is named', async () => {
    const answer = await verifiedSnp([], {}, without('--trust-anchor'));
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['snp.vek.root'] });
  });

  it('is not another simulator', async () => {
    const other = await simulateSnp({ seed: 'another world' });
    const answer = await verifiedSnp([], { 'root.der': other.root });
    expect(answer).toMatchObject({ verdict: 'reject', anchors: 'simulator' });
    expect(answer.failed).toEqual(['snp.vek.chain']);
  });

  it('may be one of several', async () => {
    const other = await simulateSnp({ seed: 'another world' });
    const answer = await verifiedSnp(['--trust-anchor', 'other'], { other: other.root });
    expect(answer).toMatchObject({ verdict: 'accept', anchors: 'simulator' });
  });

  it.each([
    ['garbage', 'trust me'],
    ['an empty file', ''],
    ['two roots in one file', toPem(honestSnp.root, 'CERTIFICATE').repeat(2)],
    ['a report', report],
  ])('is a question of usage where the root is %s', async (_, root) => {
    const ran = await postern([...VERIFY_SNP, '--json'], { ...snpFiles, 'root.der': root });
    expect(ran.exit).toBe(64);
    expectErrorJson(jsonOf(ran), 'usage');
    expect(ran.err).toMatch(/^postern: --trust-anchor root\.der: want one certificate, DER or PEM/);
  });
});

describe('a file that is not there', () => {
  it.each(['report', 'vek', 'ask', 'root.der', 'crl'])('%s: no answer at all', async (gone) => {
    const rest = Object.entries(snpFiles).filter(([name]) => name !== gone);
    const argv = [...VERIFY_SNP, '--crl', 'crl', '--json'];
    const ran = await postern(argv, Object.fromEntries(rest));
    expect([ran.exit, ran.err]).toEqual([69, `postern: ${gone}: can’t be read (ENOENT)\n`]);
    expectErrorJson(jsonOf(ran), 'unreachable');
  });
});

describe('what is no report', () => {
  it.each([
    ['an empty file', '', []],
    ['text', 'this is my report', []],
    ['half a report', report.subarray(0, 700), []],
    ['zeros', new Uint8Array(1184), []],
    ['a report of version 1', report.with(0, 1), []],
    ['a report of version 6', report.with(0, 6), []],
    ['a certificate', vek, ['snp.certificate_table.format']],
    ['16 MiB of zeros', new Uint8Array(16 * 1024 * 1024), ['snp.certificate_table.format']],
    ['hex of half a byte', toHex(report).slice(1), ['snp.certificate_table.format']],
  ])('%s is rejected, and the certificates still answered for', async (_, file, besides) => {
    const answer = await verifiedSnp([], { report: file });
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false });
    expect(answer.failed).toEqual(['snp.report.format', ...besides]);
    expect(checkOf(answer, 'snp.vek.chain')?.outcome).toBe('pass');
  });

  it.each([
    ['a quote', honestTdx.quote, 'TDX quote'],
    ['a certificate in PEM', toPem(vek, 'CERTIFICATE'), 'X.509 certificates'],
    ['an HCL report', concatBytes(utf8('HCLA'), new Uint8Array(2596)), 'Azure HCL report'],
  ])('%s is named for what it looks like', async (_, file, name) => {
    const { exit, out } = await postern(VERIFY_SNP, { ...snpFiles, report: file });
    expect(exit).toBe(1);
    expect(out).toContain(
      `\nnote  the file looks like another kind: ${name} (see postern inspect)\n`,
    );
  });

  it.each([
    ['half a report', report.subarray(0, 700)],
    ['nearly nothing of it', report.subarray(0, 0x38)],
    ['text', 'my report'],
  ])('%s is not taken for another kind', async (_, file) => {
    const { out } = await postern(VERIFY_SNP, { ...snpFiles, report: file });
    expect(out).toMatch(/malformed report: want 1184 bytes, got \d+$/m);
    expect(out).not.toContain('another kind');
  });

  it('a report of another version is one', async () => {
    const { out } = await postern(VERIFY_SNP, { ...snpFiles, report: report.with(0, 6) });
    expect(out).toMatch(
      /^✗ snp\.report\.format +report\.version: unsupported version 6, want 2, 3, 4, 5$/m,
    );
    expect(out).not.toContain('another kind');
  });
});

describe('--vek', () => {
  it.each([
    ['an empty file', '', 'no certificate'],
    ['text', 'my certificate', 'not a CERTIFICATE PEM block'],
    ['the report', report, 'not a CERTIFICATE PEM block'],
    ['half of it', vek.subarray(0, 300), 'bytes'],
    ['it with a byte behind', concatBytes(vek, Uint8Array.of(0)), '1 bytes after'],
    ['two certificates', toPem(vek, 'CERTIFICATE').repeat(2), 'want one VCEK or VLEK'],
    ['a CRL in PEM', toPem(honestSnp.crl ?? vek, 'X509 CRL'), 'not a CERTIFICATE PEM block'],
  ])('that is %s fails as such', async (_, file, says) => {
    const answer = await verifiedSnp([], { vek: file });
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['snp.vek.format'] });
    const { out } = await postern(VERIFY_SNP, { ...snpFiles, vek: file });
    const line = out.split('\n').find((one) => one.startsWith('✗ '));
    expect(line).toContain(says);
  });

  it('of another kind than the report names', async () => {
    const { vek: vlek = vek, chain } = await simulateSnp({ fault: 'vlek_v5' });
    const answer = await verifiedSnp([], { vek: vlek, ask: chain[0] ?? ask });
    expect(answer.failed).toEqual(['snp.vek.kind', 'snp.report.signature']);
    const line = checkOf(answer, 'snp.vek.kind');
    expect(line).toMatchObject({
      want: 'CN=SEV-VCEK of an ASK, with a hwID and no CSP_ID',
      got: 'CN=SEV-VLEK of an ASVK, with no hwID and a CSP_ID',
    });
  });

  it('goes before the table', async () => {
    const { report: file = '' } = await filesOfCase('table_vcek');
    const answer = await verifiedSnp([], { report: file, vek: '' });
    expect(answer.failed).toEqual(['snp.vek.format']);
  });

  it('not given, offline: what is missing is named', async () => {
    const answer = await verifiedSnp([], {}, ['verify', 'snp', 'report', '--offline']);
    expect(answer).toMatchObject({ exit: 2, authentic: false, unresolved: ['snp.vek.format'] });
    expect(answer.err).toMatch(/^postern: .*the VCEK of Genoa chip [0-9a-f]{16}.* offline\n$/);
  });

  it('not given, of a VLEK: says who has it', async () => {
    const files = await filesOfCase('vlek_v5');
    const answer = await verifiedSnp([], files, without('--vek'));
    expect(answer).toMatchObject({ exit: 2, unresolved: ['snp.vek.format'] });
    expect(checkOf(answer, 'snp.vek.format')).toMatchObject({
      because: expect.stringContaining('pass the extended report or --vek'),
    });
  });
});

describe('--chain', () => {
  it('may be given more than once, in any order and form', async () => {
    const { chain } = await simulateSnp({ fault: 'vlek_v5' });
    const files = {
      both: [honestSnp.root, ask].map((der) => toPem(der, 'CERTIFICATE')).join('\n'),
      asvk: chain[0] ?? ask,
    };
    const argv = [...without('--chain'), '--chain', 'asvk', '--chain', 'both'];
    expect(await verifiedSnp([], files, argv)).toMatchObject({ exit: 0 });
  });

  it.each([
    ['text', 'above me there is nobody', 'snp.vek.intermediate'],
    ['a CRL', toPem(honestSnp.crl ?? vek, 'X509 CRL'), 'snp.vek.intermediate'],
    ['the report', report, 'snp.vek.intermediate'],
  ])('that is %s fails as such', async (_, file, id) => {
    expect(await verifiedSnp([], { ask: file })).toMatchObject({ exit: 1, failed: [id] });
  });

  it('not given, under a root whose intermediates are not built in: open', async () => {
    const answer = await verifiedSnp([], {}, without('--chain'));
    expect(answer).toMatchObject({ exit: 2, unresolved: ['snp.vek.intermediate'] });
  });
});

describe('--crl', () => {
  it.each([
    ['DER', honestSnp.crl ?? ''],
    ['PEM', toPem(honestSnp.crl ?? vek, 'X509 CRL')],
  ])('in %s is checked, and the answer says so', async (_, crl) => {
    const answer = await verifiedSnp(['--crl', 'crl', '--require-crl'], { crl });
    expect(answer).toMatchObject({ exit: 0, revocation: 'checked' });
    expect(checkOf(answer, 'snp.vek.revocation')?.outcome).toBe('pass');
  });

  it('that revokes the ASK: rejected, however authentic it was', async () => {
    const files = await filesOfCase('crl_ask_revoked');
    const answer = await verifiedSnp(['--crl', 'crl'], files);
    expect(answer).toMatchObject({ exit: 1, authentic: false, revocation: 'checked' });
    expect(answer.failed).toEqual(['snp.vek.revocation']);
  });

  it('out of date: open, required or not', async () => {
    const files = await filesOfCase('crl_stale');
    for (const required of [[], ['--require-crl']]) {
      const answer = await verifiedSnp(['--crl', 'crl', ...required], files);
      expect(answer).toMatchObject({ exit: 2, failed: [], revocation: 'unchecked' });
      expect(answer.unresolved).toEqual(['snp.crl.validity', 'snp.vek.revocation']);
    }
  });

  it.each([
    ['an empty file', ''],
    ['text', 'nobody is revoked'],
    ['a certificate', vek],
    ['a chain in PEM', toPem(ask, 'CERTIFICATE')],
    ['the report', report],
    ['two lists', toPem(honestSnp.crl ?? vek, 'X509 CRL').repeat(2)],
  ])('that is %s fails as such', async (_, crl) => {
    const answer = await verifiedSnp(['--crl', 'crl'], { crl });
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['snp.crl.format'] });
  });

  it('required and not to be had: open, and why', async () => {
    const answer = await verifiedSnp(['--require-crl']);
    expect(answer).toMatchObject({ exit: 2, revocation: 'unchecked' });
    expect(answer.unresolved).toEqual(['snp.crl.format']);
    expect(checkOf(answer, 'snp.crl.format')).toMatchObject({
      because: expect.stringMatching(/^no CRL was given \(.*VCEK CRL of Genoa.*offline\)/),
    });
  });
});

describe('--at', () => {
  it.each([
    ['2026-06-02', '2026-06-02T00:00:00Z'],
    ['2026-06-02T12:00:00+02:00', '2026-06-02T10:00:00Z'],
  ])('%s is the time of the answer', async (text, at) => {
    expect(await verifiedSnp(['--at', text])).toMatchObject({ exit: 0, at });
  });

  it('before the certificate was valid, or after: rejected', async () => {
    for (const at of ['2026-01-01', '2034-01-01']) {
      const answer = await verifiedSnp(['--at', at]);
      expect(answer).toMatchObject({ exit: 1, failed: ['snp.vek.validity'] });
    }
  });

  it('when the CRL has run out: open', async () => {
    const answer = await verifiedSnp(['--crl', 'crl', '--at', '2028-01-01']);
    expect(answer).toMatchObject({ exit: 2, failed: [] });
  });

  it('of the CRL alone moves nothing else', async () => {
    const late = await verifiedSnp(['--crl', 'crl', '--at', 'crl=2028-01-01']);
    expect(late).toMatchObject({ exit: 2, at: '2026-06-01T00:00:00Z' });
    expect(late.unresolved).toEqual(['snp.crl.validity', 'snp.vek.revocation']);
    const argv = ['--crl', 'crl', '--at', 'crl=2026-06-01', '--at', '2028-01-01'];
    const kept = await verifiedSnp(argv);
    expect(kept).toMatchObject({ exit: 0, revocation: 'checked', at: '2028-01-01T00:00:00Z' });
  });

  it.each([
    [['x'], 'want a time like 2026-01-31T00:00:00Z, got "x"'],
    [['crl=x'], 'want a time like 2026-01-31T00:00:00Z, got "x"'],
    [['tcb-info=2026-06-01'], 'unknown kind "tcb-info", want crl'],
    [['2026-06-01', '2026-06-01'], 'two times for everything'],
    [['crl=2026-06-01', 'crl=2026-06-02'], 'two times for crl'],
  ])('refuses %j', async (times, says) => {
    const options = times.flatMap((time) => ['--at', time]);
    expect(await usageOf(...options)).toBe(`postern: --at: ${says}\n`);
  });

  it('is now by default, and a clock that is none decides nothing', async () => {
    const now = () => Number.NaN;
    const ran = await postern([...VERIFY_SNP, '--json'], snpFiles, { now });
    expect(ran.exit).toBe(1);
    expect(jsonOf(ran)).toMatchObject({ at: 'no valid time', authentic: false });
    expect(jsonOf(ran)['checks']).toContainEqual(
      expect.objectContaining({ id: 'snp.clock', outcome: 'fail' }),
    );
  });
});

describe('command lines', () => {
  it.each([
    [['verify', 'snp'], 'verify snp: want <report>, got none'],
    [['verify', 'snp', 'report', 'report'], 'verify snp: want <report>, got 2 operands'],
    [[...VERIFY_SNP, '--vek', 'vek'], 'verify snp: --vek is given twice'],
    [[...VERIFY_SNP, '--crl'], 'verify snp: --crl wants a value: <der|pem>'],
    [[...VERIFY_SNP, '--require-crl=yes'], 'verify snp: --require-crl takes no value, got yes'],
    [[...VERIFY_SNP, '--collateral', 'x'], 'verify snp: unknown option --collateral'],
  ])('%j: usage', async (argv, says) => {
    const { exit, err } = await postern(argv, snpFiles);
    expect([exit, err]).toEqual([64, `postern: ${says}; see postern verify snp --help\n`]);
  });
});

describe('for people', () => {
  it('a line a check, what each asks, what is known of the TCB, verdict', async () => {
    const { exit, out, err } = await postern(VERIFY_SNP, snpFiles);
    expect([exit, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const id of SNP_BASELINE) {
      expect(lines.filter((line) => line.startsWith(`✓ ${id} `))).toHaveLength(1);
      expect(out).toContain(SNP_CHECKS[id].asks);
    }
    expect(out).toContain('\nnote  AMD withdrew the minimum TCB of AMD-SB-3034');
    expect(out).toContain('\nnote  no report of any product shows');
    expect(out).toContain(
      '\nACCEPT  authentic · simulator anchors · revocation unchecked · at 2026-06-01T00:00:00Z · good until 2033-02-05T01:04:33Z\n',
    );
    expect(out).toContain('Checked under a simulator root: no vendor vouches for this.');
    expect(out).not.toContain('measurement');
    expect(out).not.toMatch(UNSAFE);
  });

  it('a TCB below a fix is accepted, and told', async () => {
    const { exit, out } = await postern(VERIFY_SNP, {
      ...snpFiles,
      ...(await filesOfCase('tcb_lacks_a_fix')),
    });
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^note {2}below the fix for AMD-SB-3019: snp 0x17 wanted, 0x16 seen \(reported TCB\)/m,
    );
  });

  it('Milan is said to be weak', async () => {
    const files = snpFilesOf(await simulateSnp({ product: 'milan' }));
    const { exit, out } = await postern(VERIFY_SNP, files);
    expect(exit).toBe(0);
    expect(out).toMatch(/^note {2}.*On Milan, software alone can extract the seed/m);
  });

  it('what failed says where, what was wanted and what was there', async () => {
    const { exit, out } = await postern([...VERIFY_SNP, '--report-data', 'ab'], snpFiles);
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^✗ snp\.report_data +report\.report_data: want ab and 63 zero bytes, got [0-9a-f]{128}$/m,
    );
    expect(out).toContain('\nREJECT  authentic · ');
  });

  it('what was skipped says why', async () => {
    const { exit, out } = await postern(VERIFY_SNP, {
      ...snpFiles,
      ...(await filesOfCase('masked_chip_id')),
    });
    expect(exit).toBe(0);
    expect(out).toMatch(/^– snp\.vek\.hwid +the chip id is masked \(all zero\)/m);
  });

  it('what is open says why', async () => {
    const { exit, out } = await postern(without('--vek'), snpFiles);
    expect(exit).toBe(2);
    expect(out).toMatch(/^\? snp\.vek\.format +no VCEK or VLEK certificate was given \(/m);
    expect(out).toContain('\nINDETERMINATE  not shown to be authentic · ');
  });

  it('--claims prints every field below the checks', async () => {
    const { out } = await postern([...VERIFY_SNP, '--claims', '--crl', 'crl'], snpFiles);
    const { claims } = await verifiedSnp(['--crl', 'crl']);
    for (const name of Object.keys(claims)) {
      expect(out).toMatch(new RegExp(`^${name}( |\\[|$)`, 'm'));
    }
    expect(out).toContain(toHex(honestSnp.plan.report.measurement));
  });

  it('--claims of what can’t be read: nothing to print', async () => {
    const argv = ['verify', 'snp', 'report', '--offline', '--claims'];
    const { exit, out, err } = await postern(argv, { report: '' });
    expect([exit, err]).toEqual([1, '']);
    expect(out).toContain('\nREJECT ');
  });

  it('the same, twice', async () => {
    expect(await postern(VERIFY_SNP, snpFiles)).toEqual(await postern(VERIFY_SNP, snpFiles));
  });
});

describe('claims', () => {
  it('are the fields of the report, bytes as hex', async () => {
    const { claims } = await verifiedSnp();
    const { report: content } = honestSnp.plan;
    expect(claims).toMatchObject({
      reportVersion: 5,
      policy: '0x30000',
      vmpl: 0,
      signingKey: 'vcek',
      product: 'genoa',
      cpuid: { family: 0x19, model: 0x11, stepping: 1 },
      measurement: toHex(content.measurement),
      reportData: toHex(content.reportData),
      chipId: toHex(content.chipId),
      reportedSpl: { bootLoader: 10, tee: 0, snp: 27, microcode: 86 },
      committedBelowCurrent: false,
      bulletins: expect.arrayContaining([
        expect.objectContaining({ id: 'AMD-SB-3034', state: 'withdrawn' }),
      ]),
    });
  });

  it('of a VLEK name the provider and no chip', async () => {
    const answer = await verifiedSnp([], await filesOfCase('vlek_v5'));
    expect(answer.claims).toMatchObject({
      vekKind: 'vlek',
      chipIdMasked: true,
      vek: { cspId: 'CN=cloud.simulator.postern' },
    });
    expect(idsOf(answer, 'skipped')).toEqual(['snp.vek.hwid']);
  });
});

it('a file is read once, whatever it is for', async () => {
  const read: string[] = [];
  const argv = ['verify', 'snp', 'report', ...CERTIFICATES, '--crl', 'crl', '--offline'];
  const readFile = (path: string) => {
    read.push(path);
    const file = snpFiles[path] ?? '';
    return Promise.resolve(typeof file === 'string' ? utf8(file) : file);
  };
  expect((await postern(argv, {}, { readFile })).exit).toBe(0);
  expect(read.sort()).toEqual(['ask', 'crl', 'report', 'root.der', 'vek']);
});
