import type { NodeJson } from '../../../protocol/node.ts';
import { writeTime } from '../../../protocol/values.ts';
import { type Admission, type FleetNode, isAdmitted, type Standing } from '../../fleet/node.ts';

/** @param reasons whether whoever asks may see why, and where it is. */
export function nodeJson(node: FleetNode, now: number, reasons: 'seen' | 'kept'): NodeJson {
  const { id, name, key, pool, endpoint, services, declared, enrolledAt, version, last, failures } =
    node;
  const seen = reasons === 'seen';
  return {
    id,
    name,
    key: { algorithm: key.algorithm, publicKey: key.publicKey },
    pool,
    ...(seen && endpoint !== undefined && { endpoint }),
    ...(services && { services }),
    declared: { cpu: declared.cpu, gpus: declared.gpus, switches: declared.switches },
    enrolledAt: writeTime(enrolledAt),
    version,
    standing: standingJson(node.standing, reasons),
    admittedNow: isAdmitted(node, now),
    ...(seen && { hardware: [...node.hardware], failures }),
    ...(last && {
      last: {
        id: last.id,
        at: writeTime(last.at),
        verdict: last.verdict,
        authentic: last.authentic,
        ...(seen && { codes: [...last.codes] }),
      },
    }),
  };
}

function standingJson(standing: Standing, reasons: 'seen' | 'kept'): NodeJson['standing'] {
  const { state } = standing;
  const since = writeTime(standing.since);
  switch (standing.state) {
    case 'enrolled':
      return { state, since };
    case 'admitted':
      return { state, since, admission: admissionJson(standing.admission) };
    case 'lapsed':
      return { state, since, code: standing.code };
    case 'quarantined':
    case 'revoked': {
      const { code, reason, by } = standing;
      const until = standing.state === 'quarantined' ? standing.until : undefined;
      return {
        state,
        since,
        code,
        ...(until !== undefined && { until: writeTime(until) }),
        ...(reasons === 'seen' && { reason, by }),
      };
    }
  }
}

function admissionJson(admission: Admission) {
  const { id, decision, until, evidenceAt, policy, referenceSet, override } = admission;
  return {
    id,
    decision,
    until: writeTime(until),
    evidenceAt: writeTime(evidenceAt),
    policy,
    ...(referenceSet !== undefined && { referenceSet }),
    ...(override !== undefined && { override }),
  };
}
