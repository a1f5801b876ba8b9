import { parseSshKeyBlob, SSH_ED25519, sshEd25519Blob } from '../../src/core/ssh/public-key.ts';
import {
  sshCertificateLine,
  sshCertificateToSign,
  writeSshCertificate,
} from '../../src/core/ssh/write-certificate.ts';
import { ED25519_KEY } from './keyset.ts';

/** A line of a host certificate that nobody signed. */
export function sshHostCertificate(host: string): string {
  const key = parseSshKeyBlob(sshEd25519Blob(ED25519_KEY), 'key');
  const from = BigInt(Date.UTC(2026, 5, 1, 12) / 1000);
  const toSign = sshCertificateToSign({
    nonce: new Uint8Array(32),
    ...{ key, serial: 1n, type: 'host', keyId: host, principals: [host] },
    ...{ validAfter: from, validBefore: from + 1800n, criticalOptions: [], extensions: [] },
    authority: key,
  });
  const signature = new Uint8Array(64).fill(1);
  const made = writeSshCertificate(toSign, { algorithm: SSH_ED25519, signature });
  return `${sshCertificateLine(made)}\n`;
}
