import { expect, it } from 'vitest';
import type { TdxRules } from '../../src/appraisal/policy/schema/tdx.ts';
import { challenged, policyFor, wholeMachine } from '../support/policy.ts';
import { jsonOf, postern } from './fake-io.ts';

const policy = policyFor(challenged(await wholeMachine()));
const files = { policy: JSON.stringify(policy), broken: '{}' };
const explain = (...argv: readonly string[]) => postern(['policy', 'explain', ...argv], files);
const [set] = (policy.spec.evidence.cpu as TdxRules).referenceSets;
const mrTd = String(set?.mrTd);

it('explains a policy, with the beginnings of values', async () => {
  const { exit, out, err } = await explain('policy');
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(/^sha256:[0-9a-f]{64}\n\nThe policy\n {2}test, revision 1: admits\.\n/);
  expect(out).toContain('\nNot checked\n');
  expect(out).toContain(`MRTD ${mrTd.slice(0, 16)}…`);
});

it('shows values in full with --full, and in JSON', async () => {
  expect((await explain('policy', '--full')).out).toContain(`MRTD ${mrTd}`);
  const json = jsonOf(await explain('policy', '--json'));
  expect(JSON.stringify(json)).toContain(`MRTD ${mrTd}`);
  expect(json).toMatchObject({ policy: { name: 'test', revision: 1 } });
});

it('says what a code means', async () => {
  const { exit, out } = await explain('--code', 'tdx.quote.signature');
  const known = await explain('--codes');
  expect(known.out).toContain('policy.tdx.rtmr1 ');
  expect(known.out.split('\n').length).toBeGreaterThan(200);
  const first = known.out.split('\n').find((line) => line.startsWith('tdx.quote.signature'));
  expect([exit, out.split('\n')[0]?.replaceAll(/ +/g, ' ')]).toEqual([
    first === undefined ? 64 : 0,
    (first ?? '').replaceAll(/ +/g, ' '),
  ]);
});

it('says so in JSON', async () => {
  expect(jsonOf(await explain('--code', 'policy.tdx.rtmr1', '--json'))).toEqual({
    codes: [
      {
        code: 'policy.tdx.rtmr1',
        asks: 'Is RTMR1 that of the reference set?',
        path: 'quote.body.rtmr1',
        authentic: false,
        baseline: false,
      },
    ],
  });
});

it.each([
  [[]],
  [['policy', '--codes']],
  [['--code', 'policy.tdx.rtmr1', '--codes']],
  [['--code', 'no.such.code']],
  [['--code', 'toString']],
  [['broken']],
])('refuses %j', async (argv) => {
  expect((await explain(...argv)).exit).toBe(64);
});
