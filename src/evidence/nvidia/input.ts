/** The instants to verify at, in milliseconds since the epoch. */
export interface NvidiaClocks {
  /** Of the device's own certificates. */
  readonly evidence: number;
  /** Of the manifests' signers. */
  readonly rim: number;
  /** Of the OCSP responses about the device's certificates, and of those who signed them. */
  readonly ocsp: number;
  /** Of the OCSP responses about the manifests' signers, and of those who signed them. */
  readonly rimOcsp: number;
}

export type DeviceKind = 'gpu' | 'switch';

/** An OCSP response, and the nonce that it was asked with, where it was. */
export interface OcspInput {
  /** OCSPResponse, DER. */
  readonly response: Uint8Array;
  readonly nonce?: Uint8Array;
}

/** What the caller allows beyond the baseline. Each use of it is a check that reads `skipped`. */
export interface NvidiaRelaxation {
  /** Manifests whose signer is on hold (RFC 5280 certificateHold): drivers before their release. */
  readonly rimHold?: true;
  /** Manifests whose signer is past its validity; never one from before it. */
  readonly rimExpired?: true;
  /** Types of opaque fields that this release does not know. */
  readonly opaqueTypes?: readonly number[];
}

/** What NVIDIA says about devices, as far as it is at hand. */
export interface NvidiaEndorsements {
  /** SWID manifests (RIM), XML, of driver and VBIOS or BIOS, in any order. */
  readonly rims?: readonly Uint8Array[];
  /** Why one is missing, e.g. that NVIDIA's service has none; by the id of the manifest. */
  readonly rimMissing?: ReadonlyMap<string, string>;
  readonly ocsp?: readonly OcspInput[];
  /** Why responses are missing, where they are required. */
  readonly ocspMissing?: string;
}

/** What is asked beyond the baseline of any device. */
export interface NvidiaRequests {
  /** The requester's nonce, 32 bytes. */
  readonly nonce?: Uint8Array;
  /** Without it a missing OCSP response only leaves the revocation unchecked. */
  readonly revocation?: 'required';
  readonly relax?: NvidiaRelaxation;
}

/** One device: what it signed, and the certificates under which it did. */
export interface NvidiaDevice {
  /** SPDM GET_MEASUREMENTS request, 37 bytes, and the MEASUREMENTS response behind it. */
  readonly report: Uint8Array;
  /** Five certificates in PEM, leaf first. */
  readonly chain?: Uint8Array;
}

/** What a verification of one device is about. */
export interface NvidiaInput extends NvidiaDevice, NvidiaEndorsements, NvidiaRequests {
  /** The kind of device that it must be. */
  readonly device?: DeviceKind;
  readonly at: NvidiaClocks;
}

export function nvidiaClocksAt(now: number): NvidiaClocks {
  return { evidence: now, rim: now, ocsp: now, rimOcsp: now };
}
