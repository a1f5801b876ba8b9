import type { TdxClocks } from './clocks.ts';
import type { TdxCollateral } from './collateral.ts';
import type { TdxEventLogInput } from './event-log/check.ts';

/** What a verification is about, and what is asked beyond the baseline. */
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

/** What is asked of a quote beyond the baseline, whatever comes with it. */
export type TdxRequests = Pick<TdxInput, 'minEvaluationDataNumber'>;
