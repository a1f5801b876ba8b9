import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** Writes what a process has loaded to stderr, when it ends. */
const LISTING = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
const urls = new Set();
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    urls.add(found.url);
    return found;
  },
});
process.on('exit', () => process.stderr.write(JSON.stringify([...urls])));
`)}`;

function loadedBy(argv: readonly string[]): Promise<readonly string[]> {
  const node = ['-C', 'postern-src', '--import', LISTING, MAIN, ...argv];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, node, (_, __, err) => {
      const list = err.slice(err.indexOf('["'));
      try {
        resolve(JSON.parse(list));
      } catch {
        reject(new Error(err));
      }
    });
  });
}

const QUESTION = ['ORDER', 'host', 'NONE', 'NONE', 'NONE'];

it('what ssh waits for loads no verifier, and no package, before it is wanted', async () => {
  const light = await loadedBy(['known-hosts', ...QUESTION]);
  expect(light.some((url) => url.endsWith('/cli/ssh/verdict-cache.ts'))).toBe(true);
  expect(light.filter((url) => /node_modules|open-machines|verifier|gateway/.test(url))).toEqual(
    [],
  );
  expect(light.length).toBeLessThan(100);
}, 60_000);

it('a verification loads all of it', async () => {
  const policy = `sha256:${'00'.repeat(32)}`;
  const options = ['--pool', 'p', '--gateway', 'http://127.0.0.1:9', '--ledger-unchecked'];
  const cache = ['--cache', '/dev/null/none', '--memory', '/dev/null/none'];
  const all = await loadedBy([
    'known-hosts',
    ...options,
    '--policy',
    policy,
    ...cache,
    ...QUESTION,
  ]);
  expect(all.some((url) => url.endsWith('/client/open-machines.ts'))).toBe(true);
}, 60_000);
