import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { audit, decisionOf, freshPath, vkeyOf } from './ledgers.ts';

const FIXTURES = resolve('fixtures/bundle');
const ROOTS = [
  '--trust-anchor',
  'intel',
  '--amd-trust-anchor',
  'amd',
  '--nvidia-trust-anchor',
  'nvidia',
  '--rim-trust-anchor',
  'rim',
];
const read = (name: string) => new Uint8Array(readFileSync(`${FIXTURES}/${name}`));
const files = {
  machine: read('bundles/bundle.json'),
  intel: read('roots/intel-root.der'),
  amd: read('roots/amd-root.der'),
  nvidia: read('roots/nvidia-root.der'),
  rim: read('roots/rim-root.der'),
};
const VERIFY = ['verify', 'bundle', 'machine', ...ROOTS, '--offline', '--json'];
const live = { files, now: () => Date.UTC(2026, 5, 1) };
const aMonthOn = { files, now: () => Date.UTC(2026, 6, 2) };

it('what was accepted live replays a month on, when verified anew it is not accepted any more', async () => {
  const dir = freshPath();
  const then = await audit([...VERIFY, '--record', dir], live);
  expect([then.exit, jsonOf(then)['verdict']]).toEqual([0, 'accept']);

  const fresh = await audit(VERIFY, aMonthOn);
  expect(jsonOf(fresh)['verdict']).not.toBe('accept');
  const ranOut = (jsonOf(fresh)['parts'] as { checks: { id: string; outcome: string }[] }[])
    .flatMap(({ checks }) => checks)
    .filter(({ outcome }) => outcome === 'unresolved')
    .map(({ id }) => id);
  // The vendor's collateral of a month ago, and nothing that the machine did.
  expect(ranOut).toEqual(expect.arrayContaining(['tdx.tcb_info.validity']));

  const replay = await audit(['audit', 'replay', dir, '--json'], aMonthOn);
  expect([replay.exit, jsonOf(replay)]).toMatchObject([0, { replayed: 1, same: 1 }]);
  const { index } = await decisionOf(dir);
  const path = freshPath('export');
  await audit(['audit', 'export', dir, `${index}`, '--out', path], aMonthOn);
  const verify = ['audit', 'verify', path, '--log-key', await vkeyOf(dir), '--json'];
  expect(jsonOf(await audit(verify, aMonthOn))).toMatchObject({
    verdict: 'accept',
    decision: { verdict: 'accept' },
    replay: { outcome: 'same' },
  });

  // And what was not accepted then is made again as that, whatever the clock says since.
  const late = await audit([...VERIFY, '--record', dir], aMonthOn);
  expect(late.exit).not.toBe(0);
  const both = await audit(['audit', 'replay', dir, '--json'], live);
  expect(jsonOf(both)).toMatchObject({ replayed: 2, same: 2 });
});
