import { verifyP256 } from '#crypto';
import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { allPass, type Check, conclude } from '../verdict.ts';
import type { TcbSummary, Verification } from '../verification.ts';
import { TDX_AUTHENTIC, TDX_BASELINE, TDX_CHECKS, type TdxCheckId } from './checks.ts';
import { chainClaims, quoteClaims } from './claims.ts';
import type { TdxClocks } from './clocks.ts';
import { readCollateral, type TdxCollateral } from './collateral.ts';
import { endorsementClaims } from './collateral-claims.ts';
import { checkPckCrlAlone } from './crls.ts';
import { checkEventLog, requiredOfEventLog, type TdxEventLogInput } from './event-log/check.ts';
import { eventLogClaims } from './event-log/claims.ts';
import { withLazyClaims } from './lazy-claims.ts';
import type { QuotingEnclave } from './qe.ts';
import { qeIdentityProblem } from './qe-identity.ts';
import { parseQuote, type Quote } from './quote.ts';
import { type HeldEndorsements, type Platform, Remembered } from './remembered.ts';
import { checkEvaluationDataNumber, checkModule, checkPlatformMatch, checkTcb } from './tcb.ts';
import { checkEnvelope, checkReportData, checkTdAttributes } from './td.ts';
import { checkClocks, checkEndorsementValidity, checkPckValidity } from './validity.ts';

export interface TdxInput {
  /** The quote as the driver returned it; zero bytes behind it are tolerated. */
  readonly quote: Uint8Array;
  /** As read, or the JSON file's bytes. */
  readonly collateral: TdxCollateral | Uint8Array;
  /** Why members of the collateral are missing, e.g. that a source could not be reached. */
  readonly collateralMissing?: string;
  readonly at: TdxClocks;
  /** Up to 64 bytes that REPORTDATA must hold, zeros behind them. */
  readonly reportData?: Uint8Array;
  /** Lowest acceptable tcbEvaluationDataNumber. */
  readonly minEvaluationDataNumber?: number;
  readonly eventLog?: TdxEventLogInput;
}

/** A {@link Verification} and the parsed quote it is about, for policies to look at. */
export interface TdxVerification extends Verification {
  /** Undefined when the bytes are no quote. */
  readonly quote: Quote | undefined;
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
    const concluded = conclusion(checks.all, requiredFor(input));
    const result = {
      evidence: 'tdx' as const,
      ...concluded,
      anchors: anchorKindOf(platform?.chain.anchor, this.#anchors),
      at: formatTime(input.at.evidence),
      ...(tcb && { tcb: { ...tcb, endorsed: allPass(checks.all, ENDORSED) } }),
      quote,
    };
    return withLazyClaims(result, () => ({
      ...endorsementClaims(held.endorsements),
      ...(quote && quoteClaims(quote)),
      ...(platform && chainClaims(platform.chain)),
      // Registers of a quote that nobody vouches for prove nothing of a log.
      ...(log && {
        eventLog: eventLogClaims(log.log, concluded.authentic ? log.comparisons : []),
      }),
    }));
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
    checkReportData(checks, quote, input.reportData);
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

/** The baseline, and whatever the caller asked for besides. */
function requiredFor(input: TdxInput): ReadonlySet<TdxCheckId> {
  const { reportData, minEvaluationDataNumber, eventLog } = input;
  const asked: TdxCheckId[] = [];
  if (reportData) asked.push('tdx.report_data');
  if (minEvaluationDataNumber !== undefined) asked.push('tdx.tcb.evaluation_data_number');
  if (eventLog) asked.push(...requiredOfEventLog(eventLog));
  return asked.length === 0 ? TDX_BASELINE : TDX_BASELINE.union(new Set(asked));
}

function conclusion(
  checks: readonly Check[],
  required: ReadonlySet<TdxCheckId>,
): Pick<Verification, 'verdict' | 'authentic' | 'revocation' | 'checks'> {
  return {
    verdict: conclude(checks, required),
    authentic: allPass(checks, TDX_AUTHENTIC),
    revocation: isRevocationChecked(checks) ? 'checked' : 'unchecked',
    checks,
  };
}

/** What makes a TCB status Intel's word on this platform. */
const ENDORSED: ReadonlySet<TdxCheckId> = new Set([
  'tdx.tcb_info.signer',
  'tdx.tcb_info.signature',
  'tdx.tcb_info.fmspc',
  'tdx.tcb_info.pceid',
  'tdx.qe_identity.signer',
  'tdx.qe_identity.signature',
]);

const REVOCATION: ReadonlySet<TdxCheckId> = new Set([
  'tdx.root_crl.signature',
  'tdx.root_crl.validity',
  'tdx.pck_crl.signature',
  'tdx.pck_crl.validity',
]);

/** Both lists could be relied upon; what they say of the platform is another question. */
function isRevocationChecked(checks: readonly Check[]): boolean {
  const answer = checks.find((check) => check.id === 'tdx.pck.revocation')?.outcome;
  return (answer === 'pass' || answer === 'fail') && allPass(checks, REVOCATION);
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
