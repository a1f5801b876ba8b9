import type { PublicKey } from '../../core/x509/public-key.ts';

/**
 * The key of an authority, wherever it is: in a file, behind an ssh-agent, in an enclave of its
 * own. Whoever holds it can make any machine out of anything, in the eyes of those who trust it.
 */
export interface CertificateSigner {
  readonly publicKey: PublicKey;
  /**
   * @returns Ed25519: 64 bytes; P-256 over SHA-256: r ‖ s, 64 bytes.
   * @throws Fault `unreachable` where the key can't be asked.
   */
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}
