import type { CertificateSigner } from './signer.ts';

/** A key that signs elsewhere, as WebCrypto hands keys around; only {@link signingElsewhere} can use it. */
class SignerHandle implements CryptoKey {
  readonly type = 'private';
  readonly extractable = false;
  readonly algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  readonly usages: KeyUsage[] = ['sign'];
  readonly signer: CertificateSigner;

  constructor(signer: CertificateSigner) {
    this.signer = signer;
  }
}

export function signerHandle(signer: CertificateSigner): CryptoKey {
  return new SignerHandle(signer);
}

async function sign(_: unknown, handle: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
  if (!(handle instanceof SignerHandle)) throw new TypeError('not the key of an authority');
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return new Uint8Array(await handle.signer.sign(bytes)).buffer;
}

/** The one function of WebCrypto that `@peculiar/x509` calls where serial numbers are given to it. */
export const signingElsewhere = { subtle: { sign } } as unknown as Crypto;
