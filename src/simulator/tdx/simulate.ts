import { utf8 } from '../../core/bytes/text.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { encodeCcelLog, encodeCcelTable } from './ccel.ts';
import { encodeDstackLog } from './dstack-log.ts';
import type { TdxQuestions } from './faults/fault.ts';
import { type TdxFaultName, type TdxVariantName, tdxCase } from './faults/table.ts';
import { standardPlan } from './plan.ts';
import { createTdxPlatform, type TdxPlatformOptions, type TdxQuoteRequest } from './platform.ts';

export interface TdxSimulation extends TdxPlatformOptions {
  readonly request?: TdxQuoteRequest;
  /** What is to be out of the ordinary; its own format and workload go before the options'. */
  readonly fault?: TdxFaultName | TdxVariantName;
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
  /** What the fault wants to be asked beyond the baseline. */
  readonly questions: TdxQuestions;
}

/** The same options make the same bytes, on any machine and in any year. */
export async function simulateTdx(options: TdxSimulation = {}): Promise<SimulatedTdx> {
  const { request, fault, edit, ...given } = options;
  const chosen = tdxCase(fault ?? 'valid_v4');
  const planOptions = { ...given, ...chosen.options };
  const plan = standardPlan(planOptions);
  chosen.apply?.(plan);
  edit?.(plan);
  const platform = await createTdxPlatform({
    ...planOptions,
    edit: (own) => {
      chosen.apply?.(own);
      edit?.(own);
    },
  });
  const { boot, runtime, afterTable, afterCcel, afterDstack } = plan.logs;
  const logs = {
    ccelTable: afterTable(encodeCcelTable()),
    ccelLog: afterCcel(encodeCcelLog(boot)),
    dstackLog: afterDstack(encodeDstackLog(boot, runtime)),
  };
  const questions = chosen.asks?.({
    ...logs,
    reportData: request?.reportData ?? plan.quote.body.reportData,
    dstackLog: utf8(logs.dstackLog),
  });
  return {
    quote: platform.quote(request),
    collateral: platform.collateral,
    root: platform.root,
    at: platform.at,
    ...logs,
    questions: questions ?? {},
  };
}
