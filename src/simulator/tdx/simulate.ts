import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { encodeCcelLog, encodeCcelTable } from './ccel.ts';
import { encodeDstackLog } from './dstack-log.ts';
import { standardPlan, type TdxPlan } from './plan.ts';
import { createTdxPlatform, type TdxPlatformOptions, type TdxQuoteRequest } from './platform.ts';

export interface TdxSimulation extends TdxPlatformOptions {
  readonly request?: TdxQuoteRequest;
}

/** One piece of evidence with all that is needed to verify it. */
export interface SimulatedTdx {
  readonly quote: Uint8Array;
  readonly collateral: TdxCollateral;
  /** DER of the root that must be named as trust anchor. */
  readonly root: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ccelTable: Uint8Array;
  /** Replays to RTMR 0 to 2. */
  readonly ccelLog: Uint8Array;
  /** JSON; replays to all four RTMRs. */
  readonly dstackLog: string;
}

/** The same options make the same bytes, on any machine and in any year. */
export async function simulateTdx(options: TdxSimulation = {}): Promise<SimulatedTdx> {
  const { request, edit, ...planOptions } = options;
  const plan: TdxPlan = standardPlan(planOptions);
  edit?.(plan);
  const platform = await createTdxPlatform(options);
  const { boot, runtime, afterCcel, afterDstack } = plan.logs;
  return {
    quote: platform.quote(request),
    collateral: platform.collateral,
    root: platform.root,
    at: platform.at,
    ccelTable: encodeCcelTable(),
    ccelLog: afterCcel(encodeCcelLog(boot)),
    dstackLog: afterDstack(encodeDstackLog(boot, runtime)),
  };
}
