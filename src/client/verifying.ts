import type { FoundEndorsements } from '../appraisal/bundle/input.ts';
import type { BundleVerifier } from '../appraisal/bundle/verifier.ts';
import type { Services } from '../protocol/node.ts';
import type { Candidate } from '../protocol/session/candidates.ts';
import type { Credential, Gateway } from './gateway.ts';
import type { SessionKeys, SuiteName } from './keys.ts';
import type { LogMemory } from './log-memory.ts';
import type { LogTrust } from './log-trust.ts';
import type { PolicySource } from './policy-source.ts';
import type { ServerKeys } from './server-keys.ts';
import type { NodeView } from './view.ts';

/** What machines are verified by. */
export interface VerifyingDeps {
  readonly gateway: Gateway;
  readonly verifier: BundleVerifier;
  readonly policies: PolicySource;
  /** Undefined where nothing is asked of the ledger. */
  readonly log: { readonly trust: LogTrust; readonly memory: LogMemory } | undefined;
  readonly freshness: 'challenge' | 'epoch';
  readonly suite: SuiteName;
  /** Milliseconds, both. */
  readonly longestKeyLife: number;
  readonly verifiedFor: number;
  readonly find: (bundle: Uint8Array, at: number) => Promise<FoundEndorsements>;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A machine that requests may be sealed for. */
export interface VerifiedMachine extends SessionKeys, ServerKeys {
  readonly node: string;
  readonly pool: string;
  /** As its operator named it, and where it is said to be reached: hints. */
  readonly name: string;
  readonly services: Services;
  /** SHA-384 of the keyset, lower-case hex. */
  readonly keyset: string;
  /** In milliseconds since the epoch. */
  readonly until: number;
  readonly view: NodeView;
}

/** A machine as a gateway proposes it. */
export interface Proposal {
  readonly pool: string;
  readonly candidate: Candidate;
  readonly credential: Credential;
}
