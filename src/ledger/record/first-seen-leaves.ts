import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { isAppraisal } from '../../appraisal/result/result-json.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import type { Verification } from '../../evidence/verification.ts';
import { firstSeenId } from '../leaf/first-seen.ts';
import type { Leaf } from '../leaf/leaf.ts';

/**
 * What a ledger says once of a policy and of a set of endorsements: that it first met them. Where
 * it has met them before, their ids are taken.
 */
export function firstSeenLeaves(result: Verification, time: number): readonly Leaf[] {
  return [...policyLeaf(result, time), ...endorsementsLeaf(result, time)];
}

function policyLeaf(result: Verification, time: number): readonly Leaf[] {
  if (!isAppraisal(result)) return [];
  const { name, revision, digest } = result.policy;
  const type = 'policy.published';
  return [{ v: 1, type, id: firstSeenId(type, digest), time, policy: { name, revision, digest } }];
}

/** Of one chip, or about one device: whoever knows these would find the machine’s leaves by them. */
const OF_ONE_MACHINE: ReadonlySet<string> = new Set(['vek', 'ocsp']);

function endorsementsLeaf({ endorsements = [] }: Verification, time: number): readonly Leaf[] {
  const shared = endorsements.filter(({ kind }) => !OF_ONE_MACHINE.has(kind));
  if (shared.length === 0) return [];
  const set = digestOf(utf8(canonicalJson(shared.map(({ kind, sha256 }) => ({ kind, sha256 })))));
  const kinds = [...new Set(shared.map(({ kind }) => kind))].sort();
  const type = 'endorsements.seen';
  return [{ v: 1, type, id: firstSeenId(type, set), time, set, kinds }];
}
