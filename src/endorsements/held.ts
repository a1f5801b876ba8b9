import type { Validity } from '../core/x509/validity.ts';
import type { Failure } from './failure.ts';

/** What vendors sign, by what it is good for: each has an age of its own that is too old. */
export type EndorsementKind =
  | 'tdx.tcb-info'
  | 'tdx.qe-identity'
  | 'tdx.crl'
  | 'snp.vcek'
  | 'snp.chain'
  | 'snp.crl'
  | 'nvidia.rim'
  | 'nvidia.ocsp';

/** Something of a vendor's that a process has in memory. */
export interface HeldEndorsement {
  /** One for each document, e.g. `intel/90c06f000000-platform.standard.json`. */
  readonly name: string;
  /** All that it is: what Intel signs for a platform is fetched together. */
  readonly kinds: readonly EndorsementKind[];
  /** Base URL of the service that would be asked for it anew; undefined offline. */
  readonly service: string | undefined;
  /** Milliseconds since the epoch; undefined for what somebody put into the folder by hand. */
  readonly fetchedAt: number | undefined;
  /** When all of it is in date. */
  readonly validity: Validity;
  /** Half-way to its end, or earlier where its vendor may issue it anew without a word. */
  readonly refreshAt: number;
  /** When it was last asked for; undefined: never since it was fetched. */
  readonly usedAt: number | undefined;
}

/** When the oldest of each kind was fetched, in milliseconds; none of what somebody put there by hand. */
export function oldestFetches(
  held: readonly Pick<HeldEndorsement, 'kinds' | 'fetchedAt'>[],
): ReadonlyMap<EndorsementKind, number> {
  const oldest = new Map<EndorsementKind, number>();
  for (const { kinds, fetchedAt } of held) {
    if (fetchedAt === undefined) continue;
    for (const kind of kinds) oldest.set(kind, Math.min(fetchedAt, oldest.get(kind) ?? fetchedAt));
  }
  return oldest;
}

/** With the way to have it anew. */
export interface RefreshableEndorsement extends HeldEndorsement {
  readonly refresh: (now: number) => Promise<{ readonly outcome: 'accepted' } | Failure>;
}
