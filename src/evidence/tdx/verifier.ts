import { verifyP256 } from '#crypto';
import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { withLazyClaims } from '../lazy-claims.ts';
import { endorsementsOf } from '../relied-on.ts';
import { reportDataProblem } from '../report-data.ts';
import { UNBOUNDED, untilMember } from '../until.ts';
import type { TcbSummary, Verification } from '../verification.ts';
import { TDX_CHECKS, type TdxCheckId } from './checks.ts';
import { chainClaims, quoteClaims } from './claims.ts';
import { readCollateral } from './collateral.ts';
import { endorsementClaims } from './collateral-claims.ts';
import { conclusion } from './conclusion.ts';
import { checkPckCrlAlone } from './crls.ts';
import { type CheckedEventLog, checkEventLog } from './event-log/check.ts';
import { eventLogClaims } from './event-log/claims.ts';
import type { TdxInput } from './input.ts';
import type { PckExtension } from './pck-extension.ts';
import type { QuotingEnclave } from './qe.ts';
import { qeIdentityProblem } from './qe-identity.ts';
import { parseQuote, type Quote } from './quote.ts';
import { endOfPckCrl, reliedOn } from './relied-on.ts';
import { type HeldEndorsements, type Platform, Remembered } from './remembered.ts';
import { checkEvaluationDataNumber, checkModule, checkPlatformMatch, checkTcb } from './tcb.ts';
import { checkEnvelope, checkTdAttributes } from './td.ts';
import { checkClocks, checkEndorsementValidity, checkPckValidity } from './validity.ts';

/** A {@link Verification} and the parsed quote it is about, for policies to look at. */
export interface TdxVerification extends Verification {
  /** Undefined when the bytes are no quote. */
  readonly quote: Quote | undefined;
  /** The log that came along, and how it replays; its registers are as good as the quote is. */
  readonly eventLog: CheckedEventLog | undefined;
  /** What the PCK certificate says of the platform; as good as its chain. */
  readonly pck: PckExtension | undefined;
  /** tcbEvaluationDataNumber, the lower of TCB info's and QE identity's; as good as they are. */
  readonly evaluationDataNumber: number | undefined;
}

/**
 * Verifies TDX quotes under a set of anchors: the same input gives the same answer, always.
 *
 * It remembers, keyed by their bytes and bounded in number and size, the signatures it has
 * found good on collateral, PCK chains and quoting enclaves. Dates and levels are looked at
 * anew each time, so what is remembered can't outlive its validity.
 */
export class TdxVerifier {
  readonly #anchors: readonly TrustAnchor[];
  readonly #remembered: Remembered;

  /** @param entries how many PCK chains, quoting enclaves and sets of collateral to remember each. */
  constructor(anchors: readonly TrustAnchor[], entries = 1024) {
    this.#anchors = anchors;
    this.#remembered = new Remembered(anchors, entries);
  }

