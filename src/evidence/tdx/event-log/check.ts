import type { CheckList } from '../../check-list.ts';
import type { TdxCheckId } from '../checks.ts';

/** An event log that came with a quote, and the one that was expected, as files. */
export interface TdxEventLogInput {
  readonly log: Uint8Array;
  readonly expected?: Uint8Array;
}

export function checkEventLog(
  _checks: CheckList<TdxCheckId>,
  _rtmrs: readonly Uint8Array[],
  _input: TdxEventLogInput,
): void {}
