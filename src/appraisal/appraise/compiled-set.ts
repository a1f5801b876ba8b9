import type { EventLogValue, TdxReferenceSet } from '../policy/schema/tdx.ts';
import type { Lifecycle } from '../policy/schema/values.ts';
import type { PolicyCheckId } from './checks.ts';

/** One register of a reference set, ready to be compared. */
export type WantedRegister = {
  /** As the policy calls it. */
  readonly name: string;
  readonly id: PolicyCheckId;
} & (
  | { readonly exact: Uint8Array }
  | { readonly story: EventLogValue }
  | { readonly least: number }
  | { readonly skip: string }
);

export interface CompiledSet {
  readonly id: string;
  readonly lifecycle: Lifecycle;
  readonly registers: readonly WantedRegister[];
  readonly recordedEvents: TdxReferenceSet['recordedEvents'];
}
