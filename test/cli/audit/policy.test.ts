import { describe, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { audit, freshPath, leavesOf, POLICY } from './ledgers.ts';

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
