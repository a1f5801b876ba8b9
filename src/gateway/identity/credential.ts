/** What a caller may do, from least to most; `anyone` has shown nothing. */
export const ROLES = ['client', 'node', 'validator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Something that shows who asks: an API key, of which only a digest is kept, or a public key. */
export interface Credential {
  /** 8 random bytes, lower-case hex. */
  readonly id: string;
  /** For people; unique among those that are not revoked. */
  readonly name: string;
  readonly role: Role;
  readonly proof: Proof;
  /** A key of role `node` enrols into this pool only. */
  readonly pool?: string;
  /** Of role `client`: what it may more or less of than others. */
  readonly quotas?: KeyQuotas;
  /** Milliseconds since the epoch, all of them. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** To the minute. */
  readonly usedAt?: number;
  /** One more with each change, from 1; that it was used is none. */
  readonly version: number;
}

/** How much one key may; of what it does not say, as much as the gateway's configuration says. */
export interface KeyQuotas {
  /** Sessions a minute. */
  readonly requests?: number;
  /** Streams at once. */
  readonly streams?: number;
  /** Tokens a day (UTC), by usage statements. */
  readonly tokens?: number | 'unlimited';
  /** Challenges for evidence a minute. */
  readonly evidence?: number;
}

export type Proof = ApiKeyProof | PublicKeyProof;

export interface ApiKeyProof {
  readonly kind: 'api-key';
  /** SHA-256 of the key's text, lower-case hex: it has 32 random bytes in it, and needs no salt. */
  readonly sha256: string;
  /** The key that this one replaced, which is good a while longer. */
  readonly previous?: { readonly sha256: string; readonly until: number };
}

/** Requests are signed (RFC 9421); 32 bytes, lower-case hex. */
export interface PublicKeyProof {
  readonly kind: 'ed25519' | 'sr25519';
  readonly publicKey: string;
}

/** Who asks, once it is known. */
export type Principal =
  | { readonly kind: 'anyone' }
  | {
      readonly kind: 'credential';
      readonly id: string;
      readonly name: string;
      readonly role: Role;
      readonly pool?: string;
      readonly quotas?: KeyQuotas;
    }
  /** A node, by a request that its own key signed. */
  | { readonly kind: 'node'; readonly id: string };

/** Whether it shows anything now. */
export function isInForce(
  { revokedAt, expiresAt }: Pick<Credential, 'revokedAt' | 'expiresAt'>,
  now: number,
): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

export function principalOf({ id, name, role, pool, quotas }: Credential): Principal {
  return {
    kind: 'credential',
    id,
    name,
    role,
    ...(pool !== undefined && { pool }),
    ...(quotas !== undefined && { quotas }),
  };
}

/** Who did something, for events and the ledger; what nobody asked for, the gateway did by itself. */
export function principalName(by: Principal): string {
  return by.kind === 'anyone' ? 'gateway' : by.id;
}
