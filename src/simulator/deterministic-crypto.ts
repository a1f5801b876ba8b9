/** Whoever signs a certificate or a CRL, by whatever scheme. */
interface Signer {
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A private key as WebCrypto hands it around; only {@link deterministicCrypto} can use it. */
class KeyHandle implements CryptoKey {
  readonly type = 'private';
  readonly extractable = false;
  readonly algorithm: KeyAlgorithm;
  readonly usages: KeyUsage[] = ['sign'];
  readonly key: Signer;

  constructor(key: Signer, algorithm: KeyAlgorithm) {
    this.key = key;
    this.algorithm = algorithm;
  }
}

const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * @param algorithm what `@peculiar/x509` makes the AlgorithmIdentifier from: a name of
 *   WebCrypto's, or an object identifier with the DER of its `parameters`.
 */
export function keyHandle(key: Signer, algorithm: KeyAlgorithm = ECDSA_P256): CryptoKey {
  return new KeyHandle(key, algorithm);
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

/** The library draws a serial number where it is told 0; AMD's VCEKs have 0 in earnest. */
function getRandomValues(zeros: Uint8Array): Uint8Array {
  return zeros;
}

/**
 * The functions that `@peculiar/x509` calls when it makes a certificate or a CRL.
 * WebCrypto's own ECDSA draws a random nonce, which would change every fixture at each run.
 */
export const deterministicCrypto = { subtle: { sign }, getRandomValues } as unknown as Crypto;
