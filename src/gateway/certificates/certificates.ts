import { sshKeyLine } from '../../core/ssh/public-key.ts';
import { Issuing, type IssuingDeps } from './issuing.ts';
import { hostPattern } from './names.ts';
import { CertificateProofs, type ProofSource } from './proofs.ts';
import type { AuthoritiesView, CertificateService } from './service.ts';
import { SshAuthority } from './ssh-authority.ts';
import { sshFingerprint } from './ssh-key.ts';
import { TlsAuthority } from './tls-authority.ts';

export interface CertificatesDeps extends IssuingDeps {
  readonly store: IssuingDeps['store'] & ProofSource;
  readonly pools: readonly string[];
}

/** The authorities of a gateway, for its fleet. */
export class Certificates implements CertificateService {
  readonly #deps: CertificatesDeps;
  readonly #issuing: Issuing;
  readonly #proofs: CertificateProofs;

  constructor(deps: CertificatesDeps) {
    this.#deps = deps;
    this.#issuing = new Issuing(deps);
    this.#proofs = new CertificateProofs(deps.store, deps.now);
  }

  readonly issue: CertificateService['issue'] = (node, wish) => this.#issuing.issue(node, wish);
  readonly proof: CertificateService['proof'] = (sha256) => this.#proofs.of(sha256);

  authorities(): AuthoritiesView {
    const { authorities, domain, life, pools } = this.#deps;
    const ssh = authorities.find((one) => one instanceof SshAuthority);
    const tls = authorities.find((one) => one instanceof TlsAuthority);
    return {
      ...{ domain, life },
      pools: pools.flatMap((pool) => {
        const hosts = hostPattern(pool, domain);
        return hosts === undefined ? [] : [{ pool, hosts }];
      }),
      ...(ssh && {
        ssh: { key: sshKeyLine(ssh.publicKey), fingerprint: sshFingerprint(ssh.publicKey) },
      }),
      ...(tls && { tls: { certificate: tls.pem } }),
    };
  }
}
