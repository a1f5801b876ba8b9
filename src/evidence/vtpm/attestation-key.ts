import { importRsa } from '#crypto';
import type { RsaPublicKey } from '../../core/crypto/port.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { RsaJwk, RuntimeData } from './runtime-data.ts';

/** The key of which the hashed JSON says that it signs this vTPM's quotes. */
export interface AttestationKey {
  readonly key: RsaPublicKey;
  /** Length of the modulus and so of every signature, in bytes. */
  readonly size: number;
}

/** Taken from the hashed JSON and from nowhere else. */
export function attestationKey({ ak }: RuntimeData): AttestationKey | Mismatch {
  const want = 'an RSA key called HCLAkPub, of 2048 to 8192 bits';
  if (ak === undefined) return { want, got: 'no key of that name' };
  const key = importRsa(ak.modulus, ak.exponent);
  return key ? { key, size: ak.modulus.length } : { want, got: describe(ak) };
}

function describe({ modulus, exponent }: RsaJwk): string {
  return `a modulus of ${modulus.length} bytes with an exponent of ${exponent.length}`;
}
