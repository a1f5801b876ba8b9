import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { TDX_BASELINE, TDX_CHECKS } from '../../src/evidence/tdx/checks.ts';
import { simulateTdx } from '../../src/simulator/tdx/simulate.ts';
import { expectErrorJson, expectVerificationJson } from './design-json.ts';
import { files, filesOf, honest, jsonOf, postern, VERIFY } from './fake-io.ts';

interface Answer {
  readonly verdict: string;
  readonly authentic: boolean;
  readonly anchors: string;
  readonly at: string;
  readonly revocation: string;
  readonly tcb?: { readonly status: string };
  readonly checks: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly because?: string;
  }[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** `--json` of a verification, held against the contract; stderr must be empty. */
async function verified(
  options: readonly string[] = [],
  changed: Record<string, Uint8Array | string> = {},
  argv: readonly string[] = VERIFY,
) {
  const ran = await postern([...argv, '--json', ...options], { ...files, ...changed });
  const json = jsonOf(ran);
  expectVerificationJson(json);
  expect(ran.err).toBe('');
  expect(ran.exit).toBe({ accept: 0, reject: 1, indeterminate: 2 }[String(json['verdict'])]);
  const answer = json as unknown as Answer;
  const ids = (outcome: string) =>
    answer.checks.filter((check) => check.outcome === outcome).map((check) => check.id);
  return { ...answer, exit: ran.exit, failed: ids('fail'), unresolved: ids('unresolved') };
}

const without = (...names: string[]) => VERIFY.filter((word) => !names.includes(word));

describe('honest evidence', () => {
  it('is accepted, every check of the baseline passed', async () => {
    const answer = await verified();
    expect(answer).toMatchObject({
      exit: 0,
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'checked',
      at: '2026-06-01T00:00:00Z',
      tcb: { status: 'UpToDate', advisories: [] },
      failed: [],
      unresolved: [],
    });
    const passed = new Set(answer.checks.map(({ id }) => id));
    expect([...TDX_BASELINE].filter((id) => !passed.has(id))).toEqual([]);
  });

  it.each([
    ['hex', toHex(honest.quote)],
    ['0x and hex in lines', `0x${toHex(honest.quote).replace(/.{64}/g, '$&\n')}\n`],
    ['base64', toBase64(honest.quote)],
  ])('may be written as %s', async (_, quote) => {
    expect(await verified([], { quote })).toMatchObject({ verdict: 'accept' });
  });

  it('gets the same answer for the root in PEM', async () => {
    const der = await postern([...VERIFY, '--json'], files);
    const pem = { 'root.der': toPem(honest.root, 'CERTIFICATE') };
    expect(await postern([...VERIFY, '--json'], { ...files, ...pem })).toEqual(der);
  });

  it.each(['valid_v5_td10', 'valid_v5_td15', 'valid_v5_td15ex', 'trailing_zeros'] as const)(
    '%s is accepted too',
    async (fault) => {
      expect(await verified([], filesOf(await simulateTdx({ fault })))).toMatchObject({ exit: 0 });
    },
  );
});

describe('the simulator’s root', () => {
  it('is not trusted unless it is named', async () => {
    const argv = without('--trust-anchor', 'root.der');
    const answer = await verified([], {}, argv);
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false });
    expect(answer.failed).toContain('tdx.pck.root');
  });

  it('of another simulator does not do', async () => {
    const other = await simulateTdx({ seed: 'another world' });
    const answer = await verified([], { 'root.der': other.root });
    expect(answer).toMatchObject({ verdict: 'reject', anchors: 'simulator' });
    expect(answer.failed).toContain('tdx.pck.root');
  });

  it('one of several may be the right one', async () => {
    const other = await simulateTdx({ seed: 'another world' });
    const answer = await verified(['--trust-anchor', 'other'], { other: other.root });
    expect(answer).toMatchObject({ verdict: 'accept', anchors: 'simulator' });
  });

  it('is said in the human answer', async () => {
    const { out } = await postern(VERIFY, files);
    expect(out).toContain('Checked under a simulator root: no vendor vouches for this.');
  });
});

