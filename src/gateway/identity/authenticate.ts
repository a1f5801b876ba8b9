import { Fault, malformed } from '../../core/fault.ts';
import {
  type ReceivedHeaders,
  type ReceivedRequest,
  verifyRequest,
} from '../../protocol/request-signature/verify.ts';
import { isApiKey, readApiKeyId } from './api-key.ts';
import { type Credential, isInForce, type Principal, principalOf } from './credential.ts';
import { requestNonceDigest } from './request-nonce.ts';
import type { IdentityStore } from './store.ts';

/** Nodes by their own keys; who keeps the fleet says which there are. */
export interface NodeKeys {
  /** @param publicKey lower-case hex. */
  nodeByKey(publicKey: string): Promise<KnownNode | undefined>;
}

export interface KnownNode {
  readonly id: string;
  readonly key: { readonly algorithm: 'ed25519' | 'sr25519'; readonly publicKey: string };
}

export interface AuthenticationDeps {
  readonly store: IdentityStore;
  readonly nodes: NodeKeys;
  /** Of the gateway's own origin, see `authorityOf`. */
  readonly authority: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const ANYONE: Principal = { kind: 'anyone' };
const MINUTE = 60_000;

/**
 * Who asks: by an API key in `authorization`, or by a signature over the request; by neither, it
 * is anyone. What is shown is never passed over: whoever shows something that does not hold is
 * refused, and not taken for anyone.
 *
 * Nothing is held in memory: a credential that was revoked is refused from the next request on.
 *
 * @throws Fault `malformed` for what can't be read, `unauthenticated` for what does not hold,
 *   `conflict` where a key is both a credential's and a node's. None says whether an id is known
 *   to somebody who has not its key.
 */
export async function authenticate(
  request: ReceivedRequest,
  deps: AuthenticationDeps,
): Promise<Principal> {
  const { headers } = request;
  const signed = has(headers, 'signature-input') || has(headers, 'signature');
  if (!has(headers, 'authorization')) {
    return signed ? await signerOf(request, deps) : ANYONE;
  }
  if (signed) throw malformed('authorization', 'is there beside a signature: show one of them');
  return await bearerOf(headers['authorization'] ?? [], deps);
}

function has(headers: ReceivedHeaders, name: string): boolean {
  return (headers[name] ?? []).length > 0;
}

async function bearerOf(
  [value = '', ...more]: readonly string[],
  { store, now }: AuthenticationDeps,
): Promise<Principal> {
  if (more.length > 0) throw malformed('authorization', `is there ${more.length + 1} times`);
  if (!value.startsWith('Bearer ')) throw malformed('authorization', 'want Bearer and an API key');
  const text = value.slice('Bearer '.length);
  const credential = await store.credential(readApiKeyId(text, 'authorization'));
  const at = now();
  const proof = credential?.proof.kind === 'api-key' ? credential.proof : undefined;
  const right = isApiKey(text, proof, at);
  if (credential === undefined || !right || !isInForce(credential, at)) {
    const detail = 'no such API key is in force here: it is unknown, revoked or has expired';
    throw new Fault('unauthenticated', 'authorization', detail);
  }
  await noteUse(credential, at, store);
  return principalOf(credential);
}

/** The signature is checked before anybody is looked up, so that only who has the key learns anything. */
async function signerOf(
  request: ReceivedRequest,
  { store, nodes, authority, now }: AuthenticationDeps,
): Promise<Principal> {
  const at = now();
  const { keyId, algorithm, nonce, rememberUntil } = verifyRequest(request, authority, at);
  const [found, node] = await Promise.all([store.credentialByKey(keyId), nodes.nodeByKey(keyId)]);
  const credential =
    found !== undefined && found.proof.kind === algorithm && isInForce(found, at)
      ? found
      : undefined;
  const principal = onlyOne(credential, node?.key.algorithm === algorithm ? node : undefined);
  // Only of who is known: strangers make keys as they like, and would fill the store.
  if (!(await store.spendOnce(requestNonceDigest(keyId, nonce), rememberUntil))) {
    const detail = 'was used before with this key: sign each request anew';
    throw new Fault('unauthenticated', 'signature-input.nonce', detail);
  }
  if (credential !== undefined) await noteUse(credential, at, store);
  return principal;
}

function onlyOne(credential: Credential | undefined, node: KnownNode | undefined): Principal {
  if (credential !== undefined && node !== undefined) {
    const detail = `is the key of credential ${credential.id} and of node ${node.id}: give one of them another`;
    throw new Fault('conflict', 'signature-input.keyid', detail);
  }
  if (credential !== undefined) return principalOf(credential);
  if (node !== undefined) return { kind: 'node', id: node.id };
  const detail = 'no such key is in force here: it is unknown, revoked or has expired';
  throw new Fault('unauthenticated', 'signature-input.keyid', detail);
}

/** To the minute, and so one write a minute and gateway at most. */
async function noteUse(
  { id, usedAt = 0 }: Credential,
  now: number,
  store: IdentityStore,
): Promise<void> {
  const minute = now - (now % MINUTE);
  if (usedAt < minute) await store.noteUse(id, minute);
}
