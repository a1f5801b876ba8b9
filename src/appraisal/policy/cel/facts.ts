import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Claim, Claims } from '../../../evidence/verification.ts';
import { DEVICE_MEMBERS, DEVICE_TEXT, FACT_ITEMS, FACT_TEXT } from './bounds.ts';

/** What an assertion is asked about, by its roots. */
export interface Facts {
  readonly cpu: Claims;
  readonly gpu: readonly Claims[];
  readonly nvswitch: readonly Claims[];
  readonly binding: Claims;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** As large as a fact may be: what an evaluation could cost is reckoned with it. */
interface Extent {
  /** Most items of a list or map, then of those within it. */
  readonly levels: readonly number[];
  readonly text: number;
}

const DEVICES: Extent = { levels: [FACT_ITEMS, DEVICE_MEMBERS], text: DEVICE_TEXT };
const MEMBERS: Extent = { levels: [FACT_ITEMS, FACT_ITEMS], text: FACT_TEXT };

export const ROOT_SHAPES = {
  cpu: MEMBERS,
  gpu: DEVICES,
  nvswitch: DEVICES,
  binding: MEMBERS,
  now: { levels: [], text: 1 },
} as const satisfies Record<keyof Facts, Extent>;

export const ROOTS = Object.keys(ROOT_SHAPES);

export function isRoot(name: string): name is keyof Facts {
  return Object.hasOwn(ROOT_SHAPES, name);
}

/**
 * The facts as the engine takes them: whole numbers are ints, others doubles.
 *
 * @throws RangeError beyond the bounds that costs were reckoned with: a part is not the whole.
 */
export function inputOf({ cpu, gpu, nvswitch, binding, now }: Facts) {
  return {
    cpu: input(cpu, ROOT_SHAPES.cpu),
    gpu: input(gpu, ROOT_SHAPES.gpu),
    nvswitch: input(nvswitch, ROOT_SHAPES.nvswitch),
    binding: input(binding, ROOT_SHAPES.binding),
    now: timestampFromMs(now),
  };
}

function input(claim: Claim, { levels: [most, ...levels], text }: Extent): unknown {
  if (typeof claim === 'string') {
    if (claim.length > text) throw new RangeError('a fact is too long a text');
    return claim;
  }
  if (typeof claim === 'number') return Number.isSafeInteger(claim) ? BigInt(claim) : claim;
  if (typeof claim !== 'object' || claim === null) return claim;
  const items = Object.entries(claim);
  if (most === undefined) throw new RangeError('a fact lies too deep');
  if (items.length > most) throw new RangeError('a fact is too long a list');
  const within = items.map(([name, value]) => [name, input(value, { levels, text })] as const);
  return Array.isArray(claim) ? within.map(([, value]) => value) : new Map(within);
}
