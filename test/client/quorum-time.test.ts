import { expect, it } from 'vitest';
import { quorumTime } from '../../src/client/quorum-time.ts';
import type { PolicyWitness, TlogPolicy } from '../../src/ledger/trust/tlog-policy.ts';
import { witnessKeys } from '../support/witnessing.ts';

const [key] = witnessKeys;
if (key === undefined) throw new Error('no key');
const [a, b, c] = ['a', 'b', 'c'].map(
  (name): PolicyWitness => ({ kind: 'witness', name, key, url: undefined }),
) as [PolicyWitness, PolicyWitness, PolicyWitness];
const twoOfThree: Pick<TlogPolicy, 'quorum'> = {
  quorum: { kind: 'group', name: 'g', threshold: 2, members: [a, b, c] },
};

it.each([
  [
    'the second of two of three',
    [
      [a, 10n],
      [b, 30n],
      [c, 20n],
    ],
    20_000,
  ],
  [
    'the earlier where there are but two',
    [
      [c, 20n],
      [a, 10n],
    ],
    10_000,
  ],
  ['none where too few signed', [[a, 10n]], undefined],
  [
    'none where one of them says none',
    [
      [a, 10n],
      [b, 0n],
    ],
    undefined,
  ],
] as const)('is %s', (_, signed, want) => {
  const witnesses = signed.map(([witness, time]) => ({ witness, time }));
  expect(quorumTime({ witnesses }, twoOfThree)).toBe(want);
});

it('is none without a quorum', () => {
  expect(quorumTime({ witnesses: [{ witness: a, time: 10n }] }, { quorum: undefined })).toBe(
    undefined,
  );
});
