import { equalBytes } from '../../core/bytes/equal.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { readCrl } from '../../core/x509/certificate-files.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import type { Crl } from '../../core/x509/crl.ts';
import { outsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../check-list.ts';
import type { SnpCheckId } from './checks.ts';
import type { VekChain } from './vek-chain.ts';

/** Where the lists of revoked certificates are, or why there is none. */
export interface CrlInput {
  /** The list that can clear the chain. */
  readonly crl: Uint8Array | undefined;
  /** Lists that can only revoke. */
  readonly further: readonly Uint8Array[];
  readonly required: boolean;
  readonly missing: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One of the lists that can only revoke, and why it does not count, if so. */
export interface FurtherCrl {
  readonly crl: Crl | undefined;
  readonly problem: string | undefined;
}

export interface Revocation {
  readonly crl: Crl | undefined;
  /** The same where it is the anchor's own, in date or not. */
  readonly relied: Crl | undefined;
  readonly further: readonly FurtherCrl[];
}

/**
 * AMD revokes intermediates only: VCEKs share one serial number, and a weak one is superseded
 * by a higher TCB.
 */
export function checkRevocation(
  checks: CheckList<SnpCheckId>,
  chain: VekChain,
  { crl: bytes, further: others, required, missing, now }: CrlInput,
): Revocation {
  const further = others.map((other) => readFurther(other, chain));
  const elsewhere = revokedByAny(further, chain);
  if (bytes === undefined) {
    if (required) {
      const why = missing === undefined ? '' : ` (${missing})`;
      const stapled =
        others.length > 0 ? '; one that comes with the evidence can revoke, and clears nobody' : '';
      checks.unresolved('snp.crl.format', `no CRL was given${why}${stapled}`);
    }
    if (elsewhere) checks.fail('snp.vek.revocation', elsewhere);
    return { crl: undefined, relied: undefined, further };
  }
  const crl = checks.read('snp.crl.format', () => readCrl(bytes, 'crl'));
  const { root, anchor } = chain;
  // Only an anchor's word counts: a rogue root may clear whom it likes.
  const signature = crl && root && anchor ? { problem: crlProblem(crl, root) } : undefined;
  if (crl === undefined || signature === undefined) {
    if (elsewhere) checks.fail('snp.vek.revocation', elsewhere);
    return { crl, relied: undefined, further };
  }
  checks.answer('snp.crl.signature', signature.problem);
  const outside = outsideValidity('the CRL', crl.validity, now);
  if (outside === undefined) checks.pass('snp.crl.validity');
  else checks.unresolved('snp.crl.validity', `want ${outside.want}, got ${outside.got}`);
  // Out of date or not: what was revoked stays so.
  const revoked = (signature.problem ? undefined : revokedBy(crl, chain)) ?? elsewhere;
  if (revoked) checks.fail('snp.vek.revocation', revoked);
  else if (signature.problem) {
    checks.unresolved('snp.vek.revocation', 'the CRL can’t be relied upon');
  } else if (outside) {
    checks.unresolved('snp.vek.revocation', 'the CRL is not in date');
  } else {
    checks.pass('snp.vek.revocation');
  }
  return { crl, relied: signature.problem ? undefined : crl, further };
}

/**
 * Unreadable or nobody's: then it says nothing, which is told in the claims. The root that came
 * along is the machine's choice, and the anchor's certificate is not: a list of either revokes.
 */
function readFurther(bytes: Uint8Array, { root, anchor }: VekChain): FurtherCrl {
  try {
    const crl = readCrl(bytes, 'crl');
    if (!root || !anchor) return { crl, problem: 'the chain leads to no anchor' };
    const { certificate } = anchor;
    const own = crlProblem(crl, root);
    const isOther = own !== undefined && !equalBytes(root.der, certificate.der);
    const problem = isOther ? crlProblem(crl, certificate) : own;
    return { crl, problem: problem && `want ${problem.want}, got ${problem.got}` };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { crl: undefined, problem: error.message };
  }
}

function revokedByAny(further: readonly FurtherCrl[], chain: VekChain): Mismatch | undefined {
  for (const { crl, problem } of further) {
    const revoked = crl && problem === undefined ? revokedBy(crl, chain) : undefined;
    if (revoked) return revoked;
  }
  return undefined;
}

function revokedBy(crl: Crl, { intermediate, root }: VekChain): Mismatch | undefined {
  for (const certificate of [intermediate, root]) {
    const at = certificate && crl.revoked.get(certificate.serial);
    if (certificate && at !== undefined) {
      return {
        want: `${certificate.subject.commonName} not revoked`,
        got: `serial ${certificate.serial} revoked ${formatTime(at)}`,
      };
    }
  }
  return undefined;
}
