import type { Certificate } from '../../core/x509/certificate.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { OcspInput } from '../../evidence/nvidia/input.ts';
import type { Provenance } from '../provenance.ts';

/** A manifest (XML) or an OCSP response (DER), as it came and as it is kept. */
export interface NvidiaDocument {
  /** As untrusted as what came over the network. */
  readonly bytes: Uint8Array;
  /** What an OCSP request carried, and the response therefore must. */
  readonly nonce?: Uint8Array;
  /** Undefined for a file that somebody put there by hand. */
  readonly provenance: Provenance | undefined;
}

/** What a verified document says of itself; times in milliseconds since the epoch. */
export interface NvidiaFacts {
  /** thisUpdate of a response; the start of a manifest's signer. An older issue never replaces a newer one. */
  readonly issued: number;
  /** When all of it is in date: of a manifest the certificates of its signer, of a response also whoever signed. */
  readonly validity: Validity;
  /** Of an OCSP response. */
  readonly status?: 'good' | 'revoked' | 'unknown';
  /** Why it was revoked, where the response says so. */
  readonly reason?: string;
  /** Of a manifest: the certificates of its signer, leaf first, root last. */
  readonly signer?: readonly Certificate[];
}

export interface VerifiedNvidiaDocument extends NvidiaDocument {
  readonly facts: NvidiaFacts;
}

/** A verified document of NVIDIA's, and how far it can be relied on. */
export interface NvidiaEndorsement extends VerifiedNvidiaDocument {
  /** `outdated`: nothing better could be had; a verifier will not accept with it. */
  readonly state: 'current' | 'outdated';
  readonly from: 'memory' | 'folder' | 'network';
  /** The last instant at which it is in date. */
  readonly validUntil: number;
  /**
   * When to call `refresh`, in milliseconds since the epoch: of an OCSP response half-way to
   * its end. A whole fleet shares the CAs: the caller adds jitter.
   */
  readonly refreshAt: number;
  /** Why this is not what a reachable, honest source would have given; empty when it is. */
  readonly warnings: readonly string[];
}

/** The form in which a verifier takes a response. */
export function ocspInputOf({ bytes, nonce }: Pick<NvidiaDocument, 'bytes' | 'nonce'>): OcspInput {
  return { response: bytes, ...(nonce && { nonce }) };
}
