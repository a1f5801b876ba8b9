/** The service that NVIDIA runs; it calls itself by its base URL. */
export const NRAS_ISSUER = 'https://nras.attestation.nvidia.com';

/** What a verification of the service's statement is about. */
export interface NrasInput {
  /** The detached EAT as NVIDIA's service and tools write it, JSON. */
  readonly eat: Uint8Array;
  /**
   * The service's JWK set as it was fetched, or archived for that time, JSON. Trust in it is the
   * caller's: nobody pins a root for these keys, which are new every day. Without it signatures
   * stay unresolved.
   */
  readonly jwks?: Uint8Array;
  /** Why it is missing. */
  readonly jwksMissing?: string;
  /** 32 bytes. Without it nothing is said about freshness, and the claims say so. */
  readonly nonce?: Uint8Array;
  /** ueids (decimal) of the devices whose evidence is at hand: it must be about none but these. */
  readonly devices?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Who must have issued it; {@link NRAS_ISSUER} unless said. */
  readonly issuer?: string;
}
