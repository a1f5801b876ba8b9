import type { CertificateUse } from '../../ledger/leaf/leaf.ts';

/**
 * Certificates for those who trust this gateway's authorities: whoever holds their keys can make
 * any machine out of anything for them. Each is a leaf of the ledger before anybody has it.
 */
export interface CertificateService {
  /**
   * Certifies a key of a node that is admitted now; where it was on the same decision and not half
   * of that certificate's life has passed, it is that one again.
   *
   * @throws Fault `missing` for a node that is not there and an authority that is not configured,
   *   `conflict` for a node that is not admitted now, or not with this key, `usage` for a name that
   *   is not its own, `unreachable` where the clock, the pool's policy or the authority's key can't
   *   be relied on. Then there is no certificate.
   */
  issue(node: string, wish: CertificateWish): Promise<IssuedCertificate>;
  /** What has to be known to take certificates: the authorities, and the names that they may give. */
  authorities(): AuthoritiesView;
  /**
   * That a certificate is in the ledger, and the decision that it rests on.
   *
   * @param sha256 of the certificate, lower-case hex.
   * @throws Fault `missing`.
   */
  proof(sha256: string): Promise<CertificateProof>;
}

export interface CertificateWish {
  readonly use: CertificateUse;
  /** SSH's wire form, or SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  /** For whom it has to be; left out: the node's own name. */
  readonly names?: readonly string[];
}

export interface IssuedCertificate {
  readonly use: CertificateUse;
  /** As it is installed: a line for `HostCertificate`, or PEM with the authority's behind it. */
  readonly certificate: string;
  /** Of the certificate, lower-case hex. */
  readonly sha256: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Id of the decision that it rests on. */
  readonly decision: string;
  readonly leaf: { readonly origin: string; readonly index: number; readonly size: number };
}

export interface AuthoritiesView {
  /** Below it are all names that are certified; undefined: nothing is. */
  readonly domain?: string;
  /** Milliseconds. */
  readonly life?: number;
  readonly pools: readonly { readonly pool: string; readonly hosts: string }[];
  readonly ssh?: { readonly key: string; readonly fingerprint: string };
  /** PEM. */
  readonly tls?: { readonly certificate: string };
}

export interface CertificateProof {
  /** Of the certificate and of the decision: the leaf as it stands, and its tlog-proof. */
  readonly issued: ProvenLeaf;
  readonly decision: ProvenLeaf;
}

export interface ProvenLeaf {
  readonly entry: Uint8Array;
  readonly proof: Uint8Array;
}
