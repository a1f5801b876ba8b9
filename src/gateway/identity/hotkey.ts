import { toHex } from '../../core/bytes/hex.ts';
import { fromSs58 } from '../../core/encoding/ss58.ts';
import type { PublicKeyProof } from './credential.ts';

/** What a validator of Bittensor is known by: `5…`, the SS58 address of its sr25519 hotkey. */
export function hotkeyProof(address: string, at: string): PublicKeyProof {
  return { kind: 'sr25519', publicKey: toHex(fromSs58(address, at)) };
}
