import type { Credential } from './credential.ts';

/** Who may ask what, shared by all gateways of one database. */
export interface IdentityStore {
  credential(id: string): Promise<Credential | undefined>;
  /** @param publicKey lower-case hex; of those that are not revoked. */
  credentialByKey(publicKey: string): Promise<Credential | undefined>;
  /** All, oldest first. */
  credentials(): Promise<readonly Credential[]>;
  /**
   * @throws Fault `conflict` at `credentials.name` or `credentials.key` where another that is not
   *   revoked has it, at `credentials[<id>]` where the id is taken.
   */
  addCredential(credential: Credential): Promise<void>;
  /**
   * Replaces one of this id, all but its `usedAt`.
   *
   * @throws Fault `conflict` at `credentials[<id>]` where there is none, or not of the version
   *   before this one's: who rotates a key must not undo that somebody else revoked it; at
   *   `credentials.name` or `credentials.key` as for one that is added.
   */
  replaceCredential(credential: Credential): Promise<void>;
  /** Sets `usedAt`, unless it is as late already; nothing where there is none of this id. */
  noteUse(id: string, at: number): Promise<void>;
  /**
   * Marks something as used up.
   *
   * @param digest SHA-256 of it, lower-case hex.
   * @param until when it would have ended by itself.
   * @returns false where it was already.
   */
  spendOnce(digest: string, until: number): Promise<boolean>;
}
