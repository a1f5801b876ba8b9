import { expect, it } from 'vitest';
import { challenged, type PolicyEdit, policyFor, wholeMachine } from '../support/policy.ts';
import { jsonOf, postern, UNSAFE } from './fake-io.ts';

const machine = challenged(await wholeMachine());
const policy = (edit?: PolicyEdit) => JSON.stringify(policyFor(machine, edit));

const files = {
  before: policy(),
  wider: policy(({ spec }) => {
    spec.freshness.resultTtl = '1h';
  }),
  narrower: policy(({ metadata, spec }) => {
    spec.freshness.resultTtl = '10m';
    spec.freshness.reattestEvery = '5m';
    metadata.description = 'shorter';
  }),
  other: policy(({ spec }) => {
    spec.role = 'another';
  }),
  broken: '{}',
};
const diff = (...argv: readonly string[]) => postern(['policy', 'diff', ...argv], files);

it('exits with 0 where nothing widens', async () => {
  const { exit, out, err } = await diff('before', 'narrower');
  expect([exit, err]).toEqual([0, '']);
  expect(out.split('\n').slice(2)).toEqual([
    '',
    'Narrows',
    '- spec.freshness.resultTtl: 15m → 10m',
    '- spec.freshness.reattestEvery: 10m → 5m',
    '',
    'Lets in the same machines',
    '= metadata.description: none → "shorter"',
    '',
    'widens 0, narrows 2',
    '',
  ]);
});

it('exits with 1 where something widens', async () => {
  const { exit, out } = await diff('before', 'wider');
  expect(exit).toBe(1);
  expect(out).toContain('\nWidens\n+ spec.freshness.resultTtl: 15m → 1h\n');
  expect(out).toMatch(/\nwidens 1, narrows 0\n$/);
});

it('exits with 1 where something may widen', async () => {
  const { exit, out } = await diff('before', 'other');
  expect(exit).toBe(1);
  expect(out).toContain('± spec.role: node → another');
  expect(out).toMatch(/\nwidens 1, narrows 1\n$/);
});

it('says the same in JSON', async () => {
  const ran = await diff('before', 'wider', '--json');
  expect(ran.exit).toBe(1);
  expect(jsonOf(ran)).toMatchObject({
    before: { name: 'test', revision: 1 },
    widens: 1,
    narrows: 0,
    changes: [{ path: 'spec.freshness.resultTtl', effect: 'widens', text: '15m → 1h' }],
  });
});

it('of a policy with itself says nothing', async () => {
  const { exit, out } = await diff('before', 'before');
  expect([exit, out.split('\n').slice(2)]).toEqual([0, ['', 'widens 0, narrows 0', '']]);
});

it.each([[['before']], [['before', 'broken']], [['before', 'wider', 'other']]])(
  'refuses %j',
  async (argv) => {
    expect((await diff(...argv)).exit).toBe(64);
  },
);

it('lets no text of a policy move the cursor', async () => {
  const hostile = policy(({ spec }) => {
    spec.assertions = [
      { id: 'ONE', cel: 'cpu.type != "\u001b[2J\u202e"', message: 'is not so', enforce: 'deny' },
    ];
  });
  const { out } = await postern(['policy', 'diff', 'before', 'hostile'], { ...files, hostile });
  expect(out).toContain('ONE');
  expect(out).not.toMatch(UNSAFE);
});
