import type { Endorsement } from './relied-on.ts';
import type { Claims } from './verification.ts';

/**
 * A result whose claims are written out, and whose endorsements are hashed, when they are asked
 * for: most callers only want the verdict.
 *
 * One getter serves all results. A getter written into each would be a closure of its own
 * and so make an object of a new shape every time; V8 keeps shapes, with all that their
 * closures hold, until a full collection.
 */
export function withLazyClaims<Result extends object>(
  result: Result,
  claimsOf: () => Claims,
  endorsementsOf?: () => readonly Endorsement[],
): Result & { readonly claims: Claims; readonly endorsements?: readonly Endorsement[] } {
  return new LazyClaims(result, claimsOf, endorsementsOf) as Result & LazyClaims;
}

class LazyClaims {
  declare readonly claims: Claims;
  declare readonly endorsements?: readonly Endorsement[];
  readonly #claimsOf: () => Claims;
  readonly #endorsementsOf: (() => readonly Endorsement[]) | undefined;

  constructor(
    result: object,
    claimsOf: () => Claims,
    endorsementsOf: (() => readonly Endorsement[]) | undefined,
  ) {
    Object.assign(this, result);
    this.#claimsOf = claimsOf;
    this.#endorsementsOf = endorsementsOf;
    // An own property, as those who spread or compare results expect.
    Object.defineProperty(this, 'claims', LazyClaims.#claims);
    if (endorsementsOf) Object.defineProperty(this, 'endorsements', LazyClaims.#endorsements);
  }

  static readonly #claims: PropertyDescriptor & ThisType<LazyClaims> = {
    enumerable: true,
    get() {
      return this.#claimsOf();
    },
  };

  static readonly #endorsements: PropertyDescriptor & ThisType<LazyClaims> = {
    enumerable: true,
    get() {
      return this.#endorsementsOf?.();
    },
  };
}
