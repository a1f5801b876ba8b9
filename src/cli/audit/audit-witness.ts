import { join } from 'node:path';
import { witnessRoutes } from '../../gateway/http/witness-routes.ts';
import { writeSignerKey } from '../../ledger/note/signer-key.ts';
import type { VerifierKey } from '../../ledger/note/verifier-key.ts';
import { writeVerifierKey } from '../../ledger/note/verifier-key.ts';
import type { TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { Witness } from '../../ledger/witness/witness.ts';
import { WitnessFile } from '../../store/witness/witness-file.ts';
import { type Io, usage, warn } from '../io.ts';
import type { Args, Verb } from '../verb.ts';
import { forkKeeper } from './kept-forks.ts';
import { needTrust, TRUST_OPTIONS } from './log-trust.ts';
import { type NoteKey, noteKey, wantNameOption } from './note-keys.ts';
import { isThere, makeFolder, readNoteKey, writeSecret } from './secret-files.ts';
import { LISTEN_OPTION, listenAddress, serve, servingTo } from './serving.ts';

const SEED_SIZE = 32;
const FILES = {
  key: 'witness.key',
  secondKey: 'witness-ml-dsa-44.key',
  database: 'witness.sqlite',
  forks: 'forks',
};

export const auditWitnessVerb: Verb = {
  name: 'audit witness',
  summary: 'Cosign the checkpoints of other logs, each only if it goes on from the one before.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: {
    ...TRUST_OPTIONS,
    name: {
      value: '<name>',
      help: 'the witness’s name, when its keys are first made, e.g. example.org/witness',
    },
    ...LISTEN_OPTION,
  },
  notes: [
    'The logs are those of --log-key or --tlog-policy. What was cosigned last of each is on the disk before the answer is given: never delete the folder, and never run two copies of it. The keys are made when there are none, and the database with them: keys without it are refused.',
    'Where a log asks it to cosign what contradicts what it cosigned before, and the request shows it, both signed checkpoints and the hashes are kept in its folder forks, at most 256: proof, to whoever has the log’s key, that it cheated.',
    'It speaks C2SP tlog-witness: POST /add-checkpoint. TLS is a proxy’s business. Its keys are told on stderr, as witness lines of a tlog-policy take them; it listens until SIGINT or SIGTERM.',
  ],
  run: async (io, args) => {
    const dir = args.operand(0);
    const address = listenAddress(args);
    const logs = logsOf(await needTrust(io, args));
    await makeFolder(dir, 0o700);
    const keys = await witnessKeys(io, args, dir);
    for (const { verifier } of keys) io.err(`${writeVerifierKey(verifier)}\n`);
    const store = await WitnessFile.open(join(dir, FILES.database));
    try {
      const signers = keys.map(({ signer }) => signer);
      const app = servingTo(io);
      await app.register(witnessRoutes, {
        witness: new Witness({
          store,
          logs,
          signers,
          now: io.now,
          keepFork: forkKeeper(io, join(dir, FILES.forks)),
        }),
      });
      await serve(io, address, app, `witness ${keys[0]?.verifier.name}`);
      return 0;
    } finally {
      await store.close();
    }
  },
};

function logsOf({ logs }: TlogPolicy): ReadonlyMap<string, readonly VerifierKey[]> {
  const keys = new Map<string, VerifierKey[]>();
  for (const { key } of logs) keys.set(key.name, [...(keys.get(key.name) ?? []), key]);
  return keys;
}

async function witnessKeys(io: Io, args: Args, dir: string): Promise<readonly NoteKey[]> {
  const path = join(dir, FILES.key);
  if (!(await isThere(path))) await makeKeys(io, args, dir);
  else if (args.has('name')) warn(io, '--name is passed over: the witness has its keys');
  return [
    await readNoteKey(path, 'cosignature'),
    await readNoteKey(join(dir, FILES.secondKey), 'cosignature-ml-dsa-44'),
  ];
}

async function makeKeys(io: Io, args: Args, dir: string): Promise<void> {
  const name = args.one('name');
  if (name === undefined)
    throw usage('--name is missing: there are no keys yet, and a key has a name');
  wantNameOption('--name', name);
  // Before the keys: without it they are refused.
  await (await WitnessFile.make(join(dir, FILES.database))).close();
  // Last, the one that is looked for.
  for (const [file, type] of [
    [FILES.secondKey, 'cosignature-ml-dsa-44'],
    [FILES.key, 'cosignature'],
  ] as const) {
    const seed = io.randomBytes(SEED_SIZE);
    const { verifier } = noteKey({ name, type, seed });
    const text = writeSignerKey({ name, type, seed }, verifier.publicKey);
    await writeSecret(join(dir, file), `${text}\n`);
  }
}
