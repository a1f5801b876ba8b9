// A gateway as the command line runs it, in a simulated present; prints where it listens.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { untilTold } from '../../../src/cli/audit/serving.ts';
import { gatewayVerb, runGateway } from '../../../src/cli/gateway/gateway-run.ts';
import { readParts } from '../../../src/cli/gateway/parts.ts';
import { readConfig } from '../../../src/cli/gateway/read-config.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args } from '../../../src/cli/verb.ts';

export interface GatewayTask {
  readonly dir: string;
  /** Address of a database in PostgreSQL. */
  readonly database?: string;
  /** Milliseconds from this machine's clock to the simulated present. */
  readonly ahead: number;
}

const { dir, database, ahead } = JSON.parse(process.argv[2] ?? '') as GatewayTask;
const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  readFile: async (path) => new Uint8Array(await readFile(path)),
  fetch: globalThis.fetch,
  now: () => Date.now() + ahead,
  pause: (ms) => setTimeout(ms),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  env: (name) => (name === 'DATABASE_URL' ? database : undefined),
  envNames: () => [],
  colours: false,
};
const { config } = await readConfig(io, new Args(gatewayVerb, [dir]), dir);
const { parts, problems } = await readParts(io, config);
if (parts === undefined) throw new Error(problems.map(({ problem }) => problem).join('; '));
await untilTold((signal) => runGateway(io, config, parts, signal, (url) => io.out(`${url}\n`)));
