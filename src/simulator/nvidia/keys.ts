import { deriveP384Key, p256PublicKeyInfo } from '../p384-keys.ts';

/** Bytes of a SubjectPublicKeyInfo on P-384; on P-256 there are 91. */
const P384_INFO_SIZE = 120;

/** DER of a SubjectPublicKeyInfo; NVIDIA's keys are all on P-384. */
export function publicKeyInfo(seed: string, label: string, type: 'P-384' | 'P-256'): Uint8Array {
  return type === 'P-384'
    ? deriveP384Key(seed, label).publicKeyInfo
    : p256PublicKeyInfo(seed, label);
}

/** What a SubjectPublicKeyInfo has in its BIT STRING: 0x04 ‖ x ‖ y. */
export function keyBits(info: Uint8Array): Uint8Array {
  return info.subarray(info.length - (info.length === P384_INFO_SIZE ? 97 : 65));
}
