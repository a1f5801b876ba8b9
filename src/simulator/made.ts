/** More than one machine of twelve devices needs, with all that its vendor says. */
const MOST_KEPT = 10_000;

/**
 * What was made, kept for the life of the process under everything that it was made from: what
 * one case of the simulator consists of is nearly all in the others as well, and the same
 * parts make the same bytes.
 */
export class Made<Value> {
  readonly #made = new Map<string, Value>();

  /** @param parts plain data, and all of it: functions do not count. */
  once(parts: readonly unknown[], make: () => Value): Value {
    const name = JSON.stringify(parts);
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const value = make();
    if (this.#made.size >= MOST_KEPT) this.#made.clear();
    this.#made.set(name, value);
    return value;
  }
}
