import { utf8 } from '../../src/core/bytes/text.ts';
import type { FleetEvent } from '../../src/gateway/fleet/event.ts';
import type { FleetNode } from '../../src/gateway/fleet/node.ts';
import type {
  AttestationAnswer,
  DecisionRecord,
  FleetService,
} from '../../src/gateway/fleet/service.ts';
import type { PoolPolicy } from '../../src/gateway/fleet/store.ts';

export const NOW = Date.parse('2026-03-01T12:00:00.000Z');
export const NODE = '0123456789abcdef0123456789abcdef';
export const DECISION = 'fedcba9876543210fedcba9876543210';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

export const node: FleetNode = {
  id: NODE,
  name: 'rack 4, lower',
  key: { algorithm: 'ed25519', publicKey: '11'.repeat(32) },
  pool: 'h100',
  endpoint: 'https://10.0.0.4:8443',
  declared: { cpu: 'tdx', gpus: 8, switches: 4 },
  enrolledAt: NOW - 10_000,
  version: 3,
  standing: {
    state: 'admitted',
    since: NOW - 5000,
    admission: {
      id: '22'.repeat(16),
      decision: DECISION,
      until: NOW + 300_000,
      evidenceAt: NOW - 5001,
      policy: DIGEST,
      referenceSet: 'r7',
    },
  },
  hardware: ['ppid:33'],
  last: { id: DECISION, at: NOW - 5000, verdict: 'accept', authentic: true, codes: [] },
  dueAt: NOW + 200_000,
  failures: 0,
};

export const accepted: AttestationAnswer = {
  decision: DECISION,
  verdict: 'accept',
  authentic: true,
  reasons: [],
  warnings: ['tdx.tcb.early: will be out of date'],
  node,
  token: 'eyJ.a.b',
  leaf: { origin: 'log.example', index: 41, size: 42 },
};

const reason = {
  code: 'tdx.quote.signature',
  outcome: 'fail',
  path: 'quote.signature',
  text: 'want a signature of the attestation key',
} as const;

export const rejected: AttestationAnswer = {
  decision: DECISION,
  verdict: 'reject',
  authentic: false,
  reasons: [{ ...reason, code: 'tdx.tcb.info', outcome: 'unresolved' }, reason],
  warnings: [],
  node,
  leaf: accepted.leaf,
};

export const undecided: AttestationAnswer = {
  ...rejected,
  verdict: 'indeterminate',
  authentic: true,
  reasons: [{ ...reason, code: 'tdx.tcb.info', outcome: 'unresolved' }],
  nearest: { id: 'r7', equal: 3, compared: 4, differs: ['rtmr2'] },
  retryAfter: 90_500,
};

const record: DecisionRecord = {
  id: DECISION,
  node: NODE,
  at: NOW - 5000,
  verdict: 'reject',
  authentic: true,
  codes: ['tdx.tcb.status'],
  policy: { name: 'h100', revision: 4, digest: DIGEST },
  leaf: { origin: 'log.example', index: 41 },
};

export const policy: PoolPolicy = {
  pool: 'h100',
  name: 'h100',
  revision: 4,
  digest: DIGEST,
  file: utf8('name: h100\n'),
  revocations: [utf8('{}')],
  activatedAt: NOW - 60_000,
};

export function event(seq: number): FleetEvent {
  return { seq, at: NOW + seq, type: 'node.admitted', node: NODE, data: { pool: 'h100' } };
}

export interface FakeFleet extends FleetService {
  /** What was asked of it, in order. */
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[];
  /** Adds an event, and says so. */
  add(event: FleetEvent): void;
  readonly followers: Set<() => void>;
}

/** A fleet that answers what it is told, and remembers what it was asked. */
export function fakeFleet(answers: Partial<FleetService> = {}): FakeFleet {
  const calls: FakeFleet['calls'] = [];
  const log: FleetEvent[] = [];
  const followers = new Set<() => void>();
  const challenge = async () => ({
    nonce: new Uint8Array(32).fill(7),
    purpose: 'admission:https://gate.example',
    expiresAt: NOW + 60_000,
  });
  const usual: FleetService = {
    enrolmentChallenge: challenge,
    enrol: async () => node,
    challenge,
    attest: async () => accepted,
    call: async () => accepted,
    node: async () => node,
    nodes: async (_filter, _after, count) => [node].slice(0, count),
    quarantine: async () => node,
    release: async () => node,
    revoke: async () => node,
    override: async () => node,
    remove: async () => {},
    decision: async () => record,
    exportDecision: async () => utf8('{"v":1}'),
    decisionProof: async () => utf8('c2sp.org/tlog-proof@v1\n'),
    policies: async () => [policy],
    activatePolicy: async () => policy,
    events: async (after, count) => log.filter(({ seq }) => seq > after).slice(0, count),
    lastEvent: async () => log.at(-1)?.seq ?? 0,
    onEvents: (callback) => {
      followers.add(callback);
      return () => followers.delete(callback);
    },
    misbehaviour: async () => [{ seq: 7, statement: 'eyJ.c.d' }],
    verify: async () => ({
      verdict: 'reject',
      authentic: false,
      evidence: 'tdx',
      anchors: 'vendor',
      revocation: 'checked',
      at: '2026-03-01T12:00:00Z',
      checks: [{ id: 'tdx.quote.signature', outcome: 'fail', path: 'quote', want: 'a', got: 'b' }],
      claims: {},
    }),
    readiness: async () => ({ ready: true, parts: { store: { ok: true, says: 'open' } } }),
  };
  const fleet = { ...usual, ...answers };
  const heard = Object.fromEntries(
    Object.entries(fleet).map(([method, act]) => [
      method,
      (...args: unknown[]) => {
        calls.push({ method, args });
        return (act as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as FleetService;
  return {
    ...heard,
    calls,
    followers,
    add: (added) => {
      log.push(added);
      for (const follower of followers) follower();
    },
  };
}
