import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { TDX_AUTHENTIC } from '../../evidence/tdx/checks.ts';
import { clocksAt } from '../../evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { quotePlatform } from '../../evidence/tdx/platform.ts';
import { parseQeIdentity } from '../../evidence/tdx/qe-identity.ts';
import { parseTcbInfo } from '../../evidence/tdx/tcb-info.ts';
import { tcbLacks } from '../../evidence/tdx/tcb-lacks.ts';
import type { TcbLack } from '../../evidence/tdx/tcb-shortfall.ts';
import { type TdxVerification, TdxVerifier } from '../../evidence/tdx/verifier.ts';
import { allIn, passedIds } from '../../evidence/verdict.ts';
import type { TcbSummary } from '../../evidence/verification.ts';
import { checkText } from '../check-text.ts';
import type { TdxEndorsementSource } from '../source.ts';
import { raisedBy } from './raised-by.ts';

/** How a platform stands under one of Intel's evaluations. */
export type TcbStanding =
  | {
      /** Intel's word, or `Unsupported` for what stands in no level that it lists. */
      readonly status: string;
      /** Why it is unsupported. */
      readonly because?: string;
      readonly evaluationDataNumber: number | undefined;
      /** Absent where it is unsupported. */
      readonly summary?: TcbSummary;
      /** What is below UpToDate, and what raises it; empty where nothing is. */
      readonly lacks: readonly (TcbLack & { readonly raisedBy: string })[];
    }
  | {
      /** Nobody can tell, for this reason. */
      readonly status: undefined;
      readonly because: string;
    };

/** What Intel says of a platform today, and what it will once its early evaluation is the standard. */
export interface EarlyTcb {
  readonly standard: TcbStanding;
  readonly early: TcbStanding;
  /** A sentence for the operator, where the early evaluation says something else, and not UpToDate. */
  readonly warning?: string;
}

export interface EarlyTcbOptions {
  readonly anchors: readonly TrustAnchor[];
  /** What decides today. */
  readonly standard: TdxEndorsementSource;
  /** Of the channel `early`. */
  readonly early: TdxEndorsementSource;
}

/**
 * Holds platforms against Intel's early evaluation. It names the next TCB recovery months before
 * the standard one does: whoever looks at both is not surprised on the day of the change.
 */
export class EarlyTcbWatch {
  readonly #options: EarlyTcbOptions;
  readonly #verifier: TdxVerifier;

  constructor(options: EarlyTcbOptions) {
    this.#options = options;
    this.#verifier = new TdxVerifier(options.anchors);
  }

  /** @param at the present, in milliseconds since the epoch. */
  async look(quote: Uint8Array, at: number): Promise<EarlyTcb> {
    const [standard, early] = await Promise.all([
      this.#standing(this.#options.standard, quote, at),
      this.#standing(this.#options.early, quote, at),
    ]);
    const warning = warningOf(standard, early);
    return { standard, early, ...(warning !== undefined && { warning }) };
  }

  async #standing(
    source: TdxEndorsementSource,
    quote: Uint8Array,
    at: number,
  ): Promise<TcbStanding> {
    try {
      const platform = quotePlatform(quote, this.#options.anchors);
      const { collateral, state, warnings } = await source.collateralFor(platform, at);
      if (state !== 'current') return { status: undefined, because: warnings.join('; ') };
      const verified = this.#verifier.verify({ quote, collateral, at: clocksAt(at) });
      return standingOf(verified, collateral);
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return { status: undefined, because: error.message };
    }
  }
}

/** The levels of Intel's documents don't reach down to this platform, or know nothing of its module. */
const UNSUPPORTED = new Set<string>(['tdx.tcb.supported', 'tdx.module.identity']);
/** Not asked of a module without an identity. */
const OF_MODULE = new Set(['tdx.module.identity', 'tdx.module.mr_signer', 'tdx.module.attributes']);

/** What must pass for Intel's word to be Intel's, and about this platform, whatever it is. */
const TRUSTED = TDX_AUTHENTIC.difference(
  new Set(['tdx.tcb.supported', 'tdx.tcb.not_revoked', 'tdx.tcb.status']),
);

function standingOf(verified: TdxVerification, collateral: TdxCollateral): TcbStanding {
  const { quote, pck, tcb, checks, evaluationDataNumber } = verified;
  const unsupported = checks.find(({ id, outcome }) => UNSUPPORTED.has(id) && outcome === 'fail');
  const unknownModule = unsupported?.id === 'tdx.module.identity';
  const needed = unknownModule ? TRUSTED.difference(OF_MODULE) : TRUSTED;
  const trusted = allIn(passedIds(checks), needed);
  if (!trusted || quote === undefined || pck === undefined || !(tcb ?? unsupported)) {
    const open = checks.find(({ outcome }) => outcome === 'fail' || outcome === 'unresolved');
    return { status: undefined, because: open ? checkText(open) : 'not every check was made' };
  }
  const tcbInfo = parseTcbInfo(collateral.tcb_info ?? '');
  const qeIdentity = parseQeIdentity(collateral.qe_identity ?? '');
  const lacks = tcbLacks(quote, pck, tcbInfo, qeIdentity);
  return {
    status: tcb?.status ?? 'Unsupported',
    evaluationDataNumber,
    ...(tcb && { summary: tcb }),
    ...(tcb === undefined && unsupported && { because: checkText(unsupported) }),
    lacks: lacks.map((lack) => ({ ...lack, raisedBy: raisedBy(lack) })),
  };
}

function warningOf(standard: TcbStanding, early: TcbStanding): string | undefined {
  if (early.status === undefined || early.status === 'UpToDate') return undefined;
  if (early.status === standard.status) return undefined;
  const today = standard.status ?? 'not known';
  const needed = early.lacks.map(
    ({ svn, have, need, component, raisedBy: by }) =>
      `${component} ${svn} has ${have}, needs ${need}: ${by}`,
  );
  const advisories = early.summary?.advisories ?? [];
  return [
    `${early.status} once Intel’s early evaluation ${early.evaluationDataNumber} is the standard, today ${today}`,
    ...(early.because === undefined ? [] : [early.because]),
    ...needed,
    ...(advisories.length > 0 ? [`see ${advisories.join(', ')}`] : []),
  ].join('; ');
}
