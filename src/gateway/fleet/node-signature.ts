import { importEd25519, verifyEd25519 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { importSr25519, verifySr25519 } from '../../core/crypto/sr25519.ts';
import type { NodeKey } from './node.ts';

/** Whether a node's key made a signature; false for what is no key, or no signature. */
export function verifyNodeSignature(
  { algorithm, publicKey }: NodeKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const point = fromHex(publicKey, 'key.publicKey');
  if (algorithm === 'ed25519') {
    const key = importEd25519(point);
    return key !== undefined && verifyEd25519(key, message, signature);
  }
  const key = importSr25519(point);
  return key !== undefined && verifySr25519(key, message, signature);
}
