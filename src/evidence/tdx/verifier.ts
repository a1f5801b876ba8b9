import { sha256, verifyP256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { allPass, type Check, conclude } from '../verdict.ts';
import type { Claims, TcbSummary, Verification } from '../verification.ts';
import { TDX_AUTHENTIC, TDX_BASELINE, TDX_CHECKS, type TdxCheckId } from './checks.ts';
import { chainClaims, endorsementClaims, quoteClaims } from './claims.ts';
import type { TdxClocks } from './clocks.ts';
import { readCollateral, TDX_COLLATERAL_MEMBERS, type TdxCollateral } from './collateral.ts';
import { checkPckCrlAlone, checkRevocation } from './crls.ts';
import { readEndorsements, type TdxEndorsements } from './endorsements.ts';
import { checkEventLog, requiredOfEventLog, type TdxEventLogInput } from './event-log/check.ts';
import { Memory } from './memory.ts';
import { type PckChain, readPckChain } from './pck-chain.ts';
import { type QuotingEnclave, readQuotingEnclave } from './qe.ts';
import { qeIdentityProblem } from './qe-identity.ts';
import { parseQuote, type Quote } from './quote.ts';
import { checkEvaluationDataNumber, checkModule, checkPlatformMatch, checkTcb } from './tcb.ts';
import { checkEnvelope, checkReportData, checkTdAttributes } from './td.ts';
import { checkClocks, checkEndorsementValidity, checkPckValidity } from './validity.ts';

export interface TdxInput {
  /** The quote as the driver returned it; zero bytes behind it are tolerated. */
  readonly quote: Uint8Array;
  /** As read, or the JSON file's bytes. */
  readonly collateral: TdxCollateral | Uint8Array;
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

/** Sets of collateral that share their signatures and yet differ, such as in a CRL. */
const MOST_ALIKE = 4;

/** A platform's own part of its quotes: what one memory entry holds. */
interface Platform {
  readonly chain: PckChain;
  readonly enclave: QuotingEnclave;
}

/** A set of collateral as read, with the answers for each PCK chain that was held against it. */
interface HeldEndorsements {
  readonly collateral: TdxCollateral;
  readonly anchors: readonly TrustAnchor[];
  readonly endorsements: TdxEndorsements;
  readonly revocation: WeakMap<PckChain, readonly Check[]>;
}

/**
 * Verifies TDX quotes under a set of anchors: the same input gives the same answer, always.
 *
 * It remembers, keyed by their bytes and bounded in number, the signatures it has found
 * good or bad on collateral, PCK chains and quoting enclaves. Dates, levels and revocation
 * are looked at anew each time, so what is remembered can't outlive its validity.
 */
export class TdxVerifier {
  readonly #anchors: readonly TrustAnchor[];
  /** Each anchor as a list of its own, made once so that it can be compared by identity. */
  readonly #single: readonly (readonly TrustAnchor[])[];
  readonly #chains: Memory<string, PckChain>;
  readonly #platforms: Memory<string, Platform>;
  readonly #collateral: Memory<string, HeldEndorsements[]>;

  /** @param limit how many PCK chains, quoting enclaves and sets of collateral to remember each. */
  constructor(anchors: readonly TrustAnchor[], limit = 1024) {
    this.#anchors = anchors;
    this.#single = anchors.map((anchor) => [anchor]);
    this.#chains = new Memory(limit);
    this.#platforms = new Memory(limit);
    this.#collateral = new Memory(limit);
  }

  verify(input: TdxInput): TdxVerification {
    const checks = new CheckList(TDX_CHECKS);
    checkClocks(checks, input.at);
    const quote = checks.read('tdx.quote.format', () => parseQuote(input.quote));
    const platform = quote && this.#platform(quote);
    const held = this.#endorsements(readCollateral(checks, input.collateral), platform?.chain);
    const log = quote && input.eventLog && checkEventLog(checks, quote.body.rtmrs, input.eventLog);
    const tcb =
      quote && platform
        ? this.#checkQuote(checks, input, quote, platform, held)
        : this.#checkCollateralOnly(checks, input, held);
    return {
      evidence: 'tdx',
      ...conclusion(checks.all, requiredFor(input)),
      anchors: anchorKindOf(platform?.chain.anchor, this.#anchors),
      at: formatTime(input.at.evidence),
      ...(tcb && { tcb }),
      quote,
      get claims(): Claims {
        return {
          ...endorsementClaims(held.endorsements),
          ...(quote && quoteClaims(quote)),
          ...(platform && chainClaims(platform.chain)),
          ...(log && { eventLog: log }),
        };
      },
    };
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
    if (chain.certificates) checks.add(revocationOf(held, chain));
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
  ): undefined {
    checks.add(endorsements.checks);
    if (endorsements.pckCrlIssuerChain !== undefined) {
      checks.add(checkPckCrlAlone(endorsements, this.#anchors).checks);
    }
    checkEndorsementValidity(checks, endorsements, input.at);
  }

  #platform(quote: Quote): Platform {
    // The section holds attestation key, QE report, its signature and the PCK chain.
    return this.#platforms.remember(toHex(sha256(quote.platformSection)), () => {
      const { type, data } = quote.certification;
      const chain = this.#chains.remember(`${type}:${toHex(sha256(data))}`, () =>
        readPckChain(quote.certification, this.#anchors),
      );
      return { chain, enclave: readQuotingEnclave(quote, chain) };
    });
  }

  /**
   * Read under the one anchor that the quote chains to: where several are trusted, one's
   * endorsements must not vouch for another's platforms, nor its empty CRL clear them.
   */
  #endorsements(collateral: TdxCollateral, chain: PckChain | undefined): HeldEndorsements {
    const anchors = chain?.anchor ? this.#alone(chain.anchor) : this.#anchors;
    const key = `${collateral.tcb_info_signature}/${collateral.qe_identity_signature}`;
    const candidates = this.#collateral.remember(key, () => []);
    // Signatures alone are no key: a set that differs in any byte is another set.
    const known = candidates.find(
      (held) =>
        held.anchors === anchors &&
        TDX_COLLATERAL_MEMBERS.every((member) => held.collateral[member] === collateral[member]),
    );
    if (known) return known;
    const made: HeldEndorsements = {
      collateral: { ...collateral },
      anchors,
      endorsements: readEndorsements(collateral, anchors),
      revocation: new WeakMap(),
    };
    candidates.unshift(made);
    candidates.length = Math.min(candidates.length, MOST_ALIKE);
    return made;
  }

  #alone(anchor: TrustAnchor): readonly TrustAnchor[] {
    const index = this.#anchors.indexOf(anchor);
    return this.#single[index] ?? [anchor];
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
    revocation: allPass(checks, REVOCATION) ? 'checked' : 'unchecked',
    checks,
  };
}

const REVOCATION: ReadonlySet<TdxCheckId> = new Set([
  'tdx.root_crl.signature',
  'tdx.root_crl.validity',
  'tdx.pck_crl.signature',
  'tdx.pck_crl.validity',
  'tdx.pck.revocation',
]);

function revocationOf(held: HeldEndorsements, chain: PckChain): readonly Check[] {
  const known = held.revocation.get(chain);
  if (known) return known;
  const made = chain.certificates ? checkRevocation(held.endorsements, chain.certificates) : [];
  held.revocation.set(chain, made);
  return made;
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
