import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import type { TdxEventLogInput } from '../../../src/evidence/tdx/event-log/check.ts';
import type { TdxInput } from '../../../src/evidence/tdx/input.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';

/** All that an attacker can hand to the verifier. */
export interface Evidence {
  readonly quote: Uint8Array;
  /** Members, or the bytes of a JSON file. */
  readonly collateral: TdxCollateral | Uint8Array;
  readonly log?: TdxEventLogInput;
}

/** Bytes and characters that somebody has to read. */
export function sizeOf({ quote, collateral, log }: Evidence): number {
  const members =
    collateral instanceof Uint8Array ? [collateral] : Object.values(collateral).filter(Boolean);
  const logs = log ? [log.log, log.expected ?? '', log.table ?? ''] : [];
  return [quote, ...members, ...logs].reduce((sum, part) => sum + part.length, 0);
}

const AT = clocksAt(SIMULATED_NOW);

export function inputOf({ quote, collateral, log }: Evidence): TdxInput {
  return { quote, collateral, at: AT, ...(log && { eventLog: log }) };
}
