import type { Mismatch } from '../../core/mismatch.ts';
import type { Presence } from '../policy/schema/values.ts';

/**
 * All bits that are not as wanted, by name.
 *
 * @param isSet of the evidence; undefined where it does not say, which is neither set nor clear.
 */
export function bitsProblem<Name extends string>(
  wanted: Readonly<Record<Name, Presence>>,
  isSet: (name: Name) => boolean | undefined,
): Mismatch | undefined {
  const wrong: Name[] = [];
  for (const name in wanted) {
    const presence = wanted[name];
    if (presence !== 'any' && isSet(name) !== (presence === 'require')) wrong.push(name);
  }
  if (wrong.length === 0) return undefined;
  return {
    want: wrong.map((name) => `${name} ${wanted[name] === 'require' ? 'set' : 'clear'}`).join(', '),
    got: wrong.map((name) => `${name} ${said(isSet(name))}`).join(', '),
  };
}

function said(value: boolean | undefined): string {
  if (value === undefined) return 'not said';
  return value ? 'set' : 'clear';
}
