import type { Mismatch } from '../../core/mismatch.ts';
import type { Presence } from '../policy/schema/values.ts';

/** All bits that are not as wanted, by name; what is not known is neither set nor clear. */
export function bitsProblem(
  wanted: Readonly<Record<string, Presence>>,
  got: Readonly<Record<string, boolean | undefined>>,
): Mismatch | undefined {
  const wrong = Object.entries(wanted).filter(([name, presence]) => {
    if (presence === 'any') return false;
    return got[name] !== (presence === 'require');
  });
  if (wrong.length === 0) return undefined;
  return {
    want: wrong
      .map(([name, presence]) => `${name} ${presence === 'require' ? 'set' : 'clear'}`)
      .join(', '),
    got: wrong.map(([name]) => `${name} ${said(got[name])}`).join(', '),
  };
}

function said(value: boolean | undefined): string {
  if (value === undefined) return 'not said';
  return value ? 'set' : 'clear';
}