describe('--trust-anchor refuses', () => {
  it.each([
    ['garbage', 'trust me'],
    ['an empty file', ''],
    ['two roots in one file', toPem(honest.root, 'CERTIFICATE').repeat(2)],
  ])('%s', async (_, root) => {
    const ran = await postern([...VERIFY, '--json'], { ...files, 'root.der': root });
    expect(ran.exit).toBe(64);
    expectErrorJson(jsonOf(ran), 'usage');
    expect(ran.err).toMatch(/^postern: --trust-anchor root\.der: want one certificate, DER or PEM/);
  });

  it('a file that is not there', async () => {
    const { exit, err } = await postern([...VERIFY, '--trust-anchor', 'gone'], files);
    expect([exit, err]).toEqual([69, 'postern: gone: can’t be read (ENOENT)\n']);
  });
});

describe('what is no quote', () => {
  it.each([
    ['an empty file', ''],
    ['text', 'this is my quote'],
    ['half a quote', honest.quote.subarray(0, 700)],
    ['16 MiB of zeros', new Uint8Array(16 * 1024 * 1024)],
    ['16 MiB of hex digits', new Uint8Array(16 * 1024 * 1024).fill(0x34)],
    ['a certificate', honest.root],
  ])('%s is rejected, and the collateral still answered for', async (_, quote) => {
    const start = performance.now();
    const answer = await verified([], { quote });
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false });
    expect(answer.failed).toEqual(['tdx.quote.format']);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('16 MiB of zeros behind a quote are still zeros', async () => {
    const quote = new Uint8Array(16 * 1024 * 1024);
    quote.set(honest.quote);
    expect(await verified([], { quote })).toMatchObject({ verdict: 'accept' });
  });
});

describe('--at', () => {
  it.each([
    ['2026-06-02', '2026-06-02T00:00:00Z'],
    ['2026-06-02T12:00:00Z', '2026-06-02T12:00:00Z'],
    ['2026-06-02T12:00:00+02:00', '2026-06-02T10:00:00Z'],
    ['2026-06-01T23:00:00.500-01:00', '2026-06-02T00:00:00.500Z'],
  ])('%s is the time of the whole answer', async (text, at) => {
    expect(await verified(['--at', text])).toMatchObject({ verdict: 'accept', at });
    expect(await verified([`--at=${text}`])).toMatchObject({ verdict: 'accept', at });
  });

  it('before the certificates were valid: rejected', async () => {
    const answer = await verified(['--at', '2017-01-01']);
    expect(answer).toMatchObject({ verdict: 'reject', failed: ['tdx.pck.validity'] });
  });

  it('when all endorsements have run out: indeterminate, authentic no longer shown', async () => {
    const answer = await verified(['--at', '2028-01-01']);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate', revocation: 'unchecked' });
    expect(answer.unresolved.sort()).toEqual([
      'tdx.pck_crl.validity',
      'tdx.qe_identity.validity',
      'tdx.root_crl.validity',
      'tdx.tcb_info.validity',
    ]);
  });

  it.each([
    ['tcb-info', ['tdx.tcb_info.validity']],
    ['qe-identity', ['tdx.qe_identity.validity']],
    ['crl', ['tdx.pck_crl.validity', 'tdx.root_crl.validity']],
  ])('of %s alone moves nothing else', async (kind, unresolved) => {
    const answer = await verified(['--at', `${kind}=2028-01-01`]);
    expect(answer.unresolved.sort()).toEqual(unresolved);
    expect(answer).toMatchObject({ verdict: 'indeterminate', at: '2026-06-01T00:00:00Z' });
  });

  it('of every kind rescues evidence of a later day, in any order', async () => {
    const kinds = ['crl', 'tcb-info', 'qe-identity'].flatMap((kind) => [
      '--at',
      `${kind}=2026-06-01`,
    ]);
    const answer = await verified([...kinds, '--at', '2028-01-01']);
    expect(answer).toMatchObject({ verdict: 'accept', at: '2028-01-01T00:00:00Z' });
  });

  it.each([
    [['x'], 'want a time like 2026-01-31T00:00:00Z, got "x"'],
    [[''], 'want a time like 2026-01-31T00:00:00Z, got ""'],
    [['NaN'], 'want a time like 2026-01-31T00:00:00Z, got "NaN"'],
    [['2026-02-31'], 'want a time like 2026-01-31T00:00:00Z, got "2026-02-31"'],
    [['crl=2026-02-31'], 'want a time like 2026-01-31T00:00:00Z, got "2026-02-31"'],
    [['crl='], 'want a time like 2026-01-31T00:00:00Z, got ""'],
    [['crl=2026-06-01=2027-01-01'], 'want a time like'],
    [['=2026-06-01'], 'unknown kind "", want tcb-info, qe-identity, crl'],
    [['CRL=2026-06-01'], 'unknown kind "CRL", want tcb-info, qe-identity, crl'],
    [['rim=2026-06-01'], 'unknown kind "rim", want tcb-info, qe-identity, crl'],
    [['2026-06-01', '2026-06-01'], 'two times for everything'],
    [['crl=2026-06-01', 'crl=2026-06-02'], 'two times for crl'],
  ])('refuses %j', async (times, says) => {
    const options = times.flatMap((time) => ['--at', time]);
    const ran = await postern([...VERIFY, '--json', ...options], files);
    expect(ran.exit).toBe(64);
    expect(ran.err.startsWith(`postern: --at: ${says}`)).toBe(true);
    expectErrorJson(jsonOf(ran), 'usage');
  });

  it('is now by default, and a clock that is none decides nothing', async () => {
    const ran = await postern([...VERIFY, '--json'], files, { now: () => Number.NaN });
    expect(ran.exit).toBe(1);
    expectNoClock(jsonOf(ran));
  });
});

