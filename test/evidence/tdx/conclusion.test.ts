import { expect, it } from 'vitest';
import { TDX_AUTHENTIC, TDX_BASELINE } from '../../../src/evidence/tdx/checks.ts';
import { ENDORSED, REVOCATION } from '../../../src/evidence/tdx/conclusion.ts';

it.each([
  ['authentic', TDX_AUTHENTIC],
  ['endorsed', ENDORSED],
  ['revocation', REVOCATION],
])('whatever is accepted is %s as well: the baseline asks all of it', (_, ids) => {
  expect(ids.size).toBeGreaterThan(0);
  expect(ids.isSubsetOf(TDX_BASELINE)).toBe(true);
  expect(TDX_BASELINE.has('tdx.pck.revocation')).toBe(true);
});
