import type { CertificateUse } from '../../ledger/leaf/leaf.ts';

/** One of the gateway's authorities: it says what it is told, who may be certified is not its to know. */
export interface Authority {
  readonly use: CertificateUse;
  /** SHA-256 of its key: SSH's wire form, SubjectPublicKeyInfo of TLS. */
  readonly id: Uint8Array;
  /** When it may speak, in milliseconds since the epoch; undefined: whenever it is asked. */
  readonly validity: { readonly from: number; readonly to: number } | undefined;
  /** @throws Fault `unreachable` where its key can't be asked, or what it signed is not good. */
  readonly certify: (asked: ToCertify) => Promise<Certified>;
}

export interface ToCertify {
  /** SSH's wire form, or SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  readonly host: string;
  /** Milliseconds since the epoch, all three. */
  readonly now: number;
  readonly from: number;
  readonly until: number;
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
  /** Id of the decision that it rests on. */
  readonly decision: string;
  /** `sha256:<hex>` of the bundle that was decided about. */
  readonly bundle: string;
}

export interface Certified {
  /** SSH's wire form, or DER. */
  readonly bytes: Uint8Array;
  /** A line of a `…-cert.pub` file, or PEM with the authority's certificate behind it. */
  readonly text: string;
}
