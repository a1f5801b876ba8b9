import { Fault } from '../../core/fault.ts';
import { hostCertificateProblem } from '../../core/ssh/host-certificate.ts';
import {
  parseSshKeyBlob,
  SSH_ED25519,
  SSH_P256,
  type SshPublicKey,
} from '../../core/ssh/public-key.ts';
import {
  sshCertificateLine,
  sshCertificateToSign,
  sshTextOption,
  writeSshCertificate,
} from '../../core/ssh/write-certificate.ts';
import { SSH_EXTENSIONS } from '../../protocol/certificate.ts';
import type { Authority, Certified, ToCertify } from './authority.ts';
import type { CertificateSigner } from './signer.ts';
import { sshKeyOf } from './ssh-key.ts';

/** Host certificates of OpenSSH, for whoever has an `@cert-authority` line. */
export class SshAuthority implements Authority {
  readonly use = 'ssh-host' as const;
  readonly publicKey: SshPublicKey;
  readonly id: Uint8Array;
  readonly validity = undefined;
  readonly #signer: CertificateSigner;

  constructor(signer: CertificateSigner) {
    this.#signer = signer;
    this.publicKey = sshKeyOf(signer.publicKey);
    this.id = this.publicKey.fingerprint;
  }

  async certify(asked: ToCertify): Promise<Certified> {
    const { key, host, from, until, nonce, serial, decision, bundle } = asked;
    const toSign = sshCertificateToSign({
      nonce,
      key: parseSshKeyBlob(key, 'key'),
      serial: new DataView(serial.buffer, serial.byteOffset).getBigUint64(0),
      type: 'host',
      keyId: `${host} by decision ${decision}`,
      principals: [host],
      validAfter: BigInt(Math.floor(from / 1000)),
      // Not included: no second beyond what it rests on.
      validBefore: BigInt(Math.floor(until / 1000)),
      criticalOptions: [],
      extensions: [
        sshTextOption(SSH_EXTENSIONS.decision, decision),
        sshTextOption(SSH_EXTENSIONS.bundle, bundle),
      ],
      authority: this.publicKey,
    });
    const { publicKey } = this;
    const algorithm = publicKey.algorithm === SSH_ED25519 ? SSH_ED25519 : SSH_P256;
    const signature = await this.#signer.sign(toSign);
    const made = writeSshCertificate(toSign, { algorithm, signature });
    const problem = hostCertificateProblem(made, {
      authorities: [publicKey],
      host,
      now: Math.max(asked.now, from),
    });
    // Whoever has the key may be somebody else by now, or broken.
    if (problem !== undefined) throw new Fault('unreachable', 'certificates.ssh', problem);
    return { bytes: made.blob, text: `${sshCertificateLine(made)}\n` };
  }
}
