import type { JsonValue } from '../encoding/json.ts';
import type { Misfit } from './explain-shape.ts';

/** No list of any schema is longer: of a policy, chips of a deployment, events of a register. */
const MOST_ITEMS = 4096;
/** No object of any schema has more members: of a policy, inputs of a provenance. */
const MOST_MEMBERS = 64;

/**
 * The first list or object that is too large for any schema of ours. Asked before the schema is:
 * its validator compares all items and names, however many, before it counts them.
 *
 * @param value as the readers give it, so of a depth that recursion can bear.
 */
export function oversize(value: JsonValue, path = ''): Misfit | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.length > MOST_ITEMS) {
      return { path, problem: `want at most ${MOST_ITEMS} of them, got ${value.length}` };
    }
    return firstOf(value.entries(), (item, i) => oversize(item, `${path}[${i}]`));
  }
  const members = Object.entries(value);
  if (members.length > MOST_MEMBERS) {
    return { path, problem: `want at most ${MOST_MEMBERS} members, got ${members.length}` };
  }
  return firstOf(members, (member, name) =>
    oversize(member, path === '' ? name : `${path}.${name}`),
  );
}

function firstOf<Key>(
  parts: Iterable<readonly [Key, JsonValue]>,
  look: (part: JsonValue, key: Key) => Misfit | undefined,
): Misfit | undefined {
  for (const [key, part] of parts) {
    const found = look(part, key);
    if (found) return found;
  }
  return undefined;
}
