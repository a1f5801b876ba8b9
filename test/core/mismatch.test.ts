import { expect, it } from 'vitest';
import { isMismatch } from '../../src/core/mismatch.ts';

it('tells a mismatch from any other answer', () => {
  expect(isMismatch({ want: 'a', got: 'b' })).toBe(true);
  expect(isMismatch({ want: 'a' })).toBe(false);
  expect(isMismatch({ got: 'b' })).toBe(false);
  expect(isMismatch([])).toBe(false);
});
