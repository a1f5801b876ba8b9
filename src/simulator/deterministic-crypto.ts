import type { SimulatorKey } from './keys.ts';

/** A private key as WebCrypto hands it around; only {@link deterministicCrypto} can use it. */
class KeyHandle implements CryptoKey {
  readonly type = 'private';
  readonly extractable = false;
  readonly algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  readonly usages: KeyUsage[] = ['sign'];
  readonly key: SimulatorKey;

  constructor(key: SimulatorKey) {
    this.key = key;
  }
}

export function keyHandle(key: SimulatorKey): CryptoKey {
  return new KeyHandle(key);
}

async function sign(
  _algorithm: unknown,
  handle: CryptoKey,
  data: BufferSource,
): Promise<ArrayBuffer> {
  if (!(handle instanceof KeyHandle)) throw new TypeError('not a key of the simulator');
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return new Uint8Array(handle.key.sign(bytes)).buffer;
}

/**
 * The one function that `@peculiar/x509` calls when it makes a certificate or a CRL.
 * WebCrypto's own ECDSA draws a random nonce, which would change every fixture at each run.
 */
export const deterministicCrypto = { subtle: { sign } } as unknown as Crypto;
