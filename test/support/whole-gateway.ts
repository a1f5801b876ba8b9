import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LAYOUT, readLedgerFolder } from '../../src/cli/audit/ledger-folder.ts';
import { openLedgerStore } from '../../src/cli/audit/open-ledger.ts';
import { gatewayVerb, runGateway } from '../../src/cli/gateway/gateway-run.ts';
import { readParts } from '../../src/cli/gateway/parts.ts';
import { readConfig } from '../../src/cli/gateway/read-config.ts';
import type { Io } from '../../src/cli/io.ts';
import { Args } from '../../src/cli/verb.ts';
import { ROLES, type Role } from '../../src/gateway/identity/credential.ts';
import { createApiKey } from '../../src/gateway/identity/credentials.ts';
import { FIRST_KEY, freshGateway, freshPath, gate, INIT } from '../cli/gateway/gateways.ts';
import { type Member, policyFile } from './fleet-bed.ts';

/** Evidence of the simulated world is good at it. */
const START = Date.UTC(2026, 5, 1);

export interface WholeGateway {
  readonly dir: string;
  readonly origin: string;
  readonly port: number;
  /** All that it said on standard error, as it said it. */
  readonly said: string[];
  /** Milliseconds to put its clock forward by. */
  readonly clock: { ahead: number };
  /** API keys, by role; that of `node` enrols into pool `tdx`. */
  readonly keys: Readonly<Record<Role, string>>;
  now(): number;
  /** Rows of a table of its database, which is SQLite's. */
  rows(table: string): number;
  /** Once it runs no more, told to or not. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
  /** Once it is closed: runs in its folder once more, with its clock so far ahead. */
  again(ahead: number): Promise<WholeGateway>;
}

export interface WholeGatewayOptions {
  readonly origin?: string;
  /** Whose policy the pool `tdx` has; every machine of the simulated world meets it. */
  readonly model: Member;
  /** Where its database is at the moment, in PostgreSQL; left out, it is in SQLite. */
  readonly database?: () => string;
  /** More of its configuration, YAML. */
  readonly more?: string;
  /** A certificate of its own; left out, a proxy is said to stand before it. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A gateway as `postern gateway` runs it, on a port of this machine, in a folder of its own. */
export async function wholeGateway(options: WholeGatewayOptions): Promise<WholeGateway> {
  const { origin = 'https://gate.example', database } = options;
  const env = (name: string) => (name === 'DATABASE_URL' ? database?.() : undefined);
  const made = database ? await initialised(env) : { dir: freshGateway(), admin: FIRST_KEY };
  const { dir, admin } = made;
  configure(dir, { ...options, origin });
  const io = realIo(
    () => START,
    () => {},
    env,
  );
  return running({ dir, origin, keys: await keysOf(io, dir, admin) }, 0, env);
}

async function initialised(env: Io['env']) {
  const dir = freshPath();
  const { exit, out, err } = await gate(
    ['gateway', 'init', dir, ...INIT, '--database', 'postgres'],
    { env },
  );
  if (exit !== 0) throw new Error(`not made: ${err}`);
  return { dir, admin: out.trim() };
}

async function running(
  made: Pick<WholeGateway, 'dir' | 'origin' | 'keys'>,
  ahead: number,
  env: Io['env'],
): Promise<WholeGateway> {
  const { dir } = made;
  const said: string[] = [];
  const clock = { ahead };
  const begun = Date.now();
  const now = () => START + (Date.now() - begun) + clock.ahead;
  const io = realIo(now, (text) => said.push(text), env);
  const { config } = await readConfig(io, new Args(gatewayVerb, [dir]), dir);
  const { parts, problems } = await readParts(io, config);
  if (parts === undefined) throw new Error(problems.map(({ problem }) => problem).join());
  const told = new AbortController();
  const listening = Promise.withResolvers<string>();
  const run = runGateway(io, config, parts, told.signal, listening.resolve);
  run.catch(listening.reject);
  const port = Number(new URL(await listening.promise).port);
  return {
    ...made,
    ...{ port, said, clock, now },
    ended: run,
    again: (later) => running(made, later, env),
    rows: (table) => {
      const db = new DatabaseSync(join(dir, 'ledger', LAYOUT.database), { readOnly: true });
      try {
        return Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
      } finally {
        db.close();
      }
    },
    close: () => {
      told.abort();
      return run;
    },
  };
}

async function keysOf(io: Io, dir: string, admin: string): Promise<WholeGateway['keys']> {
  const store = await openLedgerStore(io, await readLedgerFolder(join(dir, 'ledger')), 'own');
  try {
    const keys = { admin } as Record<Role, string>;
    for (const role of ROLES.filter((one) => one !== 'admin')) {
      const wish = { name: `a ${role}`, role, ...(role === 'node' && { pool: 'tdx' }) };
      keys[role] = (await createApiKey(wish, { ...io, store })).text;
    }
    return keys;
  } finally {
    await store.close();
  }
}

function configure(dir: string, { origin = '', model, more = '', tls }: WholeGatewayOptions): void {
  const { roots } = model.machine;
  mkdirSync(join(dir, 'roots'));
  for (const [name, der] of Object.entries({
    intel: roots.tdx,
    amd: roots.snp,
    nvidia: roots.nvidia.device,
    rim: roots.nvidia.rim,
  })) {
    writeFileSync(join(dir, `roots/${name}.der`), der);
  }
  const policy = policyFile(model, 'tdx', ({ spec }) => {
    if ('purposes' in spec.bindings) spec.bindings.purposes = [`admission:${origin}`];
  });
  writeFileSync(join(dir, 'policy.json'), policy);
  const file = join(dir, 'postern.yaml');
  if (tls) {
    writeFileSync(join(dir, 'cert.pem'), tls.cert);
    writeFileSync(join(dir, 'key.pem'), tls.key, { mode: 0o600 });
  }
  const text = readFileSync(file, 'utf8')
    .replace(/^tls: .*$/m, (line) => (tls ? 'tls: { cert: cert.pem, key: key.pem }' : line))
    .replace(/^origin: .*$/m, `origin: ${origin}`)
    .replace(/^listen: .*$/m, 'listen: 127.0.0.1:0')
    .replace(
      'pools: []',
      `pools:
  - name: tdx
    policy: policy.json
    signature: { unsigned: "a test signs nothing" }
anchors:
  kind: simulator
  intel: [roots/intel.der]
  amd: [roots/amd.der]
  nvidia: [roots/nvidia.der]
  nvidiaManifests: [roots/rim.der]
endorsements: { offline: true }
${more}`,
    );
  writeFileSync(file, text);
}

function realIo(now: () => number, err: (text: string) => void, env: Io['env']): Io {
  return {
    out: () => undefined,
    err,
    readFile: async (path) => new Uint8Array(await readFile(path)),
    fetch: () => Promise.reject(new Error('this test must not use the network')),
    now,
    pause: () => Promise.resolve(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    env,
    envNames: () => [],
    colours: false,
  };
}
