import type { BundleAnchors, FoundEndorsements } from '../appraisal/bundle/input.ts';
import type { Memory } from './memory.ts';
import type { CheckedReceipt } from './receipt.ts';

/**
 * By which policy machines are judged. The first two hold one document fast; the third lets its
 * owners go on to later revisions, which they have to sign.
 */
export type PolicyPin =
  /** The policy itself, YAML or JSON. */
  | { readonly file: Uint8Array | string }
  /** `sha256:<hex>` of its canonical bytes; the gateway hands the document over. */
  | { readonly digest: string }
  | {
      readonly name: string;
      /** A keyring (JSON), or the owners' public keys in PEM and how many of them have to sign. */
      readonly signers:
        | { readonly keyring: Uint8Array | string }
        | { readonly keys: readonly string[]; readonly threshold: number };
      /** Revisions before this one are refused, also at first contact. */
      readonly leastRevision: number;
    };

/**
 * By whose signatures the ledger is known: its verifier key (C2SP signed-note), or a C2SP tlog-policy
 * that names log, witnesses and quorum. `'unchecked'` asks the ledger nothing, and is shown as such.
 */
export type LedgerTrust =
  | { readonly verifierKey: string }
  | { readonly tlogPolicy: Uint8Array | string }
  | 'unchecked';

/** By what machines are verified, and who relays what is asked of them. */
export interface MachinesOptions {
  /** The gateway's address, `https://gateway.example`; http on this machine alone. */
  readonly gateway: string;
  readonly policy: PolicyPin;
  readonly ledger: LedgerTrust;
  readonly region?: string;
  /**
   * The gateway's API key. Requests bring their own `Authorization`, which is that too; this is for
   * what is asked before there is one, and for requests without. Never sealed, never sent elsewhere.
   */
  readonly apiKey?: string | (() => string | Promise<string>);
  /**
   * Roots in the place of the vendors', by kind of evidence: a simulator's, somebody's own. Whatever
   * rests on them is marked (`anchors`), and decisions that rested on such are taken from the ledger
   * only for machines that this client finds to rest on them too.
   */
  readonly anchors?: Partial<BundleAnchors>;
  /**
   * What vendors say of a bundle's pieces, found by the caller, in the place of what the bundle brings
   * along: fresher, where their services can be reached.
   */
  readonly endorsements?: (bundle: Uint8Array, at: number) => Promise<FoundEndorsements>;
  /**
   * A policy has to pin something that only its operator's machines have: anybody can run the same
   * software on his own genuine hardware. `true` takes one that does not.
   */
  readonly acceptAnyDeployment?: true;
  /**
   * `challenge`, the default: each machine answers a nonce of this client. `epoch`: evidence that
   * all clients share, for a checkpoint that the ledger's witnesses cosigned no more than ten
   * minutes ago; needs a `tlogPolicy` with a quorum.
   */
  readonly freshness?: 'challenge' | 'epoch';
  /** What is sealed with, and nothing else: `x25519` has to be asked for. */
  readonly suite?: 'mlkem768-x25519' | 'x25519';
  /** Keys whose keyset lasts longer are refused; milliseconds, two hours by default. */
  readonly longestKeyLife?: number;
  /**
   * How long a verified machine is taken for one, from when its evidence was asked for;
   * milliseconds, at most and by default ten minutes.
   */
  readonly verifiedFor?: number;
  /**
   * How long one look at the gateway may take (candidates, evidence, policy, ledger), from asking to
   * the last byte; milliseconds, 75 seconds by default. A gateway gives up after a minute itself, and
   * then says why.
   */
  readonly longestLook?: number;
  /** Where revisions and checkpoints are remembered; in this process alone by default. */
  readonly memory?: Memory;
  /** The platform's by default. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly randomBytes?: (length: number) => Uint8Array;
}

export interface PosternOptions extends MachinesOptions {
  /** Which machines: a pool by name. Left out, the model that a request names decides. */
  readonly pool?: string;
  /** In bytes; 64 MiB by default. A request is held in memory, since it may have to be sealed again. */
  readonly largestRequest?: number;
  /** Whether an answer is continued after its connection broke; `true` by default. */
  readonly resume?: boolean;
  readonly onReceipt?: (receipt: CheckedReceipt) => void;
}
