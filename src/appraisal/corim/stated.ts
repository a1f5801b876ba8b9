import type { Skip } from '../policy/schema/values.ts';
import type { Reference } from './comid.ts';
import type { Measurement, MeasurementValue } from './measurement.ts';
import { type Omission, omission } from './omission.ts';

/** A reference on its way to a set, whatever the members of that are. */
export interface StatedSet {
  readonly reference: Reference;
  /** Of the members that it states in whatever way. */
  readonly names: string;
  /** Why there is to be no set of it. */
  readonly keptBack: Omission | undefined;
  keepBack(at: string, because: string): void;
  /** To be asked for last: all that the set does not say. */
  allOmissions(): readonly Omission[];
}

/**
 * The members of one reference set as one reference states them. What it states of a member and a
 * reference set can't say keeps the whole set back: left out, the member would go unchecked, and
 * the set would take machines that the CoRIM does not.
 */
export class StatedMembers<Name extends string, Value extends string | number>
  implements StatedSet
{
  readonly reference: Reference;
  readonly #omissions: Omission[] = [];
  keptBack: Omission | undefined;
  readonly #values = new Map<Name, Value>();
  readonly #names = new Set<Name>();
  readonly #taken = new Set<string>();

  constructor(reference: Reference) {
    this.reference = reference;
    const { at, instance, group } = reference.environment;
    if (instance ?? group) this.keepBack(at, 'is for some machines, and a set is for any');
  }

  get names(): string {
    return [...this.#names].sort().join(', ');
  }

  value(name: Name): Value | undefined {
    return this.#values.get(name);
  }

  isTaken(at: string): boolean {
    return this.#taken.has(at);
  }

  /** @param value undefined when the member is stated in a way that a set can't say. */
  state(name: Name, at: string, value: Value | undefined): void {
    this.#taken.add(at);
    this.#names.add(name);
    const before = this.#values.get(name);
    if (value === undefined) {
      this.keepBack(at, `${name} is not one value of its length`);
    } else if (before !== undefined && before !== value) {
      // Each of the values with each of another member: machines that nobody ever tried.
      this.keepBack(at, `${name} is stated twice, and which other values go with which is not`);
    } else {
      this.#values.set(name, value);
    }
  }

  keepBack(at: string, because: string): void {
    this.keptBack ??= omission(at, `keeps the reference set back: ${because}`);
  }

  /** Said in words of its own, and so not among what nobody took. */
  omit(at: string, because: string): void {
    this.#taken.add(at);
    this.#omissions.push(omission(at, because));
  }

  allOmissions(): readonly Omission[] {
    const rest = this.reference.measurements.flatMap((measurement) =>
      measurement.values
        .filter(({ at }) => !this.#taken.has(at))
        .map((value) =>
          omission(value.at, `is no member of a reference set: ${shown(measurement)}`),
        ),
    );
    return [...this.#omissions, ...(this.keptBack ? [this.keptBack] : []), ...rest];
  }
}

function shown({ key }: Measurement): string {
  return key === undefined ? 'without mkey' : `mkey ${key.value}`;
}

/** For a member that the CoRIM says nothing about. */
export const NOT_STATED: Skip = { skip: 'not stated by the CoRIM that this was imported from' };

/**
 * Hex of a SHA-384 digest that stands alone, or of bytes without a mask.
 *
 * @param size in bytes.
 * @returns undefined for anything else, several digests among it.
 */
export function oneValue(value: MeasurementValue, size: number): string | undefined {
  if (value.kind === 'raw-value') {
    return value.mask === undefined && value.value.length === 2 * size ? value.value : undefined;
  }
  if (value.kind !== 'digests') return undefined;
  return oneDigest(value.digests, size);
}

export function oneDigest(
  digests: readonly { readonly algorithm: string; readonly value: string }[],
  size: number,
): string | undefined {
  const [digest, ...more] = digests;
  const fits = digest?.algorithm === 'sha-384' && digest.value.length === 2 * size;
  return fits && more.length === 0 ? digest.value : undefined;
}
