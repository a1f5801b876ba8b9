import type { Mutator } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import type { Evidence } from '../evidence.ts';
import type { World } from '../world.ts';

export type NvidiaMutator = Mutator<Evidence, World>;

/** A change of some bytes; undefined where there is nothing to change in this way. */
export type Change = (random: Random, bytes: Uint8Array, world: World) => Uint8Array | undefined;

export type Changes = Readonly<Record<string, Change>>;

export function prefixed<Row>(prefix: string, table: Readonly<Record<string, Row>>) {
  const rows = Object.entries(table).map(([name, row]) => [`${prefix}: ${name}`, row] as const);
  return Object.fromEntries(rows) as Record<string, Row>;
}

/** A change of the report, or of the chain. */
export const inPiece =
  (piece: 'report' | 'chain') =>
  (change: Change): NvidiaMutator['apply'] =>
  (random, evidence, world) => {
    const changed = change(random, evidence[piece], world);
    return changed && { ...evidence, [piece]: changed };
  };

/** A change of one manifest, or of one response. */
export const inOne =
  (pieces: 'rims' | 'ocsp') =>
  (change: Change): NvidiaMutator['apply'] =>
  (random, evidence, world) => {
    const at = random.below(evidence[pieces].length);
    const one = evidence[pieces][at];
    const changed = one && change(random, one, world);
    return changed && { ...evidence, [pieces]: evidence[pieces].with(at, changed) };
  };
