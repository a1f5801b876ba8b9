import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import type { Workload } from '../measure.ts';

/** What no client can beat: ML-KEM to one key, a new X25519 key and one agreement with it. */
export function setupLimit(): Workload {
  const mlKem = generateKeyPairSync('ml-kem-768');
  const x25519 = generateKeyPairSync('x25519');
  return {
    name: 'limit.x-wing',
    prepare: () => () => {
      encapsulate(mlKem.publicKey);
      const { privateKey } = generateKeyPairSync('x25519');
      diffieHellman({ privateKey, publicKey: x25519.publicKey });
    },
  };
}

/** The same of who opens: the keys ready, even the sender's. */
export function openLimit(): Workload {
  const mlKem = generateKeyPairSync('ml-kem-768');
  const { ciphertext } = encapsulate(mlKem.publicKey);
  const { privateKey } = generateKeyPairSync('x25519');
  const { publicKey } = generateKeyPairSync('x25519');
  return {
    name: 'limit.x-wing.open',
    prepare: () => () => {
      decapsulate(mlKem.privateKey, ciphertext);
      diffieHellman({ privateKey, publicKey });
    },
  };
}

const KEY = createSecretKey(randomBytes(32));
const NONCE = randomBytes(12);
const OPTIONS = { authTagLength: 16 };

/** AES-256-GCM straight from node:crypto, its key ready. */
export function sealLimit(name: string, size: number): Workload {
  const plain = randomBytes(size);
  return { name, prepare: () => () => void sealed(plain) };
}

export function openChunkLimit(name: string, size: number): Workload {
  const { ciphertext, tag } = sealed(randomBytes(size));
  return {
    name,
    prepare: () => () => {
      const decipher = createDecipheriv('aes-256-gcm', KEY, NONCE, OPTIONS);
      decipher.setAuthTag(tag);
      decipher.update(ciphertext);
      decipher.final();
    },
  };
}

function sealed(plain: Uint8Array): { ciphertext: Uint8Array; tag: Uint8Array } {
  const cipher = createCipheriv('aes-256-gcm', KEY, NONCE, OPTIONS);
  const ciphertext = cipher.update(plain);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}
