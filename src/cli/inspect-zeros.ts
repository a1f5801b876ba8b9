import type { Claim, Claims } from '../evidence/verification.ts';
import { ranges } from './ranges.ts';

/** Claims for people: a line for all measurement blocks that are zero, in place of one for each. */
export function withoutZeroBlocks(claims: Claims): Claims {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, claim]) => {
      if (name === 'measurements' && isDigests(claim)) return blocks(claim);
      return [[name, name === 'devices' && Array.isArray(claim) ? claim.map(inside) : claim]];
    }),
  );
}

function inside(claim: Claim): Claim {
  const isObject = typeof claim === 'object' && claim !== null && !Array.isArray(claim);
  return isObject ? withoutZeroBlocks(claim as Claims) : claim;
}

function isDigests(claim: Claim): claim is readonly string[] {
  return Array.isArray(claim) && claim.every((item) => typeof item === 'string');
}

/** As manifests count: the first block has index 0. */
function blocks(digests: readonly string[]): readonly (readonly [string, Claim])[] {
  const zero = digests.flatMap((digest, i) => (/^0+$/.test(digest) ? [i] : []));
  const others = digests.flatMap((digest, i) =>
    zero.includes(i) ? [] : [[`measurements[${i}]`, digest] as const],
  );
  return zero.length === 0 ? others : [...others, ['measurementsZero', ranges(zero)]];
}
