import type { Mutator } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import type { Evidence } from '../evidence.ts';
import type { World } from '../world.ts';

export type SnpMutator = Mutator<Evidence, World>;

/** A change of some bytes; undefined where there is nothing to change in this way. */
export type Change = (random: Random, bytes: Uint8Array, world: World) => Uint8Array | undefined;

export type Changes = Readonly<Record<string, Change>>;

export function prefixed<Row>(prefix: string, table: Readonly<Record<string, Row>>) {
  const rows = Object.entries(table).map(([name, row]) => [`${prefix}: ${name}`, row] as const);
  return Object.fromEntries(rows) as Record<string, Row>;
}
