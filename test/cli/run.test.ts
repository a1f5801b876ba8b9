import { describe, expect, it } from 'vitest';
import { expectErrorJson } from './design-json.ts';
import { files, jsonOf, postern, UNSAFE, VERIFY } from './fake-io.ts';

describe('exit codes', () => {
  const without = VERIFY.filter((word) => word !== '--trust-anchor' && word !== 'root.der');

  it.each([
    { exit: 0, name: 'accepted', argv: VERIFY },
    { exit: 1, name: 'rejected', argv: without },
    { exit: 1, name: 'no quote at all', argv: ['verify', 'tdx', 'root.der', '--offline'] },
    { exit: 2, name: 'out of date', argv: [...VERIFY, '--at', 'crl=2026-12-01'] },
    { exit: 64, name: 'usage', argv: [...VERIFY, '--bogus'] },
    { exit: 69, name: 'no such file', argv: ['inspect', 'nowhere'] },
  ])('$exit: $name', async ({ exit, argv }) => {
    expect((await postern(argv, files)).exit).toBe(exit);
  });

  it('70: a bug of ours, with the stack and without a claim about the evidence', async () => {
    const bug = { now: () => JSON.parse('{') };
    const human = await postern(VERIFY, files, bug);
    expect([human.exit, human.out]).toEqual([70, '']);
    expect(human.err).toMatch(/^postern: unexpected error, a bug of ours\nSyntaxError: /);
    const machine = await postern([...VERIFY, '--json'], files, bug);
    expect(machine.exit).toBe(70);
    expectErrorJson(jsonOf(machine), 'internal');
  });

  it('70: something thrown that is no error', async () => {
    const { exit, err } = await postern(VERIFY, files, {
      readFile: () => Promise.reject('\u001b[2Jgone\nACCEPT'),
    });
    expect(exit).toBe(70);
    expect(err).toContain('\\x1b[2Jgone');
    expect(err).not.toMatch(UNSAFE);
  });
});

