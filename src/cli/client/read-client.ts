import { fileMemory } from '../../client/file-memory.ts';
import type { Memory } from '../../client/memory.ts';
import type { LedgerTrust, PolicyPin, PosternOptions } from '../../client/options.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { readBundleAnchors } from '../bundle-evidence.ts';
import { readWholeNumber } from '../input.ts';
import { type Io, usage } from '../io.ts';
import { readApiKey } from '../nodes/proof.ts';
import type { Args } from '../verb.ts';
import { isPolicyDigest, isVerifierKey, ROOT_OPTIONS } from './client-options.ts';
import { stateFolder } from './state-folder.ts';

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
  const named = Object.keys(ROOT_OPTIONS).some((name) => args.has(name));
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

async function readPin(io: Io, args: Args): Promise<PolicyPin> {
  const [policy, name] = [args.one('policy'), args.one('policy-name')];
  if ((policy === undefined) === (name === undefined)) {
    throw usage('by which policy: either --policy or --policy-name');
  }
  if (policy !== undefined) {
    const stray = OF_NAMES.find((option) => args.has(option));
    if (stray !== undefined) throw usage(`--${stray} goes with --policy-name`);
    return isPolicyDigest(policy) ? { digest: policy } : { file: await io.readFile(policy) };
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
  const text = isVerifierKey(key) ? key : fromUtf8(await io.readFile(key), key);
  return { verifierKey: text.trim() };
}

export function readMemory(io: Io, args: Args): Memory {
  return fileMemory(args.one('memory') ?? stateFolder(io, 'client'));
}
