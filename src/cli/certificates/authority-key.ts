import { resolve } from 'node:path';
import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { parseSshKeyBlob, type SshPublicKey } from '../../core/ssh/public-key.ts';
import { parseSshSignature } from '../../core/ssh/signature.ts';
import { isSignedWith, type PublicKey } from '../../core/x509/public-key.ts';
import type { CertificateSigner } from '../../gateway/certificates/signer.ts';
import { fingerprintBytes, publicKeyOf } from '../../gateway/certificates/ssh-key.ts';
import { readSecret } from '../audit/secret-files.ts';
import { usage } from '../io.ts';
import { signingKeyIn } from '../signing-key-file.ts';
import { agentKeys, agentSignature } from './ssh-agent.ts';

/** Where the key of an authority is. */
export type AuthorityKey =
  | { readonly in: 'file'; readonly file: string }
  | { readonly in: 'agent'; readonly socket: string; readonly fingerprint: string };

/**
 * A path, or `agent:<socket>#SHA256:<fingerprint>`.
 *
 * @param at makes a path absolute.
 */
export function authorityKey(written: string, at: (path: string) => string): AuthorityKey {
  const parts = /^agent:([^#]+)#(.+)$/.exec(written);
  const [, socket, fingerprint] = parts ?? [];
  if (socket === undefined || fingerprint === undefined) return { in: 'file', file: at(written) };
  return { in: 'agent', socket: at(socket), fingerprint };
}

/** What is wrong with how it is written; undefined where nothing is. */
export function authorityKeyProblem(written: string): string | undefined {
  const key = authorityKey(written, resolve);
  if (key.in === 'file') {
    return written.startsWith('agent:') ? 'want agent:<socket>#SHA256:<fingerprint>' : undefined;
  }
  if (fingerprintBytes(key.fingerprint)) return undefined;
  return 'want the key’s fingerprint as ssh-add -l writes it, SHA256:…, behind the #';
}

/**
 * @throws Fault `unreachable` for a file or an agent that can't be asked or does not have the key,
 *   `usage` for a file that is no key; nothing of it is quoted.
 */
export async function readAuthorityKey(key: AuthorityKey): Promise<CertificateSigner> {
  if (key.in === 'agent') return agentSigner(key);
  const { publicKey, sign } = signingKeyIn(key.file, await readSecret(key.file));
  return { publicKey, sign: async (message) => sign(message) };
}

async function agentSigner({
  socket,
  fingerprint,
}: Extract<AuthorityKey, { readonly in: 'agent' }>): Promise<CertificateSigner> {
  const wanted = fingerprintBytes(fingerprint) ?? new Uint8Array();
  const found = (await agentKeys(socket))
    .flatMap((blob) => keyIn(blob))
    .find((one) => equalBytes(one.fingerprint, wanted));
  if (found === undefined) {
    throw new Fault('unreachable', socket, `the ssh-agent has no key ${fingerprint}`);
  }
  const publicKey = publicKeyOf(found, socket);
  if (publicKey === undefined) throw usage(`${socket}: ${fingerprint} is no Ed25519 or P-256 key`);
  return { publicKey, sign: (message) => signBy(socket, found, publicKey, message) };
}

async function signBy(
  socket: string,
  key: SshPublicKey,
  publicKey: PublicKey,
  message: Uint8Array,
): Promise<Uint8Array> {
  const wire = await agentSignature(socket, key.blob, message);
  const { algorithm, signature } = parseSshSignature(wire, socket);
  const isGood = algorithm === key.algorithm && isSignedWith(publicKey, message, signature);
  if (isGood) return signature;
  throw new Fault('unreachable', socket, 'the ssh-agent signed with another key');
}

/** An agent may hold keys of kinds that nothing here knows. */
function keyIn(blob: Uint8Array): readonly SshPublicKey[] {
  try {
    return [parseSshKeyBlob(blob, 'key')];
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return [];
    throw error;
  }
}
