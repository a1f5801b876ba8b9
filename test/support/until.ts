import { expect } from 'vitest';
import type { Verification } from '../../src/evidence/verification.ts';

/**
 * Until means until: good to the very second, and no longer, whatever moves on.
 *
 * @param verifyAt the same evidence and endorsements, with every clock at that instant.
 */
export function expectGoodUntil(
  verifyAt: (now: number) => Verification,
  now: number,
  until: string,
): void {
  const end = Date.parse(until);
  const answers = [now, end, end + 1000].map((at) => verifyAt(at));
  expect(answers.map(({ until: said }) => said)).toEqual([until, until, until]);
  expect(answers.map(({ verdict }) => verdict === 'accept')).toEqual([true, true, false]);
}

export function kindsOf({ endorsements = [] }: Verification): string[] {
  return endorsements.map(({ kind }) => kind);
}