  verify(input: TdxInput): TdxVerification {
    const checks = new CheckList(TDX_CHECKS);
    checkClocks(checks, input.at);
    // A copy: the caller may use its buffer again while the result is still being read.
    const bytes = new Uint8Array(input.quote);
    const quote = checks.read('tdx.quote.format', () => parseQuote(bytes));
    const platform = quote && this.#remembered.platform(quote);
    const collateral = readCollateral(checks, input.collateral);
    const why = input.collateralMissing;
    const held = this.#remembered.endorsements(collateral, platform?.chain, why);
    const log = quote && input.eventLog && checkEventLog(checks, quote.body.rtmrs, input.eventLog);
    const tcb =
      quote && platform
        ? this.#checkQuote(checks, input, quote, platform, held)
        : this.#checkCollateralOnly(checks, input, held, collateral.pck_crl_issuer_chain);
    const { verdict, authentic, revocation, endorsed } = conclusion(checks.all, input);
    const result = {
      evidence: 'tdx' as const,
      verdict,
      authentic,
      revocation,
      checks: checks.all,
      anchors: anchorKindOf(platform?.chain.anchor, this.#anchors),
      at: formatTime(input.at.evidence),
      ...untilMember(platform ? this.#until(platform, held) : UNBOUNDED),
      ...(tcb && { tcb: { ...tcb, endorsed } }),
      quote,
      eventLog: log,
      pck: platform?.chain.extension,
      evaluationDataNumber: lowerNumber(held),
    };
    const claimsOf = () => ({
      ...endorsementClaims(held.endorsements),
      ...(quote && quoteClaims(quote)),
      ...(platform && chainClaims(platform.chain)),
      // Registers of a quote that nobody vouches for prove nothing of a log.
      ...(log && {
        eventLog: eventLogClaims(log.log, authentic ? log.comparisons : []),
      }),
    });
    return withLazyClaims(result, claimsOf, () => {
      if (platform === undefined) return [];
      const ofPckCrl = this.#remembered.revocation(held, platform.chain);
      return endorsementsOf(reliedOn(held.collateral, held.endorsements, ofPckCrl));
    });
  }

  #until({ chain }: Platform, held: HeldEndorsements): number {
    const ofPckCrl = this.#remembered.revocation(held, chain);
    return Math.min(chain.until, held.until, endOfPckCrl(held.endorsements, ofPckCrl));
  }

  #checkQuote(
    checks: CheckList<TdxCheckId>,
    input: TdxInput,
    quote: Quote,
    { chain, enclave }: Platform,
    held: HeldEndorsements,
  ): TcbSummary | undefined {
    const { endorsements } = held;
    const tcbInfo = endorsements.tcbInfo.value;
    const qeIdentity = endorsements.qeIdentity.value;
    checkEnvelope(checks, quote);
    checks.add(chain.checks);
    if (chain.certificates) checkPckValidity(checks, chain.certificates, input.at.evidence);
    checks.add(endorsements.checks);
    if (chain.certificates) checks.add(this.#remembered.revocation(held, chain));
    checkEndorsementValidity(checks, endorsements, input.at);
    checks.add(enclave.checks);
    if (qeIdentity) {
      checks.answer('tdx.qe_report.identity', qeIdentityProblem(quote.qeReport, qeIdentity));
    }
    checkQuoteSignature(checks, quote, enclave);
    checkTdAttributes(checks, quote);
    if (input.reportData) {
      const problem = reportDataProblem(quote.body.reportData, input.reportData);
      checks.answer('tdx.report_data', problem);
    }
    const moduleKnown = tcbInfo !== undefined && checkModule(checks, quote, tcbInfo);
    if (tcbInfo && chain.extension) checkPlatformMatch(checks, chain.extension, tcbInfo);
    if (tcbInfo && qeIdentity) {
      checkEvaluationDataNumber(checks, input.minEvaluationDataNumber, tcbInfo, qeIdentity);
    }
    if (!tcbInfo || !qeIdentity || !chain.extension || !moduleKnown) return undefined;
    return checkTcb(checks, quote, chain.extension, tcbInfo, qeIdentity);
  }

  /** No quote to speak of: the collateral is still answered for. */
  #checkCollateralOnly(
    checks: CheckList<TdxCheckId>,
    input: TdxInput,
    { endorsements }: HeldEndorsements,
    chain: string | undefined,
  ): undefined {
    checks.add(endorsements.checks);
    if (chain !== undefined) {
      checks.add(checkPckCrlAlone(endorsements, chain, this.#anchors).checks);
    }
    checkEndorsementValidity(checks, endorsements, input.at);
  }
}

/** One verification, nothing remembered. */
export function verifyTdx(
  input: TdxInput & { readonly anchors: readonly TrustAnchor[] },
): TdxVerification {
  return new TdxVerifier(input.anchors, 1).verify(input);
}

function lowerNumber({ endorsements }: HeldEndorsements): number | undefined {
  const { tcbInfo, qeIdentity } = endorsements;
  if (tcbInfo.value === undefined || qeIdentity.value === undefined) return undefined;
  return Math.min(tcbInfo.value.evaluationDataNumber, qeIdentity.value.evaluationDataNumber);
}

function checkQuoteSignature(
  checks: CheckList<TdxCheckId>,
  quote: Quote,
  { attestationKey }: QuotingEnclave,
): void {
  const want = 'header and body signed by the attestation key';
  if (attestationKey === undefined) {
    checks.fail('tdx.quote.signature', { want, got: 'a key that is no point of P-256' });
  } else {
    checks.answer(
      'tdx.quote.signature',
      verifyP256(attestationKey, quote.signed, quote.signature)
        ? undefined
        : { want, got: 'an invalid signature' },
    );
  }
}
