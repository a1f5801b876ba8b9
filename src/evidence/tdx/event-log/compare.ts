import { equalBytes } from '../../../core/bytes/equal.ts';
import { Fault } from '../../../core/fault.ts';
import type { EventLog, RtmrIndex } from './event.ts';
import { RTMR_SIZE, replay } from './replay.ts';

/** What a log says of one register, and what the quote says. */
export interface RegisterComparison {
  readonly register: RtmrIndex;
  readonly replayed: Uint8Array;
  readonly quoted: Uint8Array;
  /** How many events of the log went into the register. */
  readonly events: number;
  /**
   * `not-covered`: the values differ, but this kind of log need not tell of this register.
   * That is no proof of anything, and no sign of a lie.
   */
  readonly outcome: 'equal' | 'different' | 'not-covered';
  readonly because?: string;
}

const INDEXES: readonly RtmrIndex[] = [0, 1, 2, 3];

/**
 * Holds a log against the registers of a quote; without that, nothing in a log is more than
 * a claim.
 *
 * CCEL is the firmware's log. RTMR3 belongs to what runs later, which may extend it without
 * an entry there, so a difference in RTMR3 accuses nobody. dstack's log tells of all four.
 *
 * @param rtmrs RTMR0..3 of the quote, 48 bytes each.
 */
export function compareWithRtmrs(
  log: EventLog,
  rtmrs: readonly Uint8Array[],
): readonly RegisterComparison[] {
  if (rtmrs.length !== 4 || rtmrs.some((value) => value.length !== RTMR_SIZE)) {
    throw new Fault('internal', 'rtmrs', 'want four registers of 48 bytes');
  }
  const values = replay(log.events);
  return INDEXES.map((register) => {
    const replayed = values[register];
    const quoted = rtmrs[register] ?? new Uint8Array();
    const events = log.events.filter((event) => event.register === register).length;
    const result = { register, replayed, quoted, events };
    if (equalBytes(replayed, quoted)) return { ...result, outcome: 'equal' };
    if (log.format === 'ccel' && register === 3) {
      const because = 'software in the TD may extend RTMR3 without an entry in CCEL';
      return { ...result, outcome: 'not-covered', because };
    }
    return { ...result, outcome: 'different' };
  });
}