function expectNoClock(json: Record<string, unknown>): void {
  expect(json['at']).toBe('no valid time');
  expect(json['checks']).toContainEqual(
    expect.objectContaining({ id: 'tdx.clock', outcome: 'fail' }),
  );
}

describe('--report-data', () => {
  const hex = toHex(honest.plan.quote.body.reportData);

  it('of 64 bytes, either case, is a check of its own', async () => {
    for (const given of [hex, hex.toUpperCase()]) {
      const answer = await verified(['--report-data', given]);
      expect(answer.verdict).toBe('accept');
      expect(answer.checks).toContainEqual({
        id: 'tdx.report_data',
        outcome: 'pass',
        path: 'quote.body.report_data',
      });
    }
  });

  it('of fewer bytes wants zeros behind them', async () => {
    const short = await simulateTdx({ fault: 'report_data_short' });
    const given = toHex(short.plan.quote.body.reportData.subarray(0, 48));
    expect(await verified(['--report-data', given], filesOf(short))).toMatchObject({ exit: 0 });
    expect(await verified(['--report-data', hex.slice(0, 96)])).toMatchObject({
      verdict: 'reject',
      failed: ['tdx.report_data'],
    });
  });

  it('of somebody else is rejected, authentic all the same', async () => {
    expect(await verified(['--report-data', 'ab'.repeat(64)])).toMatchObject({
      verdict: 'reject',
      authentic: true,
      failed: ['tdx.report_data'],
    });
  });

  it.each([
    ['nothing', ''],
    ['half a byte', 'a'],
    ['an odd number of digits', hex.slice(1)],
    ['65 bytes', `${hex}00`],
    ['what is no hex', 'zz'],
    ['a prefix', `0x${hex}`],
  ])('refuses %s', async (_, given) => {
    const { exit, err } = await postern([...VERIFY, `--report-data=${given}`], files);
    expect([exit, err]).toEqual([64, 'postern: --report-data: want 1 to 64 bytes of hex\n']);
  });
});

describe('--min-tcb-evaluation-data-number', () => {
  it.each([
    ['19', 'accept', []],
    ['20', 'accept', []],
    ['21', 'reject', ['tdx.tcb.evaluation_data_number']],
  ])('%s against 20: %s', async (number, verdict, failed) => {
    const answer = await verified(['--min-tcb-evaluation-data-number', number]);
    expect(answer).toMatchObject({ verdict, failed });
  });

  it.each(['-1', '1.5', 'x', '', '1e3', '99999999999'])('refuses %j', async (number) => {
    const option = `--min-tcb-evaluation-data-number=${number}`;
    const { exit, err } = await postern([...VERIFY, option], files);
    expect(exit).toBe(64);
    expect(err).toContain(`--min-tcb-evaluation-data-number: want a whole number, got "${number}"`);
  });
});

