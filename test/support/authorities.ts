import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { signingKeyIn } from '../../src/cli/signing-key-file.ts';
import type { CertificateSigner } from '../../src/gateway/certificates/signer.ts';
import { SshAuthority } from '../../src/gateway/certificates/ssh-authority.ts';
import { makeTlsAuthority, TlsAuthority } from '../../src/gateway/certificates/tls-authority.ts';

export const DOMAIN = 'fleet.example';

export function signerOf(kind: 'ed25519' | 'p256'): CertificateSigner {
  const { privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const { publicKey, sign } = signingKeyIn('key', new TextEncoder().encode(pem));
  return { publicKey, sign: async (message) => sign(message) };
}

export interface AuthoritiesBed {
  readonly ssh: SshAuthority;
  readonly tls: TlsAuthority;
}

/** @param now about which the CA's certificate is valid, in milliseconds since the epoch. */
export async function authorities(now: number): Promise<AuthoritiesBed> {
  const signer = signerOf('p256');
  const der = await makeTlsAuthority(signer, {
    domain: DOMAIN,
    from: now - 86_400_000,
    until: now + 86_400_000,
    serial: new Uint8Array(randomBytes(16)),
  });
  return { ssh: new SshAuthority(signerOf('ed25519')), tls: new TlsAuthority(signer, der, DOMAIN) };
}