describe('refuses', () => {
  it.each([
    [['foo'], 'unknown verb "foo"; postern --help lists them'],
    [['--json'], 'unknown verb "--json"; postern --help lists them'],
    [['verify'], 'unknown verb "verify", want verify tdx'],
    [['verify', 'sgx', 'q'], 'unknown verb "verify sgx", want verify tdx'],
    [['verify', '--json'], 'unknown verb "verify", want verify tdx'],
    [['policy', 'from'], 'unknown verb "policy from", want policy from bundle, policy from tdx, '],
    [['policy', 'from', '--json'], 'unknown verb "policy from", want policy from bundle, '],
    [['policy', 'from', 'foo'], 'unknown verb "policy from foo", want policy from bundle, '],
    [['policy', 'foo', 'bundle'], 'unknown verb "policy foo", want policy lint, '],
    [
      ['endorsements'],
      'unknown verb "endorsements", want endorsements fetch, endorsements list, endorsements check',
    ],
    [['help', 'foo'], 'unknown verb "foo"; postern --help lists them'],
    [['constructor'], 'unknown verb "constructor"; postern --help lists them'],
    [['verify', 'tdx'], 'verify tdx: want <quote>, got none'],
    [['verify', 'tdx', 'a', 'b'], 'verify tdx: want <quote>, got 2 operands'],
    [['inspect'], 'inspect: want <file>, got none'],
    [['verify', 'tdx', 'q', '--bogus'], 'verify tdx: unknown option --bogus'],
    [['verify', 'tdx', 'q', '--bogus=1'], 'verify tdx: unknown option --bogus'],
    [['verify', 'tdx', 'q', '--__proto__'], 'verify tdx: unknown option --__proto__'],
    [['verify', 'tdx', 'q', '--constructor'], 'verify tdx: unknown option --constructor'],
    [['verify', 'tdx', 'q', '-j'], 'verify tdx: unknown option -j'],
    [['verify', 'tdx', 'q', '--no-offline'], 'verify tdx: unknown option --no-offline'],
    [['inspect', 'q', '--at', '2026-01-01'], 'inspect: unknown option --at'],
    [['verify', 'tdx', 'q', '--offline', '--offline'], 'verify tdx: --offline is given twice'],
    [['verify', 'tdx', 'q', '--pccs=a', '--pccs=b'], 'verify tdx: --pccs is given twice'],
    [['verify', 'tdx', 'q', '--json=1'], 'verify tdx: --json takes no value, got 1'],
    [['verify', 'tdx', 'q', '--at'], 'verify tdx: --at wants a value: <time>|<kind>=<time>'],
    [
      ['verify', 'tdx', 'q', '--at', '--offline'],
      'verify tdx: --at wants a value, got --offline; if it is one: --at=--offline',
    ],
    [['endorsements', 'fetch', 'd'], 'endorsements fetch: want --quote or --fmspc'],
    [
      ['endorsements', 'fetch', 'd', '--fmspc', '../../x'],
      '--fmspc: want 12 hex digits, got "../../x"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--fmspc', 'f0806f000000', '--ca', 'root'],
      '--ca: want platform or processor, got "root"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--fmspc', 'f0806f000000', '--pccs', 'ftp://x'],
      '--pccs: want an https URL: "ftp://x"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--fmspc', 'f0806f000000', '--pccs', 'http://me:pw@x.test'],
      '--pccs: no credentials may be in the URL: "http://…@x.test"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--fmspc', 'f0806f000000', '--update', 'soon'],
      '--update: want standard or early, got "soon"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--tcb-evaluation-data-number', '0'],
      '--tcb-evaluation-data-number: want a whole number above 0, got "0"',
    ],
    [
      ['endorsements', 'fetch', 'd', '--tcb-evaluation-data-number', '9', '--update', 'early'],
      '--update and --tcb-evaluation-data-number exclude each other',
    ],
    [
      ['endorsements', 'check', 'd', '--at', 'crl=2026-01-01'],
      '--at: unknown kind "crl", want a time alone',
    ],
  ])('%j', async (argv, says) => {
    const { exit, out, err } = await postern(argv);
    expect(exit).toBe(64);
    expect(err.split('\n')).toHaveLength(2);
    expect(err.startsWith(`postern: ${says}`)).toBe(true);
    if (argv.includes('--json')) expectErrorJson(jsonOf({ out }), 'usage');
    else expect(out).toBe('');
  });

  it('and points to the help of the verb', async () => {
    const { err } = await postern(['inspect', 'a', 'b']);
    expect(err).toBe('postern: inspect: want <file>, got 2 operands; see postern inspect --help\n');
    const { err: one } = await postern(['demo', 'a']);
    expect(one).toBe('postern: demo: want no operand, got 1 operand; see postern demo --help\n');
  });
});

describe('words of the command line in messages', () => {
  it.each([
    [['\u001b[31m']],
    [['verify', 'x\nACCEPT']],
    [['inspect', 'x', '--\u001b[2J']],
    [['inspect', 'x', '--json=\u009b']],
    [['inspect', 'no\nsuch\u001b]0;file\u0007']],
    [['verify', 'tdx', 'x', '--at', '\u202e']],
    [['endorsements', 'list', '/no/such\nfolder']],
  ])('%j reach the terminal escaped, in one line', async (argv) => {
    const { err } = await postern(argv);
    expect(err).not.toMatch(UNSAFE);
    expect(err.split('\n')).toHaveLength(2);
  });
});

it('behind -- even --json is an operand', async () => {
  const { exit, out, err } = await postern(['inspect', '--', '--json']);
  expect([exit, out]).toEqual([69, '']);
  expect(err).toBe('postern: --json: can’t be read (ENOENT)\n');
});

it('every error in JSON is one object, and the same sentence on stderr', async () => {
  const { exit, out, err } = await postern(['inspect', 'gone', '--json']);
  expect(exit).toBe(69);
  expect(jsonOf({ out })).toEqual({
    error: { code: 'unreachable', at: 'gone', detail: 'can’t be read (ENOENT)' },
  });
  expect(err).toBe('postern: gone: can’t be read (ENOENT)\n');
});
