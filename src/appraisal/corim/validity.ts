import { CborEntries, type CborEntry } from '../../core/encoding/cbor-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { readTime } from './identifier.ts';
import { addAll, type Omission, unknownEntries } from './omission.ts';

/** Milliseconds since the epoch; both ends belong to it. */
export interface Period {
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** validity-map (draft-ietf-rats-corim, section 7.3). */
export function readPeriod({ at, value }: CborEntry, omissions: Omission[]): Period {
  const map = new CborEntries(value, at, { 'not-before': 0, 'not-after': 1 });
  const notBefore = map.get(0);
  const notAfter = readTime(map.need(1));
  addAll(omissions, unknownEntries(map));
  return { ...(notBefore && { notBefore: readTime(notBefore) }), notAfter };
}

export interface CorimValidity {
  readonly state: 'not stated' | 'current' | 'expired' | 'not yet valid';
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Where document and signature each have a period, both must hold. */
export function validityOf(periods: readonly Period[], now: number): CorimValidity {
  const notBefore = Math.max(
    ...periods.map((period) => period.notBefore ?? Number.NEGATIVE_INFINITY),
  );
  const notAfter = Math.min(
    ...periods.map((period) => period.notAfter ?? Number.POSITIVE_INFINITY),
  );
  return {
    state: stateOf(notBefore, notAfter, now),
    ...(Number.isFinite(notBefore) && { notBefore: formatTime(notBefore) }),
    ...(Number.isFinite(notAfter) && { notAfter: formatTime(notAfter) }),
  };
}

function stateOf(notBefore: number, notAfter: number, now: number): CorimValidity['state'] {
  if (now > notAfter) return 'expired';
  if (now < notBefore) return 'not yet valid';
  return Number.isFinite(notAfter) || Number.isFinite(notBefore) ? 'current' : 'not stated';
}
