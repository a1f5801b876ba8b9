import type { Coverage } from './coverage.ts';
import type { SpecId } from './spec-id.ts';

/** RTMR0..3 as the TDX module numbers them. */
export type RtmrIndex = 0 | 1 | 2 | 3;

/** One measurement that was extended into a register, as the log tells it. */
export interface LoggedEvent {
  /** Place among all entries of the log, the format's own header not counted. */
  readonly index: number;
  /** Only replay against the quoted register vouches for it. */
  readonly register: RtmrIndex;
  readonly type: number;
  /** SHA-384, the value that was extended. */
  readonly digest: Uint8Array;
  /** Attacker-controlled except for what `coverage` says. */
  readonly data: Uint8Array;
  /** dstack's name of the event, exactly as in the log; attacker-controlled like `data`. */
  readonly name?: string;
  readonly coverage: Coverage;
}

/** An entry that no register holds, so that nothing vouches for any of it. */
export interface UnextendedEntry {
  readonly index: number;
  readonly type: number;
  readonly data: Uint8Array;
  readonly because: 'EV_NO_ACTION' | 'MRTD, closed before the TD runs' | 'names no register';
}

export interface EventLog {
  readonly format: 'ccel' | 'dstack';
  /** What replay extends, in order. */
  readonly events: readonly LoggedEvent[];
  readonly notExtended: readonly UnextendedEntry[];
  /** Offset at which the entries end and padding begins. */
  readonly end: number;
  /** The header of a CCEL log; nothing vouches for it. */
  readonly specId?: SpecId;
}

/** CCEL areas of 64 KiB, 256 KiB and 1 MiB are in use; this leaves room above. */
export const EVENT_LOG_SIZE_LIMIT = 16 * 1024 * 1024;

/** The longest real log known here has 87 entries; Linux IMA can add thousands. */
export const EVENT_COUNT_LIMIT = 65_536;
