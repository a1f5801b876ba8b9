import { expect, it } from 'vitest';
import { tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { challenged, type Editable, policyFor, wholeMachine } from '../../support/policy.ts';

const good = policyFor(challenged(await wholeMachine({ gpus: 0, switches: 0 })));
const PCR = 'a'.repeat(64);

function problemsOf(edit: (policy: Editable<Policy>) => void): readonly string[] {
  const policy = structuredClone(good) as Editable<Policy>;
  edit(policy);
  return tryPolicy(utf8(JSON.stringify(policy))).problems.map(({ path }) => path);
}

const withPcrs = (pcrs: unknown) => (policy: Editable<Policy>) => {
  Object.assign(policy.spec.evidence, { vtpm: { quote: 'require', pcrs } });
};

it('PCRs by index are a rule, and so is a skip', () => {
  expect(problemsOf(withPcrs({ 7: PCR }))).toEqual([]);
  expect(problemsOf(withPcrs({ skip: 'no PCR is known yet' }))).toEqual([]);
});

it('PCRs with a skip beside them are neither', () => {
  expect(problemsOf(withPcrs({ 7: PCR, skip: 'no PCR is known yet' }))).not.toEqual([]);
});

it.each([
  ['a PCR that there is not', withPcrs({ 24: PCR })],
  [
    'a label with another kind of name',
    (policy) => void Object.assign(policy.metadata, { labels: { Region: 'eu' } }),
  ],
] as readonly (readonly [string, (policy: Editable<Policy>) => void])[])(
  'refuses %s',
  (_what, edit) => {
    expect(problemsOf(edit)).not.toEqual([]);
  },
);
