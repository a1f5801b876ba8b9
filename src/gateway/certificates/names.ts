import { Fault } from '../../core/fault.ts';
import type { FleetNode } from '../fleet/node.ts';

/** A label of a host name as DNS has it in earnest, in lower case: two spellings would be two names. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_NAME = 253;

/**
 * The one name that a node may be certified for: `<node>.<pool>.<domain>`. Names of nodes are
 * unique, and neither they nor those of pools have a dot here: nobody can spell another's.
 *
 * @throws Fault `conflict` for a node or a pool that is not called like a host.
 */
export function hostNameOf(
  { id, name, pool }: Pick<FleetNode, 'id' | 'name' | 'pool'>,
  domain: string,
): string {
  const want = 'to be certified it has to be a label of DNS: 1 to 63 of a-z, 0-9 and inner dashes';
  if (!LABEL.test(name)) throw new Fault('conflict', `nodes[${id}].name`, want);
  if (!LABEL.test(pool)) throw new Fault('conflict', `nodes[${id}].pool`, want);
  const host = `${name}.${pool}.${domain}`;
  if (host.length <= LONGEST_NAME) return host;
  throw new Fault('conflict', `nodes[${id}].name`, `is too long for a host below ${domain}`);
}

/** What a domain may be: two labels at least, since a name below one alone would be anybody's. */
export function isDomain(text: string): boolean {
  const labels = text.split('.');
  return text.length <= 200 && labels.length >= 2 && labels.every((label) => LABEL.test(label));
}

/** The hosts of a pool, as known_hosts writes them. */
export function hostPattern(pool: string, domain: string): string | undefined {
  return LABEL.test(pool) ? `*.${pool}.${domain}` : undefined;
}

/** @throws Fault `usage` for a name that is not the node's own, however it is spelt. */
export function wantOwnNames(names: readonly string[], own: string): void {
  for (const [i, name] of names.entries()) {
    if (name !== own) throw new Fault('usage', `names[${i}]`, `want ${own}, which is all it may`);
  }
}
