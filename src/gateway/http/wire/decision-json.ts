import type { NearestSet } from '../../../appraisal/appraise/appraisal.ts';
import { writeTime } from '../../../protocol/values.ts';
import type { FleetReason } from '../../fleet/outcome.ts';
import type { AttestationAnswer, DecisionRecord } from '../../fleet/service.ts';
import { nodeJson } from './node-json.ts';

/** @param reasons whether whoever asks may see them. */
export function decisionJson(record: DecisionRecord, reasons: 'seen' | 'kept') {
  const { id, node, at, verdict, authentic, codes, policy, leaf, forgotten } = record;
  return {
    id,
    ...(node !== undefined && { node }),
    at: writeTime(at),
    verdict,
    authentic,
    ...(reasons === 'seen' && { codes }),
    ...(policy && {
      policy: { name: policy.name, revision: policy.revision, digest: policy.digest },
    }),
    leaf: { origin: leaf.origin, index: leaf.index },
    ...(forgotten !== undefined && { forgotten }),
  };
}

/** Of an acceptance; others are problems. */
export function acceptanceJson(answer: AttestationAnswer, now: number, reasons: 'seen' | 'kept') {
  const { decision, verdict, authentic, nearest, warnings, node, token, leaf } = answer;
  return {
    decision,
    verdict,
    authentic,
    ...(reasons === 'seen' && {
      reasons: answer.reasons.map(reasonJson),
      ...(nearest && { nearest: nearestJson(nearest) }),
      warnings,
    }),
    node: nodeJson(node, now, reasons),
    ...(token !== undefined && { token }),
    leaf: { origin: leaf.origin, index: leaf.index, size: leaf.size },
  };
}

export function reasonJson({ code, outcome, path, text }: FleetReason): FleetReason {
  return { code, outcome, path, text };
}

function nearestJson({ id, equal, compared, differs, departs }: NearestSet) {
  return { id, equal, compared, differs, ...(departs !== undefined && { departs }) };
}
