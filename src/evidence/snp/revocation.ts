import { formatTime } from '../../core/encoding/time.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import type { Crl } from '../../core/x509/crl.ts';
import { outsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../check-list.ts';
import { readCrl } from './certificates.ts';
import type { SnpCheckId } from './checks.ts';
import type { VekChain } from './vek-chain.ts';

/** Where the list of revoked certificates is, or why there is none. */
export interface CrlInput {
  readonly crl: Uint8Array | undefined;
  readonly required: boolean;
  readonly missing: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * AMD revokes intermediates only: VCEKs share one serial number, and a weak one is superseded
 * by a higher TCB.
 */
export function checkRevocation(
  checks: CheckList<SnpCheckId>,
  chain: VekChain,
  { crl: bytes, required, missing, now }: CrlInput,
): Crl | undefined {
  if (bytes === undefined) {
    if (required) {
      const why = missing === undefined ? '' : ` (${missing})`;
      checks.unresolved('snp.crl.format', `no CRL was given${why}; revocation is unknown`);
    }
    return undefined;
  }
  const crl = checks.read('snp.crl.format', () => readCrl(bytes, 'crl'));
  const { intermediate, root, anchor } = chain;
  // Only an anchor's word counts: a rogue root may clear whom it likes.
  if (crl === undefined || !root || !intermediate || !anchor) return crl;
  const signature = crlProblem(crl, root);
  checks.answer('snp.crl.signature', signature);
  const outside = outsideValidity('the CRL', crl.validity, now);
  if (outside === undefined) checks.pass('snp.crl.validity');
  else checks.unresolved('snp.crl.validity', `want ${outside.want}, got ${outside.got}`);
  if (signature !== undefined) {
    checks.unresolved('snp.vek.revocation', 'the CRL can’t be relied upon');
    return crl;
  }
  const revoked = [intermediate, root].find(({ serial }) => crl.revoked.has(serial));
  if (revoked) {
    // Out of date or not: what was revoked stays so.
    checks.fail('snp.vek.revocation', {
      want: `${revoked.subject.commonName} not revoked`,
      got: `serial ${revoked.serial} revoked ${formatTime(crl.revoked.get(revoked.serial) ?? Number.NaN)}`,
    });
  } else if (outside) {
    checks.unresolved('snp.vek.revocation', 'the CRL is not in date');
  } else {
    checks.pass('snp.vek.revocation');
  }
  return crl;
}
