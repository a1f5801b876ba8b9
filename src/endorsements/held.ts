import type { Validity } from '../core/x509/validity.ts';
import type { Failure } from './failure.ts';

/** Something of a vendor's that a process has in memory. */
export interface HeldEndorsement {
  /** One for each document, e.g. `intel/90c06f000000-platform.standard.json`. */
  readonly name: string;
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

/** With the way to have it anew. */
export interface RefreshableEndorsement extends HeldEndorsement {
  readonly refresh: (now: number) => Promise<{ readonly outcome: 'accepted' } | Failure>;
}
