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

/** What a gateway would answer with. @param asked times in milliseconds since the epoch. */
export async function certifiedText(
  by: AuthoritiesBed,
  asked: {
    readonly use: 'ssh-host' | 'tls';
    readonly key: Uint8Array;
    readonly host: string;
    readonly now: number;
    readonly until: number;
  },
): Promise<string> {
  const { use, ...rest } = asked;
  const authority = use === 'tls' ? by.tls : by.ssh;
  const { text } = await authority.certify({
    ...rest,
    from: asked.now - 60_000,
    decision: 'cd'.repeat(16),
    bundle: `sha256:${'0'.repeat(64)}`,
    nonce: new Uint8Array(randomBytes(32)),
    serial: new Uint8Array(randomBytes(16)),
  });
  return text;
}
