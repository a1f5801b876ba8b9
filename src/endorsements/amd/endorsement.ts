import type { Fault } from '../../core/fault.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { Failure } from '../failure.ts';
import type { Provenance } from '../provenance.ts';
import type { VerifiedAmdDocument } from './arrival.ts';
import type { AmdKey } from './key.ts';

/** A verified document of AMD's, and how far it can be relied on. */
export interface AmdEndorsement {
  /** DER; of a chain PEM, the intermediate before the root. */
  readonly bytes: Uint8Array;
  /** `outdated`: nothing better could be had; a verifier will not accept with it. */
  readonly state: 'current' | 'outdated';
  readonly from: 'memory' | 'folder' | 'network' | 'built-in';
  /** Undefined for what nobody fetched: built in, or put into the folder by hand. */
  readonly provenance: Provenance | undefined;
  /** With the certificates above it; milliseconds since the epoch. */
  readonly validity: Validity;
  /** The last instant at which it is in date. */
  readonly validUntil: number;
  /**
   * When to call `refresh`, in milliseconds since the epoch; for a certificate not before it
   * ends. A whole fleet shares one CRL: the caller adds jitter.
   */
  readonly refreshAt: number;
  /** Why this is not what a reachable, honest source would have given; empty when it is. */
  readonly warnings: readonly string[];
}

export type AmdRefresh =
  | {
      readonly outcome: 'accepted';
      readonly endorsement: AmdEndorsement;
      /** Why it, though good, is not in the folder. */
      readonly notKept?: Fault;
    }
  | Failure;

const HOUR = 3_600_000;
/** AMD's CRLs run for weeks; a revocation should be noticed well before. */
const CRL_MAX_AGE_MS = 7 * 24 * HOUR;

/** How long what was fetched is good for without asking again. */
export class Freshness {
  readonly #crlMaxAge: number;
  readonly #network: 'online' | 'offline';

  /** @param crlMaxAge in milliseconds. */
  constructor(network: 'online' | 'offline', crlMaxAge = CRL_MAX_AGE_MS) {
    this.#network = network;
    this.#crlMaxAge = crlMaxAge;
  }

  isFresh(key: AmdKey, document: VerifiedAmdDocument, now: number): boolean {
    if (!isInDate(document, now)) return false;
    if (key.kind !== 'crl' || this.#network === 'offline') return true;
    // Of a CRL whose age nobody knows, or that claims to be fetched in the future: ask.
    const age = document.provenance && now - document.provenance.fetchedAt;
    return age !== undefined && age > -HOUR && age < this.#crlMaxAge;
  }

  /** Half the remaining life leaves as much again for a source that is down. */
  refreshAt({ kind }: AmdKey, { provenance, validity }: VerifiedAmdDocument): number {
    const { from, to } = validity;
    if (kind !== 'crl') return to;
    const since = provenance?.fetchedAt ?? from;
    return since + Math.min(this.#crlMaxAge, Math.max(0, to - since) / 2);
  }

  answer(
    key: AmdKey,
    document: VerifiedAmdDocument,
    from: AmdEndorsement['from'],
    state: AmdEndorsement['state'],
    warnings: readonly string[],
  ): AmdEndorsement {
    const { bytes, provenance, validity } = document;
    const validUntil = validity.to;
    const refreshAt = this.refreshAt(key, document);
    return { bytes, state, from, provenance, validity, validUntil, refreshAt, warnings };
  }
}

export function isInDate({ validity }: VerifiedAmdDocument, at: number): boolean {
  return validity.from <= at && at <= validity.to;
}
