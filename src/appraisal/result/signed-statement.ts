import { SignJWT } from 'jose';
import type { EarSigner } from './ear-jwt.ts';

/**
 * Claims under a signature, compact serialisation, for whoever has the issuer's key set.
 *
 * @param type of what it states; a token of one type is never taken for one of another.
 */
export function signStatement(
  type: string,
  claims: Readonly<Record<string, unknown>>,
  { algorithm, keyId, privateKey }: EarSigner,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, typ: type, kid: keyId })
    .sign(privateKey);
}
