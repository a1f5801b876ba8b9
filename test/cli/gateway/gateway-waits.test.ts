import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type OpenLedger, openLedger, openWriter } from '../../../src/cli/audit/open-ledger.ts';
import type { Io } from '../../../src/cli/io.ts';
import { freshGateway } from './gateways.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const io = { now: Date.now, env: () => undefined } as unknown as Io;
let ledger: OpenLedger | undefined;
let child: ChildProcess | undefined;

afterEach(async () => {
  child?.kill('SIGKILL');
  await ledger?.close();
});

/** As after a crash, when the log is still somebody’s who can’t say that he is gone. */
it('a gateway waits for the log that another process writes, and does not end meanwhile', async () => {
  const dir = freshGateway();
  ledger = await openLedger(io, join(dir, 'ledger'), 'own');
  const writer = await openWriter(io, ledger);
  const listen = ['--set', 'listen=127.0.0.1:0'];
  child = spawn(
    process.execPath,
    ['-C', 'postern-src', MAIN, 'gateway', dir, '--json', ...listen],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ended = once(child, 'exit');
  const said = child.stdout && once(createInterface({ input: child.stdout }), 'line');
  const [line] = (await Promise.race([said, ended])) as [unknown];
  expect(String(line)).toMatch(/"url":"http:\/\/127\.0\.0\.1:\d+"/);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await writer.close();
}, 120_000);
