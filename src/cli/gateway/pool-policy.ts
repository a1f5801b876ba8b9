import { type ReadPolicy, tryPolicy } from '../../appraisal/policy/read-policy.ts';
import {
  type Keyring,
  keyringOfKeys,
  parseKeyring,
} from '../../appraisal/policy/signing/keyring.ts';
import { isEnvelope } from '../../appraisal/policy/signing/policy-envelope.ts';
import { verifySignedPolicy } from '../../appraisal/policy/signing/signed-policy.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { problemLine } from '../../core/document/problem.ts';
import { type PublicKey, parsePublicKeyPem } from '../../core/x509/public-key.ts';
import type { PoolConfig as FleetPool, PoolSigners } from '../../gateway/fleet/pool.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage } from '../io.ts';
import { reasonOf } from '../render.ts';
import type { PoolConfig } from './config.ts';

/** A pool as the fleet wants it, and what it begins with, read and verified. */
export interface PoolStart {
  readonly pool: FleetPool;
  /** As it was handed in. */
  readonly file: Uint8Array;
  readonly revocations: readonly Uint8Array[];
  readonly read: ReadPolicy;
  /** Who signed it. */
  readonly signedBy: readonly string[];
}

/**
 * @param at when revocations are asked about, in milliseconds since the epoch.
 * @throws Fault `usage` for a policy that must not decide, `unreachable` for a missing file.
 */
export async function readPool(io: Io, config: PoolConfig, at: number): Promise<PoolStart> {
  const { name, policy: path, identity } = config;
  const file = await io.readFile(path);
  const revocations = await Promise.all(config.revocations.map((one) => io.readFile(one)));
  const signers = await readSigners(io, config);
  const { read, signedBy } = policyIn(config, { file, revocations, signers, at });
  if (read.policy.metadata.lifecycle.state === 'draft') {
    throw usage(`${path}: is a draft, and admits nobody: metadata.lifecycle.state`);
  }
  return {
    pool: { name, identity, ...(signers && { signers }) },
    file,
    revocations,
    read,
    signedBy,
  };
}

interface Given {
  readonly file: Uint8Array;
  readonly revocations: readonly Uint8Array[];
  readonly signers: PoolSigners | undefined;
  readonly at: number;
}

function policyIn(
  { policy: path, signature }: PoolConfig,
  { file, revocations, signers, at }: Given,
): Pick<PoolStart, 'read' | 'signedBy'> {
  if (signers === undefined) {
    if (isEnvelope(file)) throw usage(`${path}: is signed: say by whom it should be`);
    return { read: readPlain(path, file), signedBy: [] };
  }
  if (!isEnvelope(file)) {
    const by = 'keyring' in signature ? signature.keyring : 'signature.publicKeys';
    throw usage(`${path}: is not signed, and ${by} says by whom: postern policy sign signs it`);
  }
  const { keyring } = signers;
  const { verdict, policy, signed, checks } = verifySignedPolicy({
    envelope: file,
    keyring,
    revocations,
    at,
  });
  if (verdict === 'accept' && policy) {
    return { read: policy, signedBy: signersOf(signed?.signers ?? [], keyring) };
  }
  const reasons = checks.flatMap((check) =>
    check.outcome === 'fail' || check.outcome === 'unresolved'
      ? [`${check.id}: ${reasonOf(check)}`]
      : [],
  );
  throw usage(`${path}: not a policy to decide by (${reasons.join('; ')})`);
}

function readPlain(path: string, file: Uint8Array): ReadPolicy {
  const { read, problems } = tryPolicy(file);
  if (read) return read;
  const [first, ...more] = problems;
  const line = first === undefined ? path : problemLine(path, first);
  throw usage(more.length > 0 ? `${line} (and ${more.length} more: postern policy lint)` : line);
}

/** Whose signatures count for a pool's policies; undefined where none is wanted. */
async function readSigners(io: Io, { signature }: PoolConfig): Promise<PoolSigners | undefined> {
  if ('unsigned' in signature) return undefined;
  if ('keyring' in signature) {
    const path = signature.keyring;
    const file = await io.readFile(path);
    return {
      keyring: asConfiguration(path, () => parseKeyring(file, 'keyring')),
      source: { file },
    };
  }
  const { publicKeys, threshold } = signature;
  const files = await Promise.all(publicKeys.map((path) => io.readFile(path)));
  const keys = files.map((file, i) => {
    const owner = publicKeys[i] ?? '';
    const read = () => parsePublicKeyPem(fromUtf8(file, 'key'), 'key');
    return { owner, publicKey: asConfiguration(owner, read) };
  });
  if (new Set(keys.map(({ publicKey }) => publicKey.keyId)).size < keys.length) {
    throw usage('signature.publicKeys: the same key twice: two votes of one key are one');
  }
  return { keyring: keyringOfKeys(keys, threshold), source: { keys: files, threshold } };
}

function signersOf(signers: readonly PublicKey[], { keys }: Keyring): readonly string[] {
  const ids = new Set(signers.map(({ keyId }) => keyId));
  return keys.filter(({ publicKey }) => ids.has(publicKey.keyId)).map(({ owner }) => owner);
}
