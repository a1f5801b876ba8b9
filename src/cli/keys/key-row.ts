import type { KeyQuotas } from '../../gateway/identity/credential.ts';

/** One key that a gateway holds or knows, as an inventory has it. */
export interface KeyRow {
  readonly id: string;
  readonly kind: KeyKind;
  /** What it is for, or as whom it may ask. */
  readonly role: string;
  /** For people. */
  readonly name?: string;
  /** The file that has its secret, where the gateway holds one. */
  readonly file?: string;
  /** Of its own, in place of those of the configuration. */
  readonly quotas?: KeyQuotas;
  /** Milliseconds since the epoch; of a file the time of its last change. */
  readonly madeAt?: number;
  /** To the minute. */
  readonly usedAt?: number;
  /** When it ends by itself. */
  readonly until?: number;
  readonly state: 'in-force' | 'next' | 'retired' | 'expired' | 'revoked';
  /** What its owner had better do. */
  readonly advice: readonly string[];
}

export type KeyKind =
  | 'ledger'
  | 'archive'
  | 'hardware'
  | 'token'
  | 'challenge'
  | 'tls'
  | 'authority'
  | 'service'
  | 'api-key'
  | 'ed25519'
  | 'sr25519';
