import { Fault } from '../../core/fault.ts';
import type { Fence, LeasePurpose, LeaseState, LedgerStore } from '../store.ts';

/** How long to wait for the writer's lease; in milliseconds, counted in pauses and by no clock. */
export interface LeaseTimes {
  /** Between two looks at a lease that somebody else has. */
  readonly look: number;
  /** Without a sign of life for this long a holder counts as dead. Many of its {@link beat}s. */
  readonly silence: number;
  /** Between two signs of life of a holder that has nothing to write. */
  readonly beat: number;
  /** Whoever has not got it by then gives up. */
  readonly patience: number;
}

export const LEASE_TIMES: LeaseTimes = {
  look: 50,
  silence: 10_000,
  beat: 1_000,
  patience: 30_000,
};

export interface LeaseWish {
  /** Of this process and attempt alone: nobody else asks by the same name. */
  readonly holder: string;
  /** `write` unless said. */
  readonly purpose?: LeasePurpose;
  readonly times: LeaseTimes;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Waits for the writer's lease, and takes it from a holder who has stood still for too long. That
 * is no danger to the log, however wrong it is: what the old holder still tries comes under an old
 * token and is refused.
 *
 * @throws Fault `unreachable` naming the holder once patience has run out, and for one who wants to
 *   write a log that was brought back from a backup.
 */
export async function takeLease(
  store: Pick<LedgerStore, 'takeLease' | 'seizeLease'>,
  { holder, purpose = 'write', times, pause }: LeaseWish,
): Promise<Fence> {
  let seen: LeaseState | undefined;
  let still = 0;
  for (let waited = 0; ; waited += times.look) {
    const answer = await store.takeLease(holder, purpose);
    if (answer.taken) return answer.fence;
    still = seen && isSame(seen, answer.by) ? still + times.look : 0;
    seen = answer.by;
    // One's own is one whose answer was lost; a new token puts an end to it all the same.
    if (still >= times.silence || seen.holder === holder) {
      const seized = await store.seizeLease(holder, seen, purpose);
      if (seized.taken) return seized.fence;
    }
    if (waited >= times.patience) {
      throw new Fault('unreachable', 'ledger', `is being written by ${seen.holder}`);
    }
    await pause(times.look);
  }
}

function isSame(a: LeaseState, b: LeaseState): boolean {
  return a.holder === b.holder && a.token === b.token && a.beat === b.beat;
}
