import { Fault } from '../../core/fault.ts';
import { CertificateProofs, type ProofSource } from './proofs.ts';
import type { AuthoritiesView, CertificateService } from './service.ts';

/** A gateway that has no authority; what it certified before can still be proven. */
export class NoCertificates implements CertificateService {
  readonly #proofs: CertificateProofs;

  constructor(store: ProofSource, now: () => number) {
    this.#proofs = new CertificateProofs(store, now);
  }

  async issue(): Promise<never> {
    throw new Fault('missing', 'certificates', 'this gateway certifies nothing');
  }

  authorities(): AuthoritiesView {
    return { pools: [] };
  }

  readonly proof: CertificateService['proof'] = (sha256) => this.#proofs.of(sha256);
}
