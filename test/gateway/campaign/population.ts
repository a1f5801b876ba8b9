import type { BundleMachineOptions } from '../../../src/simulator/bundle/simulate.ts';
import type { Random } from '../../fuzz/random.ts';
import { type Member, member } from '../../support/fleet-bed.ts';

/** Also the pool that machines of a kind want to serve in. */
export const KINDS = ['gpu', 'snp', 'tdx'] as const;
export type Kind = (typeof KINDS)[number];

const MADE_AS: Readonly<Record<Kind, BundleMachineOptions>> = {
  gpu: { cpu: 'tdx', gpus: 8, switches: 4 },
  snp: { cpu: 'snp' },
  // Its vendor's word is in the gateway's folder, and not brought along.
  tdx: { cpu: 'tdx', endorsements: 'none' },
};

/** Of a hundred machines so many are of a kind. */
const MIX: Readonly<Record<Kind, number>> = { gpu: 10, snp: 30, tdx: 60 };

/**
 * What becomes of a machine:
 *
 * | fate | becomes |
 * |---|---|
 * | `steady` | admitted, and shows itself again |
 * | `called` | called at its endpoint, admitted |
 * | `quarantined` | admitted, and put out for a while that does not end |
 * | `released` | the same, let back and admitted anew |
 * | `revoked` | admitted, and put out for good |
 * | `removed` | admitted, taken off the list, enrolled again under another key |
 * | `forger` | shows evidence for another challenge |
 * | `pair` | enrolled twice, under two keys, and shown by both at once |
 * | `open` | nobody knows whether its devices are revoked |
 * | `overridden` | the same, and let in all the same for a while |
 */
export type Fate = keyof typeof SHARES | 'steady' | 'open' | 'overridden';

/** Of a hundred machines of a kind. */
const SHARES = {
  called: 10,
  quarantined: 6,
  released: 6,
  revoked: 10,
  removed: 4,
  forger: 4,
  pair: 4,
} as const;

/** Only a policy of GPUs asks for what can be missing of one machine alone. */
const SHARES_OF_GPUS = { ...SHARES, open: 6, overridden: 8 } as const;

export interface Machine extends Member {
  readonly name: string;
  readonly kind: Kind;
  readonly fate: Fate;
}

/**
 * A fleet of mixed machines, all of one simulated world and each with hardware of its own, in an
 * order that the seed gives.
 */
export async function population(count: number, random: Random): Promise<readonly Machine[]> {
  const machines: Machine[] = [];
  for (const kind of KINDS) {
    for (const [i, fate] of fatesOf(kind, part(count, MIX[kind])).entries()) {
      const name = `${kind}-${i}-${fate}`;
      machines.push({ ...(await member(name, MADE_AS[kind])), name, kind, fate });
    }
  }
  return random.shuffled(machines);
}

/** At least one of each, as far as there are enough. */
function fatesOf(kind: Kind, count: number): readonly Fate[] {
  const shares = Object.entries(kind === 'gpu' ? SHARES_OF_GPUS : SHARES);
  const fates = shares.flatMap(([fate, share]) =>
    Array.from({ length: part(count, share) }, () => fate as Fate),
  );
  return Array.from({ length: count }, (_, i) => fates[i] ?? 'steady');
}

function part(count: number, percent: number): number {
  return Math.max(1, Math.round((count * percent) / 100));
}
