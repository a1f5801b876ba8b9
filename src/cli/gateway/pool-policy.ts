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
import { parsePublicKeyPem } from '../../core/x509/public-key.ts';
import { asConfiguration } from '../configuration.ts';
import { type Io, usage } from '../io.ts';

import { reasonOf } from '../render.ts';
import type { PoolConfig } from './config.ts';

/** What a pool begins with, read and verified. */
export interface PoolStart {
  readonly name: string;
  /** As it was handed in. */
  readonly file: Uint8Array;
  readonly revocations: readonly Uint8Array[];
  readonly read: ReadPolicy;
  /** Whose signatures count for its policies; undefined where it takes unsigned ones. */
  readonly keyring: Keyring | undefined;
  /** Who signed this one. */
  readonly signedBy: readonly string[];
}

/**
 * @param at when revocations are asked about, in milliseconds since the epoch.
 * @throws Fault `usage` for a policy that must not decide, `unreachable` for a missing file.
 */
export async function readPool(io: Io, pool: PoolConfig, at: number): Promise<PoolStart> {
  const { name, policy: path, signature } = pool;
  const file = await io.readFile(path);
  const revocations = await Promise.all(pool.revocations.map((one) => io.readFile(one)));
  const keyring = await readPoolKeyring(io, pool);
  const start = { name, file, revocations, keyring };
  if (keyring === undefined) {
    if (isEnvelope(file)) throw usage(`${path}: is signed: say by whom it should be`);
    return { ...start, read: readPlain(path, file), signedBy: [] };
  }
  if (!isEnvelope(file)) {
    const remedy = 'postern policy sign signs it';
    throw usage(`${path}: is not signed, and ${wordOf(signature)} says by whom: ${remedy}`);
  }
  const signed = verifySignedPolicy({ envelope: file, keyring, revocations, at });
  if (signed.verdict === 'accept' && signed.policy) {
    return { ...start, read: signed.policy, signedBy: signersOf(signed.signed, keyring) };
  }
  const [first] = signed.checks.filter(
    ({ outcome }) => outcome === 'fail' || outcome === 'unresolved',
  );
  const why =
    first === undefined || first.outcome === 'pass' ? '' : `${first.id}: ${reasonOf(first)}`;
  throw usage(`${path}: not a policy to decide by (${why})`);
}

function readPlain(path: string, file: Uint8Array): ReadPolicy {
  const { read, problems } = tryPolicy(file);
  if (read) return read;
  const [first, ...more] = problems;
  const line = first === undefined ? path : problemLine(path, first);
  throw usage(more.length > 0 ? `${line} (and ${more.length} more: postern policy lint)` : line);
}

function wordOf(signature: PoolConfig['signature']): string {
  return 'keyring' in signature ? signature.keyring : 'signature.publicKeys';
}

/** Whose signatures count for a pool's policies; undefined where none is wanted. */
async function readPoolKeyring(io: Io, { signature }: PoolConfig): Promise<Keyring | undefined> {
  if ('unsigned' in signature) return undefined;
  if ('keyring' in signature) {
    const path = signature.keyring;
    const file = await io.readFile(path);
    return asConfiguration(path, () => parseKeyring(file, 'keyring'));
  }
  const keys = await Promise.all(
    signature.publicKeys.map(async (owner) => {
      const file = await io.readFile(owner);
      const read = () => parsePublicKeyPem(fromUtf8(file, owner), owner);
      return { owner, publicKey: asConfiguration(owner, read) };
    }),
  );
  if (new Set(keys.map(({ publicKey }) => publicKey.keyId)).size < keys.length) {
    throw usage('the same key twice: two votes of one key are one');
  }
  return {
    name: '*',
    threshold: signature.threshold,
    revokeThreshold: 1,
    keys,
    activationDelay: 0,
  };
}

function signersOf(
  signed: { readonly signers: readonly { readonly keyId: string }[] } | undefined,
  keyring: Keyring,
): readonly string[] {
  const ids = new Set(signed?.signers.map(({ keyId }) => keyId));
  return keyring.keys.filter(({ publicKey }) => ids.has(publicKey.keyId)).map(({ owner }) => owner);
}
