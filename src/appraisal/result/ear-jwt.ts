import { type CryptoKey, type KeyObject, SignJWT } from 'jose';
import type { EarClaims } from './ear-claims.ts';

/** `typ` of an EAT in a JWT (RFC 9711, section 7). */
export const EAR_TYPE = 'eat+jwt';

/** Algorithms of tokens; a relying party accepts no other. */
export const EAR_ALGORITHMS = ['ES256', 'EdDSA'] as const;

export type EarAlgorithm = (typeof EAR_ALGORITHMS)[number];

export interface EarSigner {
  readonly algorithm: EarAlgorithm;
  /** By which the relying party finds the key in what it has pinned; the key itself never comes along. */
  readonly keyId: string;
  readonly privateKey: CryptoKey | KeyObject;
}

/** A token, compact serialisation. */
export function signEarJwt(
  claims: EarClaims,
  { algorithm, keyId, privateKey }: EarSigner,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, typ: EAR_TYPE, kid: keyId })
    .sign(privateKey);
}
