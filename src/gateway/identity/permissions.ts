import { Fault } from '../../core/fault.ts';
import type { Principal } from './credential.ts';

/**
 * Who may ask. Roles do not contain each other: who may do two things stands at both.
 *
 * `enroller` is a credential of role `node`, which only brings machines in, to its own pool;
 * `node` is a machine itself, which may what is about itself; `anyone` is everybody.
 */
type Caller = 'anyone' | 'client' | 'enroller' | 'node' | 'validator' | 'auditor' | 'admin';

/** What can be asked of a gateway: by its name in `FleetService`, or as whom it serves. */
const PERMISSIONS = {
  enrolmentChallenge: ['enroller', 'admin'],
  enrol: ['enroller', 'admin'],
  challenge: ['node', 'admin'],
  attest: ['node', 'admin'],
  call: ['admin'],
  node: ['node', 'validator', 'auditor', 'admin'],
  nodes: ['validator', 'auditor', 'admin'],
  quarantine: ['admin'],
  release: ['admin'],
  revoke: ['admin'],
  override: ['admin'],
  remove: ['admin'],
  decision: ['node', 'validator', 'auditor', 'admin'],
  decisionProof: ['node', 'validator', 'auditor', 'admin'],
  /** With all that was seen: addresses, serial numbers, logs of a stranger's machine. */
  exportDecision: ['auditor'],
  policies: ['auditor', 'admin'],
  activatePolicy: ['admin'],
  events: ['validator', 'auditor', 'admin'],
  lastEvent: ['validator', 'auditor', 'admin'],
  onEvents: ['validator', 'auditor', 'admin'],
  misbehaviour: ['validator', 'auditor', 'admin'],
  verify: ['client', 'validator', 'auditor', 'admin'],
  /** Part by part, with what each says; that it is alive is `health`. */
  readiness: ['admin'],
  metrics: ['admin'],
  /** Who may ask what: to create, list, rotate and revoke. */
  credentials: ['admin'],
  /** Checkpoint, tiles and bundles: a ledger that not everybody can read shows nothing. */
  ledgerFiles: ['anyone'],
  health: ['anyone'],
  openapi: ['anyone'],
} as const satisfies Readonly<Record<string, readonly Caller[]>>;

export type Operation = keyof typeof PERMISSIONS;

export const OPERATIONS = Object.keys(PERMISSIONS) as readonly Operation[];

/** What is asked about. */
export interface Subject {
  /** Id of the node that it is, or that a decision is about. */
  readonly node?: string;
  /** Name of the pool that somebody wants to enrol into. */
  readonly pool?: string;
}

/**
 * Whether a principal may ask for an operation. Of a node nothing is allowed without its subject:
 * a decision has to be fetched before it is known whether the node may see it.
 */
export function mayDo(principal: Principal, operation: Operation, subject: Subject = {}): boolean {
  const allowed: readonly Caller[] = PERMISSIONS[operation];
  if (allowed.includes('anyone')) return true;
  const caller = callerOf(principal);
  return allowed.includes(caller) && isTheirs(principal, operation, subject);
}

/** @throws Fault `unauthenticated` to anyone, `forbidden` to who is known, at `operation.<name>`. */
export function wantMayDo(principal: Principal, operation: Operation, subject: Subject = {}): void {
  if (mayDo(principal, operation, subject)) return;
  const at = `operation.${operation}`;
  if (principal.kind === 'anyone') {
    throw new Fault('unauthenticated', at, 'show an API key, or sign the request');
  }
  const who = principal.kind === 'node' ? 'a node' : `a credential of role ${principal.role}`;
  throw new Fault('forbidden', at, `${who} may not do this, or not with this node or pool`);
}

function callerOf(principal: Principal): Caller {
  if (principal.kind !== 'credential') return principal.kind;
  return principal.role === 'node' ? 'enroller' : principal.role;
}

/** Whether it is about what the principal is, or has to do with. */
function isTheirs(principal: Principal, operation: Operation, { node, pool }: Subject): boolean {
  if (principal.kind === 'node') return node === principal.id;
  if (principal.kind === 'credential' && principal.role === 'node' && operation === 'enrol') {
    return pool !== undefined && pool === principal.pool;
  }
  return true;
}
