import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { honestSmall } from '../bundle-files.ts';
import { jsonOf } from '../fake-io.ts';
import { audit, freshPath, leavesOf, POLICY, record, recorded } from './ledgers.ts';

const REASON = 'its base image has a hole';
const dir = freshPath();
await audit(['audit', 'init', dir, '--origin', 'example.org/policies']);
const policy = (...argv: string[]) => audit(['audit', 'policy', dir, ...argv]);

describe('a policy’s life', () => {
  it('is four leaves, each with the policy’s digest', async () => {
    const published = await policy('published', 'policy.yaml', '--json');
    expect(jsonOf(published)).toMatchObject({ origin: 'example.org/policies', index: 0 });
    expect((await policy('activated', 'policy.yaml')).out).toMatch(
      /^ours revision 1 activated: leaf 1,/,
    );
    await policy('deprecated', 'policy.yaml', '--sunset', '2027-01-01T00:00:00Z');
    await policy('revoked', 'policy.yaml', '--reason', REASON);
    const leaves = (await leavesOf(dir)).map(({ leaf }) => leaf);
    expect(leaves).toMatchObject([
      { type: 'policy.published' },
      { type: 'policy.activated' },
      { type: 'policy.deprecated', sunset: '2027-01-01T00:00:00.000Z' },
      { type: 'policy.revoked', reason: REASON },
    ]);
    expect(new Set(leaves.map((leaf) => JSON.stringify(leaf['policy']))).size).toBe(1);
    expect(leaves[0]?.['policy']).toMatchObject({ name: 'ours', revision: 1 });
    expect((await audit(['audit', 'fsck', dir])).exit).toBe(0);
  });

  it('begins once', async () => {
    const again = await policy('published', 'policy.yaml');
    expect(again.exit).toBe(64);
    expect(again.err).toBe('postern: ours revision 1 is published already: leaf 0\n');
  });
});

describe('states only go on', () => {
  it.each([
    [['published'], 'is published already: leaf 0'],
    [['activated'], 'is activated already: leaf 1'],
    [['deprecated', '--sunset', '2028-01-01T00:00:00Z'], 'is deprecated already: leaf 2'],
    [['revoked', '--reason', REASON], 'is revoked already: leaf 3'],
  ])('%j is said once', async (argv, says) => {
    const [state = '', ...more] = argv;
    const ran = await policy(state, 'policy.yaml', ...more);
    expect(ran.exit).toBe(64);
    expect(ran.err).toContain(says);
  });

  it('and nothing after what comes later, which may leave some out', async () => {
    const other = freshPath();
    await audit(['audit', 'init', other, '--origin', 'example.org/onward']);
    const say = (...argv: string[]) => audit(['audit', 'policy', other, ...argv]);
    expect((await say('revoked', 'policy.yaml', '--reason', REASON)).exit).toBe(0);
    for (const argv of [
      ['published'],
      ['activated'],
      ['deprecated', '--sunset', '2028-01-01T00:00:00Z'],
    ]) {
      const [state = '', ...more] = argv;
      const ran = await say(state, 'policy.yaml', ...more);
      expect(ran.exit).toBe(64);
      expect(ran.err).toContain(`is revoked, and can’t be ${state} after that: leaf 0`);
    }
  });

  it('of each revision for itself', async () => {
    const { digest } = readPolicy(utf8(POLICY));
    const next = POLICY.replace('revision: 1', `revision: 2\n  previous: ${digest}`);
    const ran = await audit(['audit', 'policy', dir, 'activated', 'next.yaml'], {
      files: { 'next.yaml': next },
    });
    expect([ran.exit, ran.err]).toEqual([0, '']);
  });
});

describe('by a policy that is revoked', () => {
  const BY = ['--policy', 'policy.yaml', '--nonce', toHex(honestSmall.plan.nonce)];
  // The fake clock stands at the instant of the evidence.
  const AT = Date.UTC(2026, 5, 1);

  it('nothing is recorded, and nothing said', async () => {
    const ledger = await recorded(BY);
    const said = ['audit', 'policy', ledger, 'revoked', 'policy.yaml', '--reason', REASON];
    expect((await audit(said, { now: () => AT - 1 })).exit).toBe(0);
    const before = await leavesOf(ledger);
    const ran = await record(ledger, BY);
    expect([ran.exit, ran.out]).toEqual([64, '']);
    expect(ran.err).toContain(`is revoked in this ledger since 2026-05-31T23:59:59.999Z`);
    expect(ran.err).toContain(REASON);
    expect(await leavesOf(ledger)).toEqual(before);
    expect((await record(ledger)).exit).toBe(0); // by the baseline alone
  });

  it('for a time before that is recorded, and remarked', async () => {
    const ledger = await recorded(BY);
    const said = ['audit', 'policy', ledger, 'revoked', 'policy.yaml', '--reason', REASON];
    await audit(said, { now: () => AT + 1 });
    const ran = await record(ledger, BY);
    expect(ran.exit).toBe(0);
    expect(ran.err).toContain('was revoked later, at 2026-06-01T00:00:00.001Z');
  });
});

it.each([
  [['praised', 'policy.yaml'], 64, 'want published, activated, deprecated, revoked'],
  [['activated', 'nowhere.yaml'], 69, 'nowhere.yaml'],
  [['activated', 'broken.yaml'], 64, 'no usable policy'],
  [['activated', 'policy.yaml', '--sunset', '2027-01-01T00:00:00Z'], 64, 'of a deprecated policy'],
  [['activated', 'policy.yaml', '--reason', REASON], 64, 'of a revoked policy'],
  [['deprecated', 'policy.yaml'], 64, '--sunset is missing'],
  [['deprecated', 'policy.yaml', '--sunset', 'soon'], 64, '--sunset'],
  [['revoked', 'policy.yaml'], 64, '--reason is missing'],
  [['revoked', 'policy.yaml', '--reason', 'short'], 64, '--reason: want text of 8 to 500'],
  [['revoked', 'policy.yaml', '--reason', 'over two\nlines of text'], 64, 'on one line'],
])('%j puts nothing down', async (argv, exit, says) => {
  const size = (await leavesOf(dir)).length;
  const files = { 'broken.yaml': POLICY.replace('name: ours', 'name: [ours') };
  const ran = await audit(['audit', 'policy', dir, ...argv], { files });
  expect([ran.exit, ran.out]).toEqual([exit, '']);
  expect(ran.err).toContain(says);
  expect(await leavesOf(dir)).toHaveLength(size);
});
