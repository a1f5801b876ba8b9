import { expect, it } from 'vitest';
import { withLazyClaims } from '../../src/evidence/lazy-claims.ts';

it('does not make claims before they are asked for', () => {
  let made = 0;
  const result = withLazyClaims({ verdict: 'accept' }, () => {
    made++;
    return { tdId: '00' };
  });
  expect(result.verdict).toBe('accept');
  expect(made).toBe(0);
  expect(result.claims).toEqual({ tdId: '00' });
});

it('keeps claims among the members that are spread, compared and printed', () => {
  const result = withLazyClaims({ verdict: 'accept' }, () => ({ tdId: '00' }));
  const plain = { verdict: 'accept', claims: { tdId: '00' } };
  expect({ ...result }).toEqual(plain);
  expect(result).toEqual(plain);
  expect(JSON.parse(JSON.stringify(result))).toEqual(plain);
});

it('gives all results one getter: one of its own would leave garbage until a full collection', () => {
  const getterOf = (result: object) => Object.getOwnPropertyDescriptor(result, 'claims')?.get;
  const one = getterOf(withLazyClaims({}, () => ({})));
  const other = getterOf(withLazyClaims({}, () => ({})));
  expect(one).toBeDefined();
  expect(one).toBe(other);
});

it('hashes endorsements when they are asked for, and has the member only where there are any', () => {
  let made = 0;
  const result = withLazyClaims(
    { verdict: 'accept' },
    () => ({}),
    () => {
      made++;
      return [{ kind: 'rim', sha256: '00' }];
    },
  );
  expect([result.claims, made]).toEqual([{}, 0]);
  expect(result.endorsements).toEqual([{ kind: 'rim', sha256: '00' }]);
  expect(withLazyClaims({}, () => ({}))).not.toHaveProperty('endorsements');
});
