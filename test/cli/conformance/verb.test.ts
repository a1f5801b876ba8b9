import { describe, expect, it } from 'vitest';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';
import { filesOf, postern, UNSAFE } from '../fake-io.ts';
import { COLLATERAL, conformance, EVENTS, expecting, JCS, LOG, QUOTE } from './cases.ts';

describe('a manifest that conforms', () => {
  it('has every kind of case, one line each, exit code 0', async () => {
    const { exit, out, err, reports } = await conformance([QUOTE, COLLATERAL, LOG, JCS]);
    expect([exit, err]).toEqual([0, '4 cases, 0 different\n']);
    expect(out).toBe(
      '✓ quote  accept authentic UpToDate\n✓ collateral  accept authentic\n✓ log  accept\n✓ jcs  accept\n',
    );
    expect(reports.map(({ id, verdict, differs }) => [id, verdict, differs])).toEqual([
      ['quote', 'accept', []],
      ['collateral', 'accept', []],
      ['log', 'accept', []],
      ['jcs', 'accept', []],
    ]);
  });

  it('in JSON has the members of the contract', async () => {
    const { reports } = await conformance([QUOTE, JCS]);
    expect(reports[0]).toStrictEqual({
      id: 'quote',
      verdict: 'accept',
      authentic: true,
      tcb: expect.objectContaining({ status: 'UpToDate' }),
      failed: [],
      unresolved: [],
      fields: expect.objectContaining({ fmspc: 'f0806f000000' }),
      differs: [],
    });
    expect(reports[1]).toStrictEqual({
      id: 'jcs',
      verdict: 'accept',
      failed: [],
      unresolved: [],
      fields: { outputSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      differs: [],
    });
  });

  it.each([
    [
      'expects a refusal',
      {
        ...QUOTE,
        at: '2017-01-01T00:00:00Z',
        expect: { verdict: 'reject', tcbStatus: 'UpToDate', failed: ['tdx.pck.validity'] },
      },
    ],
    [
      'expects a refusal, where the question stays open',
      {
        ...COLLATERAL,
        at: '2028-01-01T00:00:00Z',
        expect: { verdict: 'reject', failed: [] },
      },
    ],
    [
      'times of several kinds',
      {
        ...QUOTE,
        at: {
          evidence: '2028-01-01T00:00:00Z',
          'tcb-info': '2026-06-01T00:00:00Z',
          'qe-identity': '2026-06-01T00:00:00Z',
          crl: '2026-06-01T00:00:00Z',
        },
      },
    ],
    ['members that nobody knows', { ...QUOTE, origin: 'here', note: 'x', licence: null }],
  ])('%s', async (_, testCase) => {
    const { exit, out } = await conformance([testCase]);
    expect(out).toMatch(/^✓ /);
    expect(exit).toBe(0);
  });

  it('leaves the verdict to the policy where it says so', async () => {
    const stale = filesOf(await simulateTdx({ fault: 'comp_low' }));
    const more = {
      'v/quote': stale['quote'] ?? '',
      'v/collateral.json': stale['collateral.json'] ?? '',
    };
    const expect_ = {
      verdict: 'accept-or-reject-by-policy',
      tcbStatus: 'OutOfDate',
      platformStatus: 'OutOfDate',
      advisories: ['INTEL-SA-01103', 'INTEL-SA-01099', 'INTEL-SA-01079', 'INTEL-SA-01036'],
    };
    const { nonce: _, ...given } = QUOTE['files'] as Record<string, string>;
    const testCase = { ...QUOTE, files: given, expect: expect_ };
    expect(await conformance([testCase], more)).toMatchObject({ exit: 0 });
  });
});

describe('a status of Intel’s library, which is looser', () => {
  const refused = async (wanted: Readonly<Record<string, unknown>>) => {
    const unread = filesOf(await simulateTdx({ fault: 'json_signed_dup_key_status' }));
    const { nonce: _, ...given } = QUOTE['files'] as Record<string, string>;
    const expect_ = { verdict: 'reject', tcbStatus: 'UpToDate', ...wanted };
    return conformance([{ ...QUOTE, files: given, expect: expect_ }], {
      'v/quote': unread['quote'] ?? '',
      'v/collateral.json': unread['collateral.json'] ?? '',
    });
  };

  it('is not asked of a document that is refused unread', async () => {
    expect(await refused({ level: 'reject-recommended' })).toMatchObject({ exit: 0 });
  });

  it('is, where the manifest does not say that the refusal is our own', async () => {
    expect(await refused({})).toMatchObject({ exit: 1 });
  });

  it('is, where there is one', async () => {
    const wanted = { tcbStatus: 'OutOfDate', level: 'reject-recommended', verdict: 'reject' };
    const { reports } = await conformance([
      { ...expecting(wanted), at: '2017-01-01T00:00:00Z', files: QUOTE['files'] },
    ]);
    expect(reports[0]?.differs).toContain('tcbStatus: want "OutOfDate", got "UpToDate"');
  });
});

describe('a difference', () => {
  const at = (text: string | null) => ({ ...QUOTE, at: text });

  it.each([
    ['verdict: refused, but accepted', expecting({ verdict: 'reject' }), 'verdict: '],
    [
      'verdict: accepted, but refused',
      at('2017-01-01T00:00:00Z'),
      'verdict: want accept, got reject',
    ],
    ['verdict: accepted, but open', at('2028-01-01T00:00:00Z'), 'verdict: want accept, got indet'],
    ['verdict: a part, but the whole', expecting({ scope: 'report-and-chain' }), 'verdict: want'],
    ['authentic', at('2017-01-01T00:00:00Z'), 'authentic: want true, got false'],
    [
      'authentic, where the policy decides',
      { ...expecting({ verdict: 'accept-or-reject-by-policy' }), at: '2017-01-01T00:00:00Z' },
      'authentic: want true, got false',
    ],
    [
      'TCB status',
      expecting({ tcbStatus: 'OutOfDate' }),
      'tcbStatus: want "OutOfDate", got "UpToDate"',
    ],
    ['platform status', expecting({ platformStatus: 'Revoked' }), 'platformStatus: want "Revoked"'],
    ['module status', expecting({ moduleStatus: 'Revoked' }), 'moduleStatus: want "Revoked"'],
    ['QE status', expecting({ qeStatus: 'Revoked' }), 'qeStatus: want "Revoked"'],
    [
      'advisories',
      expecting({ advisories: ['INTEL-SA-1'] }),
      'advisories: want ["INTEL-SA-1"], got []',
    ],
    [
      'a TCB status where there is none',
      expecting({ tcbStatus: 'UpToDate' }, COLLATERAL),
      'tcbStatus: want "UpToDate", got nothing',
    ],
    [
      'failed ids',
      expecting({ failed: ['tdx.quote.signature'] }),
      'failed: want tdx.quote.signature, got none',
    ],
    [
      'unresolved ids',
      expecting({ unresolved: ['tdx.pck.root'] }),
      'unresolved: want tdx.pck.root, got none',
    ],
    [
      'failed ids that were not named',
      { ...expecting({ verdict: 'reject', failed: [] }), at: '2017-01-01T00:00:00Z' },
      'failed: want none, got tdx.pck.validity',
    ],
    ['a field', expecting({ fields: { fmspc: '00' } }), 'fmspc: want "00", got "f0806f000000"'],
    [
      'a field’s type',
      expecting({ fields: { quoteVersion: '4' } }),
      'quoteVersion: want "4", got 4',
    ],
    [
      'a field that is not there',
      expecting({ fields: { nothing: 1 } }),
      'nothing: want 1, got nothing',
    ],
    [
      'a field inside another',
      expecting({ fields: { pckFlags: { smtEnabled: true } } }),
      'pckFlags: want {"smtEnabled":true}, got {',
    ],
    [
      'a field that every object inherits',
      expecting({ fields: { constructor: {} } }),
      'constructor: want {}, got nothing',
    ],
    [
      'the prototype',
      { ...QUOTE, expect: JSON.parse('{"verdict":"accept","fields":{"__proto__":{}}}') },
      '__proto__: want {}, got nothing',
    ],
    [
      'a missing file',
      { ...QUOTE, files: { quote: 'gone', collateral: 'collateral.json' } },
      'v/gone: can’t be read (ENOENT)',
    ],
    ['a missing root', { ...QUOTE, trustFile: 'gone.der' }, 'v/gone.der: can’t be read (ENOENT)'],
    ['a root that is none', { ...QUOTE, trustFile: 'ccel' }, 'ccel'],
    [
      'a path that is none',
      { ...QUOTE, files: { quote: 1, collateral: 'collateral.json' } },
      'quote.files.quote: want a path',
    ],
    [
      'another kind of case',
      { ...QUOTE, files: { gpuReport: 'r', golden: 'c' } },
      'no kind of case has the files gpuReport, golden',
    ],
    ['no files', { ...QUOTE, files: {} }, 'no kind of case has the files'],
    ['a time that is none', at('2026-02-31T00:00:00Z'), 'quote.at: want a time like'],
    ['no time where one is needed', at(null), 'verdict: want accept, got reject'],
    ['trust in the vendor only', { ...QUOTE, trust: 'vendor' }, 'verdict: want accept, got reject'],
    [
      'trust in nobody',
      { ...QUOTE, trust: 'none', trustFile: undefined },
      'verdict: want accept, got reject',
    ],
    [
      'the output of canonical JSON',
      { ...JCS, files: { input: 'input.json', output: 'input.json' } },
      'verdict: want accept, got reject',
    ],
    [
      'input that is no JSON',
      { ...JCS, files: { input: 'ccel', output: 'output.json' } },
      'verdict: want accept, got reject',
    ],
    [
      'a log that is none',
      { ...LOG, files: { ccel: 'quote', events: 'events.json' } },
      'verdict: want accept, got reject',
    ],
  ])('in %s', async (_, testCase, says) => {
    const { exit, out, err, reports } = await conformance([JCS, testCase]);
    expect([exit, err]).toEqual([1, '2 cases, 1 different\n']);
    expect(out).toMatch(/^✓ jcs .*\n✗ /);
    const [, report] = reports;
    expect(report?.differs.some((sentence) => sentence.startsWith(says))).toBe(true);
    for (const sentence of report?.differs ?? []) expect(out).toContain(`\n    ${sentence}\n`);
  });

  it.each([
    ['one event less', EVENTS.slice(1)],
    ['one event more', [...EVENTS, ...EVENTS.slice(0, 1)]],
    ['another register', EVENTS.map((event, i) => (i === 0 ? { ...event, mr: 4 } : event))],
    ['another length', EVENTS.map((event, i) => (i === 0 ? { ...event, dataLength: 1 } : event))],
    ['no array', {}],
    ['no events in it', [1]],
  ])('in a log’s events: %s', async (_, events) => {
    const more = { 'v/events.json': JSON.stringify(events) };
    const { exit, out } = await conformance([LOG], more);
    expect(exit).toBe(1);
    expect(out).toContain('event_log.events');
  });

  it('in one case does not stop the others', async () => {
    const gone = { ...QUOTE, id: 'gone', files: { quote: 'gone', collateral: 'gone' } };
    const { exit, err, reports } = await conformance([gone, QUOTE, gone]);
    expect([exit, err]).toEqual([1, '3 cases, 2 different\n']);
    expect(reports.map(({ differs }) => differs.length)).toEqual([1, 0, 1]);
    expect(reports[0]).toStrictEqual({ id: 'gone', differs: ['v/gone: can’t be read (ENOENT)'] });
  });
});

describe('a manifest that is none', () => {
  it.each([
    ['empty', [], 'v/manifest.json: a manifest without a case proves nothing'],
    ['an object', {}, 'manifest: want an array of cases'],
    ['a case that is no object', [1], 'manifest[0]: want an object, got 1'],
    ['a case without an id', [{ ...QUOTE, id: undefined }], 'manifest[0].id: want a string'],
    ['a case without files', [{ ...QUOTE, files: undefined }], 'manifest[0].files: want an object'],
    ['a case without a time', [{ ...QUOTE, at: undefined }], 'manifest[0].at: want an object'],
    ['a time that is a number', [{ ...QUOTE, at: 1 }], 'manifest[0].at: want an object, got 1'],
    ['unknown trust', [{ ...QUOTE, trust: 'me' }], 'manifest[0].trust: want vendor, test-root'],
    ['no expectation', [{ ...QUOTE, expect: undefined }], 'manifest[0].expect: want an object'],
    ['an unknown verdict', [expecting({ verdict: 'ok' })], 'manifest[0].expect.verdict: want'],
    ['ids that are no list', [expecting({ failed: 'x' })], 'manifest[0].expect.failed: want an'],
    ['one bad case behind a good one', [QUOTE, 1], 'manifest[1]: want an object'],
    ['bytes', Uint8Array.of(0xff), 'manifest: not valid UTF-8'],
    ['half of one', new TextEncoder().encode('[{"id": "a"'), 'manifest: want'],
    ['duplicate members', new TextEncoder().encode('[{"id":"a","id":"b"}]'), 'manifest[0]: duplic'],
  ])('%s', async (_, manifest, says) => {
    const { exit, err, reports } = await conformance(manifest);
    expect(exit).toBe(1);
    expect(err.startsWith(`postern: ${says}`)).toBe(true);
    expect(reports).toEqual([{ error: expect.objectContaining({ code: 'malformed' }) }]);
  });
});

describe('a hostile manifest', () => {
  const EVIL = '\u001b[2J\u009b\n✓ all is well\u202e';

  it.each([
    ['id', { ...QUOTE, id: EVIL }],
    ['role', { ...QUOTE, files: { [EVIL]: 'x' } }],
    ['path', { ...QUOTE, files: { quote: EVIL, collateral: EVIL } }],
    ['root', { ...QUOTE, trustFile: EVIL }],
    ['time', { ...QUOTE, at: EVIL }],
    ['status', expecting({ tcbStatus: EVIL })],
    ['field', expecting({ fields: { [EVIL]: EVIL } })],
    ['check id', expecting({ failed: [EVIL] })],
    ['trust', { ...QUOTE, trust: EVIL }],
    ['verdict', expecting({ verdict: EVIL })],
  ])('its %s does not reach the terminal raw', async (_, testCase) => {
    const { out, err } = await conformance([testCase]);
    expect(out + err).not.toMatch(UNSAFE);
    expect(out).not.toMatch(/^✓ all/m);
  });

  it.each([
    '../quote',
    '../../../../../../../../etc/hostname',
    '/dev/null',
    '.',
    '..',
    '',
    'a\0b',
    'x'.repeat(100_000),
    '%2e%2e/quote',
    'file:///etc/hostname',
  ])('a path such as %j is read or not, without a crash', async (path) => {
    const testCase = { ...QUOTE, files: { quote: path, collateral: path } };
    const { exit, reports } = await conformance([testCase]);
    expect(exit).toBe(1);
    expect(reports[0]?.differs).not.toEqual([]);
  });

  it('report data longer than REPORTDATA is a difference', async () => {
    const more = { 'v/report-data': new Uint8Array(65) };
    const { exit, reports } = await conformance([QUOTE], more);
    expect(exit).toBe(1);
    expect(reports[0]?.differs).not.toEqual([]);
  });

  it('ten thousand cases end in seconds', async () => {
    const start = performance.now();
    const { exit, reports } = await conformance(
      Array.from({ length: 10_000 }, (_, i) => ({ ...JCS, id: `case ${i}` })),
    );
    expect([exit, reports.length]).toEqual([0, 10_000]);
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

it('a bug of ours is not taken for a difference', async () => {
  const manifest = new TextEncoder().encode(JSON.stringify([QUOTE]));
  const { exit, err } = await postern(
    ['conformance', 'manifest'],
    {},
    {
      readFile: (path) =>
        path === 'manifest' ? Promise.resolve(manifest) : Promise.reject(new TypeError('broken')),
    },
  );
  expect(exit).toBe(70);
  expect(err).toContain('TypeError: broken');
});
