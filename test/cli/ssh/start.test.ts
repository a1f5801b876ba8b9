import { expect, it } from 'vitest';
import { loading } from '../../support/loaded-modules.ts';

const QUESTION = ['ORDER', 'host', 'NONE', 'NONE', 'NONE'];

it('a verb loads what it needs when it is asked for, and no other verb', async () => {
  const { loaded } = await loading(['known-hosts', ...QUESTION]);
  expect(loaded.length).toBeLessThan(100);
  expect(loaded.filter((url) => /node_modules|\/cli\/(?:gateway|audit|demo)\//.test(url))).toEqual(
    [],
  );
}, 60_000);

it('a verification loads a verifier', async () => {
  const policy = `sha256:${'00'.repeat(32)}`;
  const options = ['--pool', 'p', '--gateway', 'http://127.0.0.1:9', '--ledger-unchecked'];
  const nowhere = ['--cache', '/dev/null/none', '--memory', '/dev/null/none'];
  const argv = ['known-hosts', ...options, '--policy', policy, ...nowhere, ...QUESTION];
  const { exit, loaded } = await loading(argv);
  expect(exit).toBe(69);
  expect(loaded.some((url) => url.endsWith('/client/open-machines.ts'))).toBe(true);
}, 60_000);
