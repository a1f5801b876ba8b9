import { fromHex } from '../../core/bytes/hex.ts';
import { toSs58 } from '../../core/encoding/ss58.ts';
import { type Credential, isInForce, type Proof } from './credential.ts';
import type { IdentityStore } from './store.ts';

/** A credential as its admins see it: nothing that a key could be checked against. */
export interface ListedCredential extends Omit<Credential, 'proof' | 'version'> {
  readonly state: 'in-force' | 'expired' | 'revoked';
  readonly proof: ListedProof;
}

export type ListedProof =
  | {
      readonly kind: 'api-key';
      /** Until when the key before this one is good, in milliseconds since the epoch. */
      readonly previousUntil?: number;
    }
  | { readonly kind: 'ed25519'; readonly publicKey: string }
  /** `hotkey` is the same key as an SS58 address. */
  | { readonly kind: 'sr25519'; readonly publicKey: string; readonly hotkey: string };

/** All of them, oldest first. @param now milliseconds since the epoch. */
export async function listCredentials(
  store: IdentityStore,
  now: number,
): Promise<readonly ListedCredential[]> {
  return (await store.credentials()).map((credential) => listedCredential(credential, now));
}

export function listedCredential(
  { proof, version: _, ...said }: Credential,
  now: number,
): ListedCredential {
  const ended = said.revokedAt === undefined ? 'expired' : 'revoked';
  const state = isInForce(said, now) ? 'in-force' : ended;
  return { ...said, state, proof: listedProof(proof, now) };
}

function listedProof(proof: Proof, now: number): ListedProof {
  switch (proof.kind) {
    case 'api-key': {
      const until = proof.previous?.until ?? now;
      return { kind: 'api-key', ...(until > now && { previousUntil: until }) };
    }
    case 'ed25519':
      return { kind: 'ed25519', publicKey: proof.publicKey };
    case 'sr25519': {
      const { kind, publicKey } = proof;
      return { kind, publicKey, hotkey: toSs58(fromHex(publicKey, 'credential.key', 32)) };
    }
  }
}
