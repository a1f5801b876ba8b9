import type { CompiledSet } from './compiled-set.ts';
import type { RegisterValues } from './registers.ts';

/** Sets that fix the same registers, by a number made of the beginnings of their values. */
interface Group {
  readonly names: readonly string[];
  readonly byNumber: Map<number, CompiledSet[]>;
}

/**
 * Finds the sets that may be a machine's without looking at each: policies of a fleet have
 * hundreds, most of which differ in one register.
 */
export class SetIndex {
  readonly #groups: readonly Group[];

  constructor(sets: readonly CompiledSet[]) {
    const groups = new Map<string, Group>();
    for (const set of sets) {
      const fixed = set.registers.filter((register) => 'exact' in register);
      const names = fixed.map(({ name }) => name);
      const group = groups.get(names.join()) ?? { names, byNumber: new Map() };
      groups.set(names.join(), group);
      const number = fixed.reduce((sum, { exact }) => mixed(sum, exact), START);
      group.byNumber.set(number, [...(group.byNumber.get(number) ?? []), set]);
    }
    this.#groups = [...groups.values()];
  }

  /** Every set whose fixed registers are these, and by chance another: the caller compares. */
  candidates(values: RegisterValues): readonly CompiledSet[] {
    return this.#groups.flatMap(({ names, byNumber }) => {
      const number = names.reduce((sum, name) => mixed(sum, values[name]), START);
      return byNumber.get(number) ?? NONE;
    });
  }
}

const NONE: readonly CompiledSet[] = [];
const START = 0x811c9dc5;

/** FNV-1a by 32 bits in place of 8; what is no bytes counts as zeros, and fits no set. */
function mixed(sum: number, value: Uint8Array | number | undefined): number {
  const [a = 0, b = 0, c = 0, d = 0] = value instanceof Uint8Array ? value : NO_BYTES;
  return Math.imul(sum ^ (a | (b << 8) | (c << 16) | (d << 24)), 0x01000193);
}

const NO_BYTES: readonly number[] = [];
