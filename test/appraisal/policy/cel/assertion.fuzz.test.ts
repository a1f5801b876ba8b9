import fc from 'fast-check';
import { expect } from 'vitest';
import { compileAssertion } from '../../../../src/appraisal/policy/cel/assertion.ts';
import type { Facts } from '../../../../src/appraisal/policy/cel/facts.ts';
import { fuzz, orRefused } from '../../../support/fuzz.ts';

const facts: Facts = {
  cpu: { type: 'intel-tdx', svn: 7, advisories: ['a'], attributes: { debug: false } },
  gpu: Array.from({ length: 64 }, (_, i) => ({ driver: '590.12', ueid: `${i}` })),
  nvswitch: [],
  binding: {},
  now: Date.UTC(2026, 5, 1),
};

/** Refused, or answered: the same each time, and never with an error that reads as true. */
function check(cel: string): void {
  const compiled = orRefused(() => compileAssertion(cel, 'cel'));
  if (compiled === undefined) return;
  const start = performance.now();
  const answer = compiled.ask(facts);
  expect(performance.now() - start).toBeLessThan(5000);
  expect(compiled.ask(facts)).toEqual(answer);
  expect(compileAssertion(cel, 'cel').ask(facts)).toEqual(answer);
  if (answer.outcome === 'error') expect(answer.because.length).toBeLessThanOrEqual(200);
}

fuzz('any text', fc.string({ maxLength: 1100, unit: 'grapheme' }), check);

const words = fc.constantFrom(
  ...['cpu', 'gpu', 'nvswitch', 'now', 'g', '.type', '.svn', '.driver', '.attributes', '[0]'],
  ...['.all(g, ', '.exists(g, ', '.exists_one(g, ', '.map(g, ', '.filter(g, ', 'has(', 'size('],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '?',
    ':',
    '==',
    '!=',
    '<',
    '&&',
    '||',
    '!',
    '-',
    '+',
    ' in ',
  ],
  ...["'a'", '1', '1.5', 'true', 'false', 'null', '.matches(', '.contains(', 'timestamp(', 'int('],
);

fuzz(
  'CEL’s words',
  fc.array(words, { maxLength: 60 }).map((parts) => parts.join(' ')),
  check,
);

const { whole } = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'cpu.svn',
      'cpu.type',
      'gpu',
      'cpu',
      'now',
      "'a'",
      '7',
      'true',
      'x',
      'cpu.none',
    ),
    fc
      .tuple(tie('whole'), fc.constantFrom('==', '!=', '<', '&&', '||', '+', 'in'), tie('whole'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(tie('whole'), fc.constantFrom('all', 'exists', 'filter', 'map'), tie('whole'))
      .map(([range, macro, body]) => `${range}.${macro}(x, ${body})`),
    tie('whole').map((part) => `!(${part})`),
    tie('whole').map((part) => `size(${part})`),
    tie('whole').map((part) => `has(${part}.driver)`),
    fc.tuple(tie('whole'), tie('whole')).map((parts) => `[${parts.join(', ')}]`),
    fc.tuple(tie('whole'), tie('whole'), tie('whole')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
}));

fuzz('whole expressions', whole, check);

/** What asks for a member that is not there first is true of nothing, however it goes on. */
fuzz('what begins with an error', whole, (rest) => {
  for (const cel of [`cpu.none == 'a' || (${rest})`, `!(cpu.none == 'a' && (${rest}))`]) {
    const compiled = orRefused(() => compileAssertion(cel, 'cel'));
    if (compiled !== undefined) expect(compiled.ask(facts).outcome).toBe('error');
  }
});
