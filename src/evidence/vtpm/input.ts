import type { AnchorKind } from '../../core/x509/anchors.ts';
import type { Verification } from '../verification.ts';

/** The verified evidence that the vTPM is held against, as far as it matters here. */
export interface HardwareEvidence {
  readonly kind: 'snp' | 'tdx';
  /** REPORT_DATA, 64 bytes, of the evidence whose signature was looked at; undefined when it is unreadable. */
  readonly reportData: Uint8Array | undefined;
  readonly authentic: boolean;
  /** SNP: at which VMPL the report was requested; undefined when it is unreadable. */
  readonly vmpl?: number | undefined;
  /** Of its certificates; a vTPM's key has none of its own. `unchecked` when left out. */
  readonly revocation?: Verification['revocation'];
}

/** A TPM quote as a TPM2_Quote returns it. */
export interface TpmQuoteInput {
  /** TPMS_ATTEST, the bytes that were signed. */
  readonly message: Uint8Array;
  /** Bare RSA signature, or TPMT_SIGNATURE. */
  readonly signature: Uint8Array;
}

/** What a verification is about, and what is asked beyond the baseline. */
export interface VtpmInput {
  /** The HCL report out of NV index 0x01400001. */
  readonly hcl: Uint8Array;
  readonly evidence: HardwareEvidence;
  readonly quote?: TpmQuoteInput;
  /** PCR values as JSON: an array of 24, or an object by bank and index. */
  readonly pcrs?: Uint8Array;
  /** What the quote's extraData must be, to the byte. */
  readonly nonce?: Uint8Array;
  /** Up to 64 bytes that the runtime data's user data must hold, zeros behind them. */
  readonly userData?: Uint8Array;
  /** Milliseconds since the epoch; nothing here has dates, it is what the result says. */
  readonly at: number;
  /** Whose root the evidence chains to. */
  readonly anchors: AnchorKind;
}
