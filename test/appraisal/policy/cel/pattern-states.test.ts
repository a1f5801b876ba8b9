import { expect, it } from 'vitest';
import { patternStates } from '../../../../src/appraisal/policy/cel/pattern-states.ts';

it.each([
  ['', 1],
  ['abc', 4],
  ['^[0-9a-f]+$', 5],
  ['a\\.b', 4],
  ['a{3}', 5],
  ['a{2,7}', 9],
  ['a{3,}', 5],
  ['(a{10}){10}', 144],
  ['[]{9}]', 2],
  ['[^\\]{9}]', 2],
  ['[[:alpha:]{9}]', 2],
  ['\\pL\\p{Greek}', 4],
  ['\\x{41}', 2],
  ['{9}', 1],
  ['\\Qa', Number.POSITIVE_INFINITY],
])('%s has about %i states', (pattern, states) => {
  expect(patternStates(pattern)).toBe(states);
});
