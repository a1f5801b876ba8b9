import { sha384 } from '#crypto';
import { concatBytes } from '../../../core/bytes/writer.ts';
import type { LoggedEvent } from './event.ts';

/** RTMR0..3, 48 bytes each. */
export type RtmrValues = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

export const RTMR_SIZE = 48;

/**
 * What the registers hold once all events are extended, from zero on:
 * new = SHA-384(old ‖ digest) (Intel TDX Module ABI, TDG.MR.RTMR.EXTEND).
 */
export function replay(events: readonly LoggedEvent[]): RtmrValues {
  const values: [Uint8Array, Uint8Array, Uint8Array, Uint8Array] = [
    new Uint8Array(RTMR_SIZE),
    new Uint8Array(RTMR_SIZE),
    new Uint8Array(RTMR_SIZE),
    new Uint8Array(RTMR_SIZE),
  ];
  for (const { register, digest } of events) values[register] = extended(values[register], digest);
  return values;
}

/** What one register holds after these digests, from zero on. */
export function registerAfter(digests: readonly Uint8Array[]): Uint8Array {
  return digests.reduce(extended, new Uint8Array(RTMR_SIZE));
}

function extended(value: Uint8Array, digest: Uint8Array): Uint8Array {
  return sha384(concatBytes(value, digest));
}
