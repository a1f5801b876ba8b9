import type { Appraisal } from '../../src/appraisal/appraise/appraisal.ts';
import { appraise } from '../../src/appraisal/appraise/appraise.ts';
import { compilePolicy } from '../../src/appraisal/appraise/compiled-policy.ts';
import { draftPolicy } from '../../src/appraisal/appraise/draft.ts';
import { type Appraisable, subjectOf } from '../../src/appraisal/appraise/subject.ts';
import type { BundleInput } from '../../src/appraisal/bundle/input.ts';
import type { BundleVerification } from '../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../src/appraisal/policy/schema/policy.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import {
  type BundleMachineOptions,
  type SimulatedBundle,
  simulateBundle,
} from '../../src/simulator/bundle/simulate.ts';
import { verifiedBundle } from './bundle.ts';

/** The same with every `readonly` gone, for tests that change one thing. */
export type Editable<T> = T extends object ? { -readonly [K in keyof T]: Editable<T[K]> } : T;

export type PolicyEdit = (policy: Editable<Policy>) => void;

/** A machine with all that a policy can ask for: challenged, revocation checked, weights measured. */
export function wholeMachine(options: BundleMachineOptions = {}): Promise<SimulatedBundle> {
  return simulateBundle({
    gpus: 2,
    switches: 4,
    revocation: 'published',
    weights: new Uint8Array(32).fill(7),
    ...options,
  });
}

export function challenged(
  machine: SimulatedBundle,
  more: Partial<BundleInput> = {},
): BundleVerification {
  return verifiedBundle(machine, machine.bundle, {
    expected: { nonce: machine.plan.nonce },
    endorsements: machine.published,
    ...more,
  });
}

/** The policy that is drafted of a machine, after an edit. */
export function draftFor(whole: Appraisable, edit: PolicyEdit): Policy {
  const draft = draftPolicy(subjectOf(whole), {
    name: 'test',
    setId: 'machine',
    provenance: { kind: 'observed' },
  });
  if (draft === undefined) throw new Error('no policy can be made of this machine');
  const policy = structuredClone(draft) as Editable<Policy>;
  edit(policy);
  return policy;
}

/** The policy that a machine meets, in force, after an edit; read like any other. */
export function policyFor(
  verification: BundleVerification,
  edit: PolicyEdit = () => undefined,
): Policy {
  const policy = draftFor(verification, (draft) => {
    draft.metadata.lifecycle = { state: 'active' };
    edit(draft);
  });
  return readPolicy(utf8(JSON.stringify(policy))).policy;
}

export function decidedBy(
  policy: Policy,
  verification: Appraisable,
  now = Date.parse(verification.at),
): Appraisal {
  return appraise(verification, compilePolicy(readPolicy(utf8(JSON.stringify(policy)))), now);
}

export function decided(
  verification: BundleVerification,
  edit: PolicyEdit = () => undefined,
  now?: number,
): Appraisal {
  return decidedBy(policyFor(verification, edit), verification, now);
}

/** Codes of all that stands in the way, as `fail:<id>` or `unresolved:<id>`. */
export function codesOf({ reasons }: Appraisal): readonly string[] {
  return [...new Set(reasons.map(({ outcome, code }) => `${outcome}:${code}`))];
}
