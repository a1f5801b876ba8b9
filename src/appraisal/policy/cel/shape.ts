/** How large a value could be at most, and whether the machine has a say in it. */
export interface Shape {
  /** Most items of a list or map, then of those within it; nothing for a single value. */
  readonly levels: readonly number[];
  /** Most characters of a text in it. */
  readonly text: number;
  /** Lists joined one to another: the engine walks through as many to get at an item. */
  readonly chain: number;
  /** It depends on a fact. */
  readonly speaks: boolean;
  /** It is true or false, or an error. */
  readonly truth: boolean;
}

export const SINGLE: Shape = { levels: [], text: 64, chain: 1, speaks: false, truth: false };

/** What stands within a list or map, or the key of a map. */
export function within(shape: Shape): Shape {
  return { ...shape, levels: shape.levels.slice(1), truth: false };
}

/** Whichever of them it is. */
export function either(shapes: readonly Shape[]): Shape {
  return shapes.reduce(
    (one, other) => ({
      levels: zip(one.levels, other.levels, Math.max),
      text: Math.max(one.text, other.text),
      chain: Math.max(one.chain, other.chain),
      speaks: one.speaks || other.speaks,
      truth: one.truth && other.truth,
    }),
    { ...SINGLE, text: 1, truth: shapes.length > 0 },
  );
}

/** Texts or lists, one behind the other. */
export function joined(left: Shape, right: Shape): Shape {
  const { levels, chain, speaks } = either([left, right]);
  const first = (left.levels[0] ?? 0) + (right.levels[0] ?? 0);
  return {
    levels: levels.length > 0 ? [first, ...levels.slice(1)] : [],
    text: left.text + right.text,
    chain: chain + 1,
    speaks,
    truth: false,
  };
}

/** What a loop over so many items has gathered, where one round gathers `once`. */
export function gathered(once: Shape, rounds: number): Shape {
  const [first, ...rest] = once.levels;
  if (first === undefined) return once;
  return { ...once, levels: [first * rounds, ...rest], chain: once.chain + rounds };
}

export function itemsOf({ levels: [first = 1] }: Shape): number {
  return Math.max(1, first);
}

/** Steps to hold one against the other: they part where one of them has no more. */
export function comparison(left: Shape, right: Shape): number {
  const pairs = left.levels.map((items, i) => Math.min(items, right.levels[i] ?? 1));
  const values = pairs.reduce((product, items) => product * Math.max(1, items), 1);
  return values * (left.chain + right.chain + words(Math.min(left.text, right.text)));
}

/** Texts are compared and copied by words of the machine, not by characters. */
export function words(text: number): number {
  return 1 + (text >> 6);
}

function zip(
  left: readonly number[],
  right: readonly number[],
  of: (a: number, b: number) => number,
): number[] {
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_, i) => of(left[i] ?? 0, right[i] ?? 0));
}
