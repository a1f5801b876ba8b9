import type { AnchorKind } from '../../core/x509/anchors.ts';
import type { EndorsementKind } from '../../evidence/relied-on.ts';
import type { CheckId, Verdict } from '../../evidence/verdict.ts';
import type { NamedPolicy } from './terms.ts';

/**
 * What the ledger tells anybody, for ever: digests and words of our own. No hardware identity, no
 * address and no evidence stands in it, and what could be guessed is hashed under a salt.
 */
export type Leaf =
  | PolicyPublished
  | PolicyActivated
  | PolicyDeprecated
  | PolicyRevoked
  | DecisionLeaf
  | AdmissionGranted
  | AdmissionRefused
  | AdmissionRevoked
  | KeyBound
  | CertificateIssued
  | EndorsementsSeen
  | AnchorChanged
  | OperatorOverride
  | GatewayStarted;

export type LeafType = Leaf['type'];

export interface LeafBase<Type extends string> {
  readonly v: 1;
  readonly type: Type;
  /** 16 bytes in lower-case hex, unique in the ledger: random, or of what is said once (`firstSeenId`). */
  readonly id: string;
  /** When it was put down, in milliseconds since the epoch. */
  readonly time: number;
}

export interface PolicyPublished extends LeafBase<'policy.published'> {
  readonly policy: NamedPolicy;
}

export interface PolicyActivated extends LeafBase<'policy.activated'> {
  readonly policy: NamedPolicy;
}

export interface PolicyDeprecated extends LeafBase<'policy.deprecated'> {
  readonly policy: NamedPolicy;
  /** When it ends, in milliseconds since the epoch. */
  readonly sunset: number;
}

export interface PolicyRevoked extends LeafBase<'policy.revoked'> {
  readonly policy: NamedPolicy;
  readonly reason: string;
}

/** What was decided; what was seen is in the record, which is archived and can be forgotten. */
export interface DecisionLeaf extends LeafBase<'decision'> {
  readonly engine: string;
  /**
   * The instant that it was decided for, in milliseconds since the epoch. Most are about the moment
   * in which they are put down; one that is not speaks of another time.
   */
  readonly at: number;
  /** `null` where the baseline alone decided. */
  readonly policy: NamedPolicy | null;
  readonly verdict: Verdict;
  readonly authentic: boolean;
  /** Whose roots it rests on: a simulator's machine never reads as a vendor's. */
  readonly anchors: AnchorKind;
  /** Ids of the checks that failed or stayed open, each once, sorted. */
  readonly codes: readonly CheckId[];
  /** The machine: its hardware's identities, salted. */
  readonly subject: `hmac-sha256:${string}`;
  /** `sha256:<hex>` of the record's manifest. */
  readonly record: string;
  /** `sha256:<hex>` of the result token, where one was made. */
  readonly ear?: string;
}

export interface AdmissionGranted extends LeafBase<'admission.granted'> {
  /** Id of the leaf of the decision that it rests on. */
  readonly decision: string;
  /** When it ends by itself, in milliseconds since the epoch. */
  readonly until: number;
}

/** The evidence is acceptable, and who shows it is not let in all the same. */
export interface AdmissionRefused extends LeafBase<'admission.refused'> {
  readonly decision: string;
  /** Which rule of the fleet is in the way. */
  readonly code: string;
}

export interface AdmissionRevoked extends LeafBase<'admission.revoked'> {
  /** Id of the leaf that granted it. */
  readonly admission: string;
  readonly code: string;
}

export interface KeyBound extends LeafBase<'key.bound'> {
  readonly decision: string;
  /** Of the keyset's SHA-384, under the salt of the decision's record. */
  readonly keyset: `hmac-sha256:${string}`;
}

/** Somebody who trusts the gateway's authority takes a key for a machine's: on what that rests. */
export interface CertificateIssued extends LeafBase<'certificate.issued'> {
  /** Id of the leaf of the decision that the machine is admitted by. */
  readonly decision: string;
  readonly use: CertificateUse;
  /** `sha256:<hex>` of the certificate: SSH's wire form, DER of TLS. */
  readonly certificate: string;
  /** `sha256:<hex>` of the authority's key: SSH's wire form, SubjectPublicKeyInfo of TLS. */
  readonly authority: string;
  /** `sha256:<hex>` of the bundle that was decided about: the quote, and the key with its signature. */
  readonly bundle: string;
  /** Of the key's SHA-256, under the salt of the decision's record. */
  readonly key: `hmac-sha256:${string}`;
  /** Of the names, under the same salt: they are addresses. */
  readonly names: `hmac-sha256:${string}`;
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
}

export const CERTIFICATE_USES = ['ssh-host', 'tls'] as const;
export type CertificateUse = (typeof CERTIFICATE_USES)[number];

export interface EndorsementsSeen extends LeafBase<'endorsements.seen'> {
  /** `sha256:<hex>` of the set. */
  readonly set: string;
  /** What is in it, each once, sorted. */
  readonly kinds: readonly EndorsementKind[];
}

/** Whose word is trusted about what. */
export type AnchorSlot = 'tdx' | 'snp' | 'nvidia.device' | 'nvidia.rim';

export interface AnchorChanged extends LeafBase<'anchor.changed'> {
  readonly vendor: AnchorSlot;
  /** `sha256:<hex>` of the root's certificate, DER. */
  readonly anchor: string;
  readonly change: 'added' | 'removed';
}

export interface OperatorOverride extends LeafBase<'operator.override'> {
  /** Who asked for it: `sha256:<hex>` of a key's SubjectPublicKeyInfo, or of `credential <id>`. */
  readonly operator: string;
  readonly action: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string;
}

export interface GatewayStarted extends LeafBase<'gateway.started'> {
  readonly engine: string;
  /** Of the ledger: the first line of its checkpoints. */
  readonly origin: string;
  /** `sha256:<hex>` of what it was told. */
  readonly config: string;
}
