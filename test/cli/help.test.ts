import { describe, expect, it } from 'vitest';
import { allOptions } from '../../src/cli/verb.ts';
import { loadVerb, loadVerbs, VERB_NAMES } from '../../src/cli/verbs.ts';
import { postern } from './fake-io.ts';

const VERBS = await loadVerbs(VERB_NAMES);

it('knows the verbs of this release', () => {
  expect(VERBS.map(({ name }) => name)).toEqual(VERB_NAMES);
  expect(VERB_NAMES).toEqual(
    expect.arrayContaining([
      'verify tdx',
      'verify snp',
      'verify nvidia',
      'verify rim',
      'verify bundle',
      'inspect',
      'endorsements fetch',
      'endorsements list',
      'endorsements check',
      'conformance',
      'simulator nvidia',
    ]),
  );
});

it.each(['', 'constructor', 'verify', 'tdx'])('knows no verb %j', async (name) => {
  expect(await loadVerb(name)).toBeUndefined();
});

describe.each(VERBS)('postern $name --help', (verb) => {
  it('tells every option of its table, with its value and a word about it', async () => {
    const { exit, out, err } = await postern([...verb.name.split(' '), '--help']);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toContain(
      `postern ${[verb.name, verb.operands, '[options]'].filter(Boolean).join(' ')}`,
    );
    const lines = out.split('\n');
    for (const [name, { value, help }] of Object.entries(allOptions(verb))) {
      const head = value === undefined ? `  --${name}` : `  --${name} ${value}`;
      expect(lines.some((line) => line === head || line.startsWith(`${head} `))).toBe(true);
      expect(out).toContain(help.split(' ')[0]);
    }
    expect(out).toContain('--json');
    expect(out).toContain('--help');
  });

  it('keeps to a terminal’s width', async () => {
    const { out } = await postern([...verb.name.split(' '), '--help']);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(92);
    expect(out).not.toMatch(/ $/m);
  });

  it('needs no operand, and comes by “postern help” too', async () => {
    const { out } = await postern([...verb.name.split(' '), '--help']);
    const other = await postern(['help', ...verb.name.split(' ')]);
    expect(other).toEqual({ exit: 0, out, err: '' });
  });
});

describe('the overview', () => {
  it.each([[['--help']], [['-h']], [['help']]])('%j names every verb', async (argv) => {
    const { exit, out, err } = await postern(argv);
    expect([exit, err]).toEqual([0, '']);
    for (const { name, operands } of VERBS) expect(out).toContain(`  ${name} ${operands}`);
    for (const code of [0, 1, 2, 64, 69, 70]) expect(out).toContain(` ${code} `);
  });

  it('goes to stderr when nothing was asked for', async () => {
    const { exit, out, err } = await postern([]);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain('postern <verb> [options]');
  });

  it('of a group names the verbs of the group alone', async () => {
    const { exit, out } = await postern(['endorsements', '--help']);
    expect(exit).toBe(0);
    expect(out).toContain('endorsements fetch <dir>');
    expect(out).not.toContain('conformance');
  });

  it.each([[['policy', 'from', '--help']], [['help', 'policy', 'from']]])(
    '%j names the verbs of a group within a group',
    async (argv) => {
      const { exit, out, err } = await postern(argv);
      expect([exit, err]).toEqual([0, '']);
      const named = VERBS.filter(({ name }) => out.includes(`  ${name} `)).map(({ name }) => name);
      expect(named).toEqual(VERB_NAMES.filter((name) => name.startsWith('policy from ')));
    },
  );
});

it('--version is the version of the package', async () => {
  const { exit, out } = await postern(['--version']);
  expect(exit).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('a verb that others go on from tells of them', async () => {
  const { exit, out } = await postern(['gateway', '--help']);
  expect(exit).toBe(0);
  for (const line of [
    'postern gateway <dir> [options]',
    '  gateway init <dir>',
    '  gateway check <dir>',
  ]) {
    expect(out).toContain(line);
  }
});
