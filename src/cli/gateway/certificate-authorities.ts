import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { PublicKey } from '../../core/x509/public-key.ts';
import { SshAuthority } from '../../gateway/certificates/ssh-authority.ts';
import { TlsAuthority } from '../../gateway/certificates/tls-authority.ts';
import { readAuthorityKey } from '../certificates/authority-key.ts';
import { type Io, usage } from '../io.ts';
import type { CertificatesConfig } from './certificates-config.ts';

export type At = <T>(path: string, read: () => Promise<T>) => Promise<T | undefined>;

/** A gateway's authorities, each if it is configured. */
export interface Authorities {
  readonly ssh: SshAuthority | undefined;
  readonly tls: TlsAuthority | undefined;
}

/** @param at takes what is wrong with a member, and gives nothing for it. */
export async function readAuthorities(
  io: Io,
  config: CertificatesConfig | undefined,
  at: At,
): Promise<Authorities> {
  const { ssh, tls } = config ?? {};
  const sshSigner = ssh && (await at('certificates.ssh.key', () => readAuthorityKey(ssh.key)));
  return {
    ssh: sshSigner && (await at('certificates.ssh.key', async () => new SshAuthority(sshSigner))),
    tls:
      config &&
      tls &&
      (await at('certificates.tls', () =>
        readTlsAuthority(io, config, tls, sshSigner?.publicKey.keyId),
      )),
  };
}

async function readTlsAuthority(
  io: Io,
  { domain }: CertificatesConfig,
  { key, certificate }: NonNullable<CertificatesConfig['tls']>,
  keyIdOfSsh: string | undefined,
): Promise<TlsAuthority> {
  const text = fromUtf8(await io.readFile(certificate), certificate);
  const [der, ...more] = fromPem(text, 'CERTIFICATE', certificate);
  if (der === undefined || more.length > 0) throw malformed(certificate, 'want one certificate');
  const signer = await readAuthorityKey(key);
  wantOwnKey(signer.publicKey, keyIdOfSsh);
  try {
    return new TlsAuthority(signer, der, domain);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw usage(`${certificate}: ${error.detail}`);
  }
}

/**
 * However the two are named: whoever has one key changed would take the other authority with it.
 *
 * @throws Fault `usage` where TLS has the key of SSH.
 */
export function wantOwnKey({ keyId }: PublicKey, keyIdOfSsh: string | undefined): void {
  if (keyId === keyIdOfSsh) throw usage('the TLS authority has the SSH authority’s key: want two');
}
