import type { Candidate } from '../../protocol/session/candidates.ts';
import { isHostName } from './config-text.ts';

/** One label: more of them would make the pool’s name a part of a host’s that somebody knows. */
const LABEL = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const LIKE_ID = /^[0-9a-f]{32}$/i;

export interface HostNames {
  /** What somebody types: no two machines share one. */
  readonly names: readonly string[];
  /** False where the machine goes by its id: its name is no label of a host, or not its alone. */
  readonly isNamed: boolean;
}

/** Whether names in ssh_config can begin with the pool’s: not all that name a pool name a host. */
export function canPrefix(pool: string): boolean {
  return isHostName(`${pool}.a`);
}

/**
 * What the machines of a pool are called in ssh_config: `<pool>.<name>`, `<pool>.<id>` for one whose
 * name does not fit, and by their ids alone where the pool’s name begins no host’s.
 *
 * @param candidates each node once.
 * @param short whether a name that fits is taken by itself besides.
 */
export function hostNames(
  candidates: readonly Pick<Candidate, 'node' | 'name'>[],
  pool: string,
  short: boolean,
): readonly HostNames[] {
  const count = Map.groupBy(candidates, ({ name }) => name.toLowerCase());
  const isPrefixed = canPrefix(pool);
  return candidates.map(({ node, name }) => {
    const isNamed =
      LABEL.test(name) && !LIKE_ID.test(name) && count.get(name.toLowerCase())?.length === 1;
    const whole = isPrefixed ? `${pool}.${isNamed ? name : node}` : node;
    return { names: [...(isNamed && short ? [name] : []), whole], isNamed };
  });
}
