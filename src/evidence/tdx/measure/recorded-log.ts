import type { RtmrIndex } from '../event-log/event.ts';
import { readEventLog } from '../event-log/read.ts';
import { registerAfter } from '../event-log/replay.ts';

/** Digests by the register that they were extended into, in order; never an empty list. */
export type RecordedDigests = ReadonlyMap<RtmrIndex, readonly Uint8Array[]>;

/**
 * What was extended into the RTMRs of a TD by its event log. Whoever takes reference values from
 * it trusts the machine that it was recorded on, since nothing in a log vouches for itself.
 *
 * A register without any event is left out. It would be zero, and zero as a reference value
 * means that anything may have run unmeasured; and RTMR3 may hold what CCEL has no entry for.
 *
 * @param log CCEL's TCG2 log, or dstack's JSON.
 * @throws Fault `malformed` at `event_log…`.
 */
export function recordedDigests(log: Uint8Array): RecordedDigests {
  const digests = new Map<RtmrIndex, Uint8Array[]>();
  for (const { register, digest } of readEventLog(log).events) {
    const before = digests.get(register);
    if (before) before.push(digest);
    else digests.set(register, [digest]);
  }
  return digests;
}

/**
 * The same as register values, 48 bytes each.
 *
 * @throws as {@link recordedDigests}.
 */
export function registersOfLog(log: Uint8Array): ReadonlyMap<RtmrIndex, Uint8Array> {
  return new Map(
    [...recordedDigests(log)].map(([index, digests]) => [index, registerAfter(digests)] as const),
  );
}
