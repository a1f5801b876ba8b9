import type { Lifecycle } from '../policy/schema/values.ts';
import { instantOf } from './instant.ts';

/** Whether something with a lifecycle counts at an instant. */
export type Standing =
  | { readonly outcome: 'pass'; readonly warning?: string; readonly until?: number }
  | { readonly outcome: 'fail'; readonly says: string }
  | { readonly outcome: 'unresolved'; readonly says: string };

/** @param now milliseconds since the epoch. */
export function lifecycleStanding(lifecycle: Lifecycle, now: number): Standing {
  switch (lifecycle.state) {
    case 'draft':
      return { outcome: 'unresolved', says: 'is a draft: it is evaluated and admits nobody' };
    case 'revoked':
      // Whatever the date: a revocation that is announced is known.
      return { outcome: 'fail', says: `revoked at ${lifecycle.revokedAt}: ${lifecycle.reason}` };
    case 'active':
      return begun(lifecycle.notBefore, now) ?? { outcome: 'pass' };
    case 'deprecated': {
      const until = instantOf(lifecycle.sunset);
      if (now >= until)
        return { outcome: 'fail', says: `deprecated, its sunset was ${lifecycle.sunset}` };
      const why = lifecycle.reason === undefined ? '' : `: ${lifecycle.reason}`;
      const warning = `is deprecated and admits until ${lifecycle.sunset}${why}`;
      return begun(lifecycle.notBefore, now) ?? { outcome: 'pass', warning, until };
    }
  }
}

function begun(notBefore: string | undefined, now: number): Standing | undefined {
  if (notBefore === undefined || now >= instantOf(notBefore)) return undefined;
  return { outcome: 'unresolved', says: `is not in force before ${notBefore}` };
}
