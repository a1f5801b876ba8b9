import { join } from 'node:path';
import { fileMemory } from '../../client/file-memory.ts';
import type { Memory } from '../../client/memory.ts';
import type { LedgerTrust, PolicyPin, PosternOptions } from '../../client/options.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { CPU_AND_DEVICE_ANCHOR_OPTIONS, readBundleAnchors } from '../bundle-evidence.ts';
import { readWholeNumber } from '../input.ts';
import { type Io, usage } from '../io.ts';
import { readApiKey } from '../nodes/proof.ts';
import { RIM_ANCHOR_OPTION } from '../nvidia-evidence.ts';
import type { Args, Options } from '../verb.ts';

const ROOTS: Options = { ...CPU_AND_DEVICE_ANCHOR_OPTIONS, ...RIM_ANCHOR_OPTION };

/** Whose ledger has to show what a client relies on. */
export const LEDGER_OPTIONS: Options = {
  'ledger-key': { value: '<vkey|file>', help: 'the public key of the gateway’s ledger' },
  'ledger-policy': {
    value: '<file>',
    help: 'or ledger, witnesses and their quorum, as a C2SP tlog-policy',
  },
  'ledger-unchecked': { help: 'or ask the ledger nothing, which every answer is marked with' },
};

export const MEMORY_OPTION: Options = {
  memory: {
    value: '<dir>',
    help: 'where revisions and checkpoints are remembered; in your state folder by default',
  },
};

/** How a client of verified machines is made, for all verbs that are one. */
export const CLIENT_OPTIONS: Options = {
  gateway: { value: '<url>', help: 'the gateway that relays, e.g. https://gate.example.org' },
  'api-key-file': { value: '<file>', help: 'file with your API key of that gateway' },
  pool: { value: '<name>', help: 'which machines; left out, the model of a request decides' },
  region: { value: '<name>', help: 'machines of this region alone' },
  policy: {
    value: '<file|digest>',
    help: 'the policy that machines are judged by, or its digest, sha256:<hex>',
  },
  'policy-name': {
    value: '<name>',
    help: 'or its name, and whose signatures make later revisions',
  },
  signer: { value: '<pem>', multiple: true, help: 'with --policy-name: a key that counts' },
  keyring: { value: '<json>', help: 'or a keyring of such keys' },
  threshold: { value: '<n>', help: 'how many of the keys must sign; all by default' },
  'least-revision': { value: '<n>', help: 'with --policy-name: earlier revisions are refused' },
  ...LEDGER_OPTIONS,
  'any-deployment': { help: 'take a policy that does not pin its operator’s own machines' },
  ...MEMORY_OPTION,
  ...ROOTS,
};

export const CLIENT_NOTES: readonly string[] = [
  'Give one of --policy and --policy-name, and one of --ledger-key, --ledger-policy and --ledger-unchecked: whom to trust nobody but you can say.',
  '--trust-anchor and its like, for a simulator, trust other roots in place of the vendors’: all that rests on them is marked, and keeps no secret.',
];

/**
 * What the command line says of a client.
 *
 * @throws Fault `usage` for what is missing or contradicts itself.
 */
export async function readClient(io: Io, args: Args): Promise<PosternOptions> {
  const gateway = args.one('gateway');
  if (gateway === undefined) throw usage('which gateway: --gateway');
  const [pool, region, key] = [args.one('pool'), args.one('region'), args.one('api-key-file')];
  const apiKey = key === undefined ? undefined : await readApiKey(io, key);
  const named = Object.keys(ROOTS).some((name) => args.has(name));
  return {
    gateway,
    policy: await readPin(io, args),
    ledger: await readLedger(io, args),
    ...(pool !== undefined && { pool }),
    ...(region !== undefined && { region }),
    ...(apiKey?.kind === 'api-key' && { apiKey: apiKey.text }),
    ...(named && { anchors: await readBundleAnchors(io, args) }),
    ...(args.has('any-deployment') && { acceptAnyDeployment: true as const }),
    memory: readMemory(io, args),
    fetch: io.fetch,
    now: io.now,
    randomBytes: io.randomBytes,
  };
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

async function readPin(io: Io, args: Args): Promise<PolicyPin> {
  const [policy, name] = [args.one('policy'), args.one('policy-name')];
  if ((policy === undefined) === (name === undefined)) {
    throw usage('by which policy: either --policy or --policy-name');
  }
  if (policy !== undefined) {
    const stray = OF_NAMES.find((option) => args.has(option));
    if (stray !== undefined) throw usage(`--${stray} goes with --policy-name`);
    return DIGEST.test(policy) ? { digest: policy } : { file: await io.readFile(policy) };
  }
  const leastRevision = readWholeNumber(args, 'least-revision');
  if (leastRevision === undefined) {
    throw usage('--policy-name wants --least-revision: the last one that you know of');
  }
  return { name: name ?? '', signers: await readSigners(io, args), leastRevision };
}

const OF_NAMES = ['signer', 'keyring', 'threshold', 'least-revision'];

async function readSigners(
  io: Io,
  args: Args,
): Promise<Extract<PolicyPin, { name: string }>['signers']> {
  const [keyring, signers] = [args.one('keyring'), args.many('signer')];
  if ((keyring === undefined) === (signers.length === 0)) {
    throw usage('whose signatures count: either --keyring, or --signer for each key');
  }
  if (keyring !== undefined) {
    if (args.has('threshold')) throw usage('--threshold: a keyring has its own');
    return { keyring: await io.readFile(keyring) };
  }
  const keys = await Promise.all(
    signers.map(async (path) => fromUtf8(await io.readFile(path), path)),
  );
  return { keys, threshold: readWholeNumber(args, 'threshold') ?? keys.length };
}

/** @throws Fault `usage` unless the options name one. */
export async function readLedger(io: Io, args: Args): Promise<LedgerTrust> {
  const [key, policy] = [args.one('ledger-key'), args.one('ledger-policy')];
  const unchecked = args.has('ledger-unchecked');
  if ([key !== undefined, policy !== undefined, unchecked].filter(Boolean).length !== 1) {
    throw usage('whose ledger: one of --ledger-key, --ledger-policy and --ledger-unchecked');
  }
  if (policy !== undefined) return { tlogPolicy: await io.readFile(policy) };
  if (key === undefined) return 'unchecked';
  const text = key.includes('+') ? key : fromUtf8(await io.readFile(key), key);
  return { verifierKey: text.trim() };
}

export function readMemory(io: Io, args: Args): Memory {
  return fileMemory(args.one('memory') ?? stateFolder(io, 'client'));
}

/** By the XDG base directories, also where a desktop has none. */
export function stateFolder(io: Io, of: string): string {
  const home = io.env('HOME') ?? io.env('USERPROFILE');
  const state = io.env('XDG_STATE_HOME') ?? (home && join(home, '.local', 'state'));
  if (state === undefined) throw usage('where to remember what was seen? No HOME: --memory');
  return join(state, 'postern', of);
}
