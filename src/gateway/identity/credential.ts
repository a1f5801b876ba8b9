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
  /** Milliseconds since the epoch, all of them. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** To the minute. */
  readonly usedAt?: number;
}

export type Proof =
  /** SHA-256 of the key's text, lower-case hex: it has 32 random bytes in it, and needs no salt. */
  | { readonly kind: 'api-key'; readonly sha256: string }
  /** Requests are signed (RFC 9421); 32 bytes, lower-case hex. */
  | { readonly kind: 'ed25519' | 'sr25519'; readonly publicKey: string };

/** Who asks, once it is known. */
export type Principal =
  | { readonly kind: 'anyone' }
  | {
      readonly kind: 'credential';
      readonly id: string;
      readonly name: string;
      readonly role: Role;
      readonly pool?: string;
    }
  /** A node, by a request that its own key signed. */
  | { readonly kind: 'node'; readonly id: string };
