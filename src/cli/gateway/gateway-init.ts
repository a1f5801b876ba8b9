import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { Fault } from '../../core/fault.ts';
import { createApiKey } from '../../gateway/identity/credentials.ts';
import { wantNameOption } from '../audit/note-keys.ts';
import { createLedger, openLedger } from '../audit/open-ledger.ts';
import { publishLedger } from '../audit/publish-ledger.ts';
import { diskFault, isThere, makeFolder, writeSecret } from '../audit/secret-files.ts';
import { vkeysOf } from '../audit/verifier-keys.ts';
import { type Io, usage, warn } from '../io.ts';
import { orTell } from '../keys/issued-key.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { DEFAULTS, type GatewayConfig } from './config.ts';
import { type ConfigWish, configText } from './config-text.ts';
import { GATEWAY_LAYOUT } from './folder.ts';
import { HARDWARE_KEY_SIZE } from './hardware-key.ts';
import { CONFIG_FILE, tryConfig } from './read-config.ts';
import { createTokenKey } from './token-keys.ts';

export const gatewayInitVerb: Verb = {
  name: 'gateway init',
  summary:
    'Make a gateway: a folder with configuration, ledger, keys and the key of its first admin.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    origin: { value: '<url>', help: 'what the world will call it, e.g. https://gate.example.org' },
    'ledger-origin': {
      value: '<name>',
      help: 'the log’s name for ever; the host of --origin and /postern unless said',
    },
    database: { value: '<sqlite|postgres>', help: 'sqlite by default; postgres at DATABASE_URL' },
    listen: { value: '<host:port>', help: `where it listens; ${DEFAULTS.listen} by default` },
    proxy: {
      value: '<text>',
      help: 'what ends TLS before it, if it has no certificate of its own',
    },
    'admin-key-file': {
      value: '<file>',
      help: `write the first admin’s API key there instead of printing it; ${GATEWAY_LAYOUT.adminKey} in the folder is where --dir of postern nodes looks for it`,
    },
  },
  notes: [
    'The API key of the first admin is printed once, alone on standard output, and kept nowhere: what is kept can only recognise it. postern keys makes further ones.',
    'The folder is readable by you alone. Who has ledger/keys/log.key can write another history, who has ledger/keys/archive.key can read what decisions saw, who has keys/token.pem can make tokens, and without keys/hardware.key no machine is known again: keep copies elsewhere.',
    'Nothing is written over. What is left of an interrupted init is no gateway: remove it.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const { wish, ledgerOrigin } = readWish(args);
    const config = await wantFree(io, dir, wish);
    wantNameOption('--ledger-origin', ledgerOrigin);
    const keyFile = args.one('admin-key-file');
    if (keyFile !== undefined && (await isThere(keyFile))) {
      throw usage(`--admin-key-file: ${keyFile} is there already, and nothing is written over`);
    }
    const made = await make(io, dir, { wish, ledgerOrigin, config });
    if (keyFile !== undefined) {
      await orTell(io, made.apiKey, () => writeSecret(keyFile, `${made.apiKey}\n`));
    }
    report(io, args, { dir, config, ...made });
    return 0;
  },
};

interface Made {
  readonly apiKey: string;
  readonly credential: { readonly id: string; readonly name: string };
  /** Of the log, for verifying it. */
  readonly keys: readonly string[];
}

function readWish(args: Args): { readonly wish: ConfigWish; readonly ledgerOrigin: string } {
  const origin = args.one('origin');
  if (origin === undefined) throw usage('--origin is missing: evidence is made for this name');
  const database = args.one('database') ?? DEFAULTS.database;
  if (database !== 'sqlite' && database !== 'postgres') {
    throw usage(`--database: want sqlite or postgres, got ${JSON.stringify(database)}`);
  }
  const listen = args.one('listen') ?? DEFAULTS.listen;
  const ledgerOrigin = args.one('ledger-origin') ?? `${origin.replace(/^https:\/\//, '')}/postern`;
  return { wish: { origin, database, listen, proxy: args.one('proxy') }, ledgerOrigin };
}