describe('collateral', () => {
  const members = Object.keys(honest.collateral);
  /** The quote brings the CA whose chain this is. */
  const NOT_NEEDED = 'pck_crl_issuer_chain';

  it.each(members)('without %s', async (member) => {
    const rest = Object.entries(honest.collateral).filter(([name]) => name !== member);
    const json = JSON.stringify(Object.fromEntries(rest));
    const answer = await verified([], { 'collateral.json': json });
    expect(answer.failed).toEqual([]);
    if (member === NOT_NEEDED) {
      expect(answer.verdict).toBe('accept');
    } else {
      expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate', authentic: false });
      const because = answer.checks.map((check) => check.because ?? '').join('\n');
      expect(because).toMatch(/^no .* was given/m);
    }
  });

  it('without any member: what depends on none is still answered', async () => {
    const answer = await verified([], { 'collateral.json': '{}' });
    expect(answer).toMatchObject({ exit: 2, failed: [], revocation: 'unchecked' });
    expect(answer.unresolved).toEqual([
      'tdx.root_crl.format',
      'tdx.pck_crl.format',
      'tdx.tcb_info.format',
      'tdx.qe_identity.format',
      'tdx.pck.revocation',
    ]);
    expect(answer.checks).toContainEqual(
      expect.objectContaining({ id: 'tdx.quote.signature', outcome: 'pass' }),
    );
  });

  it('with members that nobody knows is none the worse', async () => {
    const json = JSON.stringify({ ...honest.collateral, added: [1] });
    expect(await verified([], { 'collateral.json': json })).toMatchObject({ verdict: 'accept' });
  });

  it.each([
    ['nothing', ''],
    ['half of it', JSON.stringify(honest.collateral).slice(0, 500)],
    ['an array', '[]'],
    ['a string', '"collateral"'],
    ['a member twice', '{"tcb_info":"a","tcb_info":"b"}'],
    ['a member of another type', '{"tcb_info":{}}'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
    ['a quote', honest.quote],
    ['a million brackets', '['.repeat(1_000_000)],
  ])('that is %s fails as such', async (_, json) => {
    const answer = await verified([], { 'collateral.json': json });
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject' });
    expect(answer.failed).toEqual(['tdx.collateral.format']);
  });

  it('that is not there is no answer at all', async () => {
    const ran = await postern([...VERIFY.slice(0, 3), '--collateral', 'gone', '--json'], files);
    expect(ran.exit).toBe(69);
    expectErrorJson(jsonOf(ran), 'unreachable');
  });

  it.each([
    ['--endorsements', 'dir'],
    ['--endorsements', ''],
    ['--offline'],
    ['--pccs', 'http://127.0.0.1'],
    ['--update', 'early'],
    ['--tcb-evaluation-data-number', '20'],
  ])('excludes %s %s', async (...option) => {
    const { exit, err } = await postern([...VERIFY, ...option], files);
    expect([exit, err]).toEqual([
      64,
      `postern: --collateral and ${option[0]} exclude each other\n`,
    ]);
  });
});

describe('event logs', () => {
  it('replay to the quoted registers', async () => {
    const answer = await verified([
      ...['--event-log', 'ccel', '--ccel-table', 'ccel-table'],
      ...['--expected-event-log', 'ccel'],
    ]);
    expect(answer.verdict).toBe('accept');
    expect(answer.claims).toHaveProperty('eventLog');
  });

  it('of dstack do so too', async () => {
    const made = filesOf(await simulateTdx({ fault: 'valid_dstack' }));
    expect(await verified(['--event-log', 'dstack.json'], made)).toMatchObject({ exit: 0 });
  });

  it.each([
    ['empty', ''],
    ['no log', 'nothing happened'],
    ['cut short', honest.ccelLog.subarray(0, 300)],
  ])('that are %s fail their own check', async (_, log) => {
    const answer = await verified(['--event-log', 'log'], { log });
    expect(answer).toMatchObject({ verdict: 'reject', authentic: true });
    expect(answer.failed).toEqual(['tdx.event_log.format']);
  });

  it.each(['--ccel-table', '--expected-event-log'])('%s needs --event-log', async (option) => {
    const { exit, err } = await postern([...VERIFY, option, 'ccel'], files);
    expect(exit).toBe(64);
    expect(err).toBe(`postern: ${option} is about an event log: give --event-log as well\n`);
  });
});

describe('for people', () => {
  it('a line a check, what each asks, TCB, verdict', async () => {
    const { exit, out, err } = await postern(VERIFY, files);
    expect([exit, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const id of TDX_BASELINE) {
      expect(lines.filter((line) => line.startsWith(`✓ ${id} `))).toHaveLength(1);
      expect(out).toContain(TDX_CHECKS[id].asks);
    }
    expect(out).toContain('\nTCB UpToDate, level of 2025-11-12T00:00:00Z');
    expect(out).toContain(
      '\nACCEPT  authentic · simulator anchors · revocation checked · at 2026-06-01T00:00:00Z · good until 2026-06-19T10:16:03Z\n',
    );
    expect(out).not.toContain('claims');
  });

  it('what failed says where, what was wanted and what was there', async () => {
    const { exit, out } = await postern([...VERIFY, '--report-data', 'ab'.repeat(64)], files);
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^✗ tdx\.report_data +quote\.body\.report_data: want (ab){64}, got [0-9a-f]{128}$/m,
    );
    expect(out).toContain('\nREJECT  authentic · ');
  });

  it('what can’t be read is the parser’s own sentence', async () => {
    const { out } = await postern(VERIFY, { ...files, quote: '' });
    expect(out).toMatch(
      /^✗ tdx\.quote\.format +malformed quote\.header\.version: needs 2 bytes at 0x0, 0 left$/m,
    );
    expect(out).toContain('\nREJECT  not shown to be authentic · ');
  });

  it('what can’t be read is looked up nowhere, which says whose bytes they are', async () => {
    const argv = ['verify', 'tdx', 'quote'];
    const { err, out } = await postern(argv, { quote: '' });
    const why =
      'no endorsements are looked for, since the quote can’t be read (quote.header.version: needs 2 bytes at 0x0, 0 left)';
    expect(err).toBe(`postern: ${why}\n`);
    expect(out).toContain(`no TCB info was given: ${why}`);
  });

  it('a file of another kind is named', async () => {
    const { out } = await postern(VERIFY, { ...files, quote: files['root.der'] ?? '' });
    expect(out).toContain('the file is of another kind: X.509 certificate, DER');
    expect((await postern(VERIFY, files)).out).not.toContain('another kind');
  });

  it('what is open says why', async () => {
    const { exit, out } = await postern(VERIFY, { ...files, 'collateral.json': '{}' });
    expect(exit).toBe(2);
    expect(out).toMatch(/^\? tdx\.root_crl\.format +no root_ca_crl was given/m);
    expect(out).toContain('\nINDETERMINATE  not shown to be authentic · ');
  });

  it('a stale TCB names the component that is behind, and the advisories', async () => {
    const { exit, out } = await postern(VERIFY, filesOf(await simulateTdx({ fault: 'comp_low' })));
    expect(exit).toBe(1);
    expect(out).toContain('\nTCB OutOfDate, level of 2024-03-13T00:00:00Z');
    expect(out).toMatch(
      /^ {2}behind: platform: SGX component 2 \(.+\) has 2, UpToDate needs 3; see INTEL-SA-01036, .+$/m,
    );
    expect(out).toMatch(/^ {2}advisories: INTEL-SA-01036, .*INTEL-SA-01103$/m);
    expect(out).toContain('REJECT  authentic · ');
  });

  it('--claims prints every field below the checks', async () => {
    const { out } = await postern([...VERIFY, '--claims'], files);
    const { claims } = await verified();
    for (const name of Object.keys(claims))
      expect(out).toMatch(new RegExp(`^${name}( |\\[|$)`, 'm'));
    expect(out).toContain(String(claims['mrTd']));
  });

  it('the same, twice', async () => {
    expect(await postern(VERIFY, files)).toEqual(await postern(VERIFY, files));
  });
});
