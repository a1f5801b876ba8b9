import type { Claims } from '../../evidence/verification.ts';
import type { Keyset } from './keyset.ts';
import type { ShownKey } from './possession.ts';
import type { Challenge } from './transcript.ts';

/** What CPU evidence can commit to, by the word that a result uses. */
export const BINDS = {
  purpose: 'who asked, and what for',
  keyset: 'the exact bytes of a keyset, and so every key in it',
  'device-evidence': 'the exact bytes of the devices’ evidence, or that there is none',
  'tls-spki': 'the key of a TLS server, by its SubjectPublicKeyInfo',
  'ssh-host-key': 'the key of an SSH server',
  'e2e-key': 'the ML-KEM key that requests are encrypted to',
  'hpke-key': 'the X25519 key that requests are encrypted to',
  'crypto-material': 'the exact bytes of a list of keys',
  'gpu-uuids': 'the UUIDs that the driver gave for the GPUs',
  'app-data': 'bytes of the application’s own choice',
  'runtime-data': 'the exact bytes of the paravisor’s claims',
  'vtpm-ak': 'the key that signs the vTPM’s quotes',
} as const satisfies Record<string, string>;

export type Bind = keyof typeof BINDS;

/** What a bundle can leave open even when all that it binds is right. */
export const NOT_PROVEN = {
  freshness: 'no challenge of the verifier’s is in it: it may be a recording',
  'domain-separation':
    'nothing in it says what it was made for: evidence asked for on another occasion may fit',
  'device-binding':
    'the CPU does not commit to the devices’ evidence: it may come from another machine',
  'device-identity': 'the UUIDs of GPUs are the driver’s word, which no device signs',
  workload: 'what is served is not in what was measured',
  model: 'no measured software says what weights it serves',
  locality: 'nothing ties a device to this chassis: its evidence can be relayed',
} as const satisfies Record<string, string>;

export type NotProven = keyof typeof NOT_PROVEN;

export const NOT_PROVEN_NAMES = Object.keys(NOT_PROVEN) as readonly NotProven[];

/** What the inputs of a recipe come to. */
export interface Bound {
  /** What REPORT_DATA must be, 64 bytes. */
  readonly reportData: Uint8Array;
  /**
   * What each GPU and switch must have signed as its nonce, 32 bytes; undefined where the
   * recipe ties no device to the CPU's challenge.
   */
  readonly deviceNonce: Uint8Array | undefined;
  /** The challenge that is answered, 32 bytes; undefined where the recipe has none. */
  readonly nonce: Uint8Array | undefined;
  /** Who asked and what for, where the recipe says so. */
  readonly purpose?: string;
  readonly keyset?: Keyset;
  /** Keys that are shown as they are, each to be held against the keyset and this challenge. */
  readonly shown?: { readonly keys: readonly ShownKey[]; readonly challenge: Challenge };
  readonly binds: readonly Bind[];
  readonly notProven: readonly NotProven[];
  /** The keys and whatever else was bound, digests as lower-case hex. */
  readonly claims: Claims;
}