/** @throws Fault `usage` where there is something, and for options that make no configuration. */
async function wantFree(io: Io, dir: string, wish: ConfigWish): Promise<GatewayConfig> {
  if (await isThere(join(dir, CONFIG_FILE))) throw usage(`${dir}: there is a gateway already`);
  if ((await namesIn(dir)).length > 0)
    throw usage(`${dir}: there is something, and it is no gateway`);
  if (wish.database === 'postgres' && io.env('DATABASE_URL') === undefined) {
    throw usage('--database postgres: set DATABASE_URL to where it is');
  }
  const { config, problems } = tryConfig(utf8(configText(wish)), [], dir);
  const [problem] = problems;
  if (config) return config;
  // The options are called like the members that they are written to.
  const option = problem?.path.split('.').at(-1) ?? '';
  throw usage(`--${option}: ${problem?.problem ?? 'makes no configuration'}`);
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw diskFault(dir, 'read', cause);
  }
}

interface Plan {
  readonly wish: ConfigWish;
  readonly ledgerOrigin: string;
  readonly config: GatewayConfig;
}

/** All of it, or nothing: a folder with a configuration has all that belongs to it. */
async function make(io: Io, dir: string, { wish, ledgerOrigin, config }: Plan): Promise<Made> {
  const { ledger, database, tokens, hardwareKey } = config;
  await makeFolder(dir, 0o700);
  let isSigned = false;
  try {
    await mkdir(dirname(tokens.key), { mode: 0o700 });
    await createTokenKey(tokens.key);
    await writeSecret(hardwareKey, `${toBase64(io.randomBytes(HARDWARE_KEY_SIZE))}\n`);
    await createLedger(io, { dir: ledger, origin: ledgerOrigin, database });
    isSigned = true;
    const made = await withFirstAdmin(io, ledger);
    await writeSecret(join(dir, CONFIG_FILE), configText(wish));
    return made;
  } catch (error) {
    // A log that was signed elsewhere needs its keys, whatever else is missing.
    if (!isSigned || database === 'sqlite') {
      for (const name of await namesIn(dir)) {
        await rm(join(dir, name), { recursive: true, force: true });
      }
    }
    throw error instanceof Fault ? error : diskFault(dir, 'written', error);
  }
}

async function withFirstAdmin(io: Io, dir: string): Promise<Made> {
  const ledger = await openLedger(io, dir, 'this');
  try {
    await publishLedger(io, ledger);
    const deps = { store: ledger.store, now: io.now, randomBytes: io.randomBytes };
    const { credential, text } = await createApiKey({ name: FIRST_ADMIN, role: 'admin' }, deps);
    return { apiKey: text, credential, keys: vkeysOf(ledger.identity) };
  } finally {
    await ledger.close();
  }
}

const FIRST_ADMIN = 'first-admin';

interface Report extends Made {
  readonly dir: string;
  readonly config: GatewayConfig;
}

function report(io: Io, args: Args, { dir, config, apiKey, credential, keys }: Report): void {
  const keyFile = args.one('admin-key-file');
  if (args.has('json')) {
    printJson(io, {
      dir,
      origin: config.origin,
      database: config.database,
      ledgerKeys: keys,
      admin: { id: credential.id, name: credential.name },
      ...(keyFile === undefined ? { apiKey } : { apiKeyFile: keyFile }),
    });
    return;
  }
  warn(
    io,
    `made a gateway in ${dir}; copy ${join(dir, GATEWAY_LAYOUT.keys)} and ${join(config.ledger, 'keys')}, and hand out the key that verifies its log:`,
  );
  io.err(`${keys[0]}\n`);
  warn(
    io,
    `next: say pools and TLS in ${join(dir, CONFIG_FILE)}, then postern gateway check ${dir}`,
  );
  if (keyFile === undefined) {
    warn(io, 'the API key of the first admin, which is shown this once:');
    io.out(`${apiKey}\n`);
  }
}
