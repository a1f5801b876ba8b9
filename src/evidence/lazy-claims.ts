import type { Claims } from './verification.ts';

/**
 * A result whose claims are written out when they are asked for: most callers only want
 * the verdict.
 *
 * One getter serves all results. A getter written into each would be a closure of its own
 * and so make an object of a new shape every time; V8 keeps shapes, with all that their
 * closures hold, until a full collection.
 */
export function withLazyClaims<Result extends object>(
  result: Result,
  claimsOf: () => Claims,
): Result & { readonly claims: Claims } {
  return new LazyClaims(result, claimsOf) as Result & LazyClaims;
}

class LazyClaims {
  declare readonly claims: Claims;
  readonly #claimsOf: () => Claims;

  constructor(result: object, claimsOf: () => Claims) {
    Object.assign(this, result);
    this.#claimsOf = claimsOf;
    // An own property, as those who spread or compare results expect.
    Object.defineProperty(this, 'claims', LazyClaims.#getter);
  }

  static readonly #getter: PropertyDescriptor & ThisType<LazyClaims> = {
    enumerable: true,
    get() {
      return this.#claimsOf();
    },
  };
}
