import type { TdxQuestions } from './faults/fault.ts';
import { tdxCase } from './faults/table.ts';
import {
  createTdxPlatform,
  type TdxPlatform,
  type TdxPlatformOptions,
  type TdxQuoteRequest,
} from './platform.ts';

export interface TdxSimulation extends TdxPlatformOptions {
  readonly request?: TdxQuoteRequest;
}

/** One piece of evidence with all that is needed to verify it. */
export interface SimulatedTdx
  extends Pick<
    TdxPlatform,
    'collateral' | 'root' | 'at' | 'plan' | 'ccelTable' | 'ccelLog' | 'dstackLog'
  > {
  readonly quote: Uint8Array;
  /** What the fault wants to be asked beyond the baseline. */
  readonly questions: TdxQuestions;
}

/** One quote of a platform that is made for it. */
export async function simulateTdx(options: TdxSimulation = {}): Promise<SimulatedTdx> {
  const { request = {}, ...platformOptions } = options;
  const { served: _, reissue: __, quote, ...made } = await createTdxPlatform(platformOptions);
  const reportData = request.reportData ?? made.plan.quote.body.reportData;
  const asks = options.fault && tdxCase(options.fault).asks;
  return { ...made, quote: quote(request), questions: asks?.({ ...made, reportData }) ?? {} };
}
