import type { JsonObject, JsonValue } from '../../../core/encoding/json.ts';
import { bounded } from '../../../core/fault.ts';

/** A request that means something for which the other API has no words. The message names it. */
export class Untranslated extends Error {
  override readonly name = 'Untranslated';

  constructor(path: string, problem: string) {
    super(bounded(`${path}: ${problem}`));
  }
}

/**
 * One object of a request, read member by member: what nobody took at the end is refused by its
 * name, since to leave it out could change what is meant.
 */
export class Members {
  readonly path: string;
  readonly #value: JsonObject;
  readonly #taken = new Set<string>();

  /** @throws Untranslated for anything but an object. */
  constructor(value: JsonValue | undefined, path: string) {
    if (typeof value !== 'object' || value === null || isList(value)) {
      throw new Untranslated(path, 'want an object');
    }
    this.path = path;
    this.#value = value;
  }

  /** A member, whatever it is; `null` reads as absent. */
  take(name: string): JsonValue | undefined {
    this.#taken.add(name);
    const value = Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    return value ?? undefined;
  }

  string(name: string): string {
    return this.maybeString(name) ?? this.#refuse(name, 'want a string');
  }

  maybeString(name: string): string | undefined {
    const value = this.take(name);
    return value === undefined || typeof value === 'string'
      ? value
      : this.#refuse(name, 'want a string');
  }

  maybeNumber(name: string): number | undefined {
    const value = this.take(name);
    return value === undefined || typeof value === 'number'
      ? value
      : this.#refuse(name, 'want a number');
  }

  maybeBoolean(name: string): boolean | undefined {
    const value = this.take(name);
    return value === undefined || typeof value === 'boolean'
      ? value
      : this.#refuse(name, 'want true or false');
  }

  maybeList(name: string): readonly JsonValue[] | undefined {
    const value = this.take(name);
    return value === undefined || isList(value) ? value : this.#refuse(name, 'want a list');
  }

  /** What says where a prefix may be kept for later: it costs less or more, and means nothing else. */
  leaveCacheControl(): void {
    this.take('cache_control');
  }

  /** @throws Untranslated for the first member that was not taken. */
  end(): void {
    for (const [name, value] of Object.entries(this.#value)) {
      if (this.#taken.has(name) || value === null) continue;
      this.#refuse(name, 'is not translated; see the table of what is');
    }
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }

  #refuse(name: string, problem: string): never {
    throw new Untranslated(this.at(name), problem);
  }
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
