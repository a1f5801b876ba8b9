import type { Leaf } from '../../ledger/leaf/leaf.ts';
import type { EventData, FleetEventType, NewEvent } from './event.ts';
import type { Admission, FleetNode, LastDecision, Standing } from './node.ts';
import type { FleetReason } from './outcome.ts';

/** One change of a node, with what it says to the ledger and to those who follow the fleet. */
export interface Step {
  readonly next: FleetNode;
  readonly leaves: readonly Leaf[];
  readonly events: readonly NewEvent[];
}

/** Of the moment that a change is made. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** An id for a leaf: 16 random bytes in lower-case hex. */
  readonly leafId: () => string;
}

/** It may serve, until the end of its admission. */
export function admitted(
  node: FleetNode,
  made: {
    readonly admission: Admission;
    readonly hardware: readonly string[];
    readonly decision: LastDecision;
    readonly dueAt: number;
    readonly keyset?: KeyBinding;
  },
  { now, leafId }: Moment,
): Step {
  const { admission, hardware, decision, dueAt, keyset } = made;
  const before = node.standing.state === 'admitted' ? node.standing : undefined;
  const since = before?.since ?? now;
  const isNewKeyset = keyset !== undefined && before?.admission.keyset !== admission.keyset;
  return {
    next: {
      ...nextOf(node, { state: 'admitted', since, admission }),
      hardware,
      last: decision,
      dueAt,
      failures: 0,
    },
    leaves: [
      {
        v: 1,
        type: 'admission.granted',
        id: admission.id,
        time: now,
        decision: admission.decision,
        until: admission.until,
      },
      ...(isNewKeyset
        ? [
            {
              v: 1 as const,
              type: 'key.bound' as const,
              id: leafId(),
              time: now,
              decision: admission.decision,
              keyset: keyset.salted,
            },
          ]
        : []),
    ],
    events: [
      eventOf(before ? 'node.renewed' : 'node.admitted', node, now, {
        decision: admission.decision,
        admission: admission.id,
        until: admission.until,
        policy: admission.policy,
        ...(admission.referenceSet !== undefined && { referenceSet: admission.referenceSet }),
        ...(admission.keyset !== undefined && { keyset: admission.keyset }),
        ...(admission.override !== undefined && { override: admission.override }),
      }),
    ],
  };
}

/** The keyset under the salt of the decision's record, for the ledger. */
export interface KeyBinding {
  readonly salted: `hmac-sha256:${string}`;
}

/** Evidence spoke against it, or a rule of the fleet did: whatever it had ends now. */
export function refused(
  node: FleetNode,
  made: {
    readonly decision: LastDecision;
    readonly reasons: readonly FleetReason[];
    readonly misbehaviour?: string;
    readonly dueAt?: number;
  },
  moment: Moment,
): Step {
  const { decision, reasons, misbehaviour, dueAt } = made;
  const code = reasons[0]?.code ?? 'attestation.refused';
  const ended = ending(node, code, moment);
  const data = { decision: decision.id, codes: codesOf(reasons) };
  const standing: Standing =
    node.standing.state === 'admitted'
      ? { state: 'lapsed', since: moment.now, code }
      : node.standing;
  return {
    next: {
      ...withDue(nextOf(node, standing), dueAt),
      last: decision,
      failures: node.failures + 1,
    },
    leaves: [...notLetIn(decision, code, moment), ...ended.leaves],
    events: [
      eventOf('node.refused', node, moment.now, { ...data, verdict: decision.verdict }),
      ...(misbehaviour === undefined
        ? []
        : [
            eventOf('node.misbehaved', node, moment.now, {
              ...data,
              what: misbehaviour,
              algorithm: node.key.algorithm,
              key: node.key.publicKey,
            }),
          ]),
    ],
  };
}

/** Where the evidence is acceptable, the log says that who showed it was not let in. */
function notLetIn(
  { id: decision, verdict }: LastDecision,
  code: string,
  { now, leafId }: Moment,
): readonly Leaf[] {
  if (verdict !== 'accept') return [];
  return [{ v: 1, type: 'admission.refused', id: leafId(), time: now, decision, code }];
}

/** Nobody can say: what it has, it keeps until that ends by itself. */
export function leftOpen(
  node: FleetNode,
  made: {
    readonly decision: LastDecision;
    readonly reasons: readonly FleetReason[];
    /** Of the rule by which whoever showed it was not let in. */
    readonly code?: string;
    readonly dueAt?: number;
  },
  moment: Moment,
): Step {
  const { decision, reasons, code, dueAt } = made;
  const { now } = moment;
  return {
    next: {
      ...withDue(nextOf(node, node.standing), dueAt),
      last: decision,
      failures: node.failures + 1,
    },
    leaves: code === undefined ? [] : notLetIn(decision, code, moment),
    events: [
      eventOf('node.refused', node, now, {
        decision: decision.id,
        verdict: decision.verdict,
        codes: codesOf(reasons),
      }),
    ],
  };
}

/** It may serve no longer. An admission that ends by itself needs no leaf: its end stands there. */
export function lapsed(node: FleetNode, code: string, moment: Moment): Step {
  const { now } = moment;
  return {
    next: withDue(nextOf(node, { state: 'lapsed', since: now, code }), undefined),
    leaves: ending(node, code, moment).leaves,
    events: [eventOf('node.lapsed', node, now, { code })],
  };
}

/** An admission that is taken back before its end is said in the ledger. */
export function ending(
  { standing }: FleetNode,
  code: string,
  { now, leafId }: Moment,
): Pick<Step, 'leaves'> {
  if (standing.state !== 'admitted' || standing.admission.until <= now) return { leaves: [] };
  const { id: admission } = standing.admission;
  return {
    leaves: [{ v: 1, type: 'admission.revoked', id: leafId(), time: now, admission, code }],
  };
}

/** The next state of a node, as it stands now. */
export function nextOf(node: FleetNode, standing: Standing): FleetNode {
  return { ...node, version: node.version + 1, standing };
}

/** When somebody has to look at it next; undefined: nobody has to. */
export function withDue(
  { dueAt: _before, ...node }: FleetNode,
  dueAt: number | undefined,
): FleetNode {
  return dueAt === undefined ? node : { ...node, dueAt };
}

export function eventOf(
  type: FleetEventType,
  { id, name, pool }: Pick<FleetNode, 'id' | 'name' | 'pool'>,
  at: number,
  data: EventData,
): NewEvent {
  return { at, type, node: id, data: { name, pool, ...data } };
}

const MOST_CODES = 64;

function codesOf(reasons: readonly FleetReason[]): readonly string[] {
  return [...new Set(reasons.map(({ code }) => code))].sort().slice(0, MOST_CODES);
}
