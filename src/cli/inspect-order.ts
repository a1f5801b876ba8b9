import type { Claims } from '../evidence/verification.ts';

/** The same claims, those named in front, in the order of their names. */
export function firstOf(names: readonly string[], claims: Claims): Claims {
  return { ...someOf(names, claims), ...claims };
}

/** Of the claims those named, as far as they are there. */
export function someOf(names: readonly string[], claims: Claims): Claims {
  return Object.fromEntries(
    names.flatMap((name) => {
      const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
      return claim === undefined ? [] : [[name, claim]];
    }),
  );
}
