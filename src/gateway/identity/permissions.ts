import type { Operation, Subject } from '../operation.ts';
import type { Principal } from './credential.ts';

/**
 * Who may ask. Roles do not contain each other: who may do two things stands at both.
 *
 * `enroller` is a credential of role `node`, which only brings machines in, to its own pool;
 * `node` is a machine itself, which may what is about itself; `anyone` is everybody.
 */
type Caller = 'anyone' | 'client' | 'enroller' | 'node' | 'validator' | 'auditor' | 'admin';

/** Who is told what: nobody who does not need it. */
const EVERYBODY = ['anyone'] as const;
const WATCHERS = ['validator', 'auditor', 'admin'] as const;
const WATCHERS_AND_NODE = ['node', ...WATCHERS] as const;
const ENROLLERS = ['enroller', 'admin'] as const;
const NODE = ['node', 'admin'] as const;
const ADMIN = ['admin'] as const;
const CLIENT = ['client'] as const;

const PERMISSIONS = {
  'health.read': EVERYBODY,
  'metrics.read': ADMIN,
  'description.read': EVERYBODY,
  'keys.read': EVERYBODY,
  /** A ledger that not everybody can read shows nothing. */
  'ledger.read': EVERYBODY,
  'evidence.verify': ['client', ...WATCHERS],
  'enrolment.challenge': ENROLLERS,
  'node.enrol': ENROLLERS,
  'node.list': WATCHERS,
  'node.read': WATCHERS_AND_NODE,
  'node.challenge': NODE,
  'node.attest': NODE,
  'node.call': ADMIN,
  'node.quarantine': ADMIN,
  'node.release': ADMIN,
  'node.revoke': ADMIN,
  'node.override': ADMIN,
  'node.remove': ADMIN,
  /** Whoever has the key asks: nobody else has a use for it. */
  'certificate.issue': ['node'],
  'certificate.authorities': EVERYBODY,
  /** Whoever meets a machine has its certificate, and may ask what it rests on. */
  'certificate.prove': EVERYBODY,
  'decision.read': WATCHERS,
  /** With all that was seen: addresses, serial numbers, logs of a stranger's machine. */
  'decision.export': ['auditor'],
  'decision.prove': WATCHERS,
  /** Clients hold machines against a pool’s policy by themselves, from the very files. */
  'pool.read': ['client', 'auditor', 'admin'],
  'pool.change': ADMIN,
  'misbehaviour.read': WATCHERS,
  'events.follow': WATCHERS,
  'model.list': EVERYBODY,
  'session.prepare': CLIENT,
  'session.relay': CLIENT,
  'usage.read': [...CLIENT, ...WATCHERS],
  'usage.add': ['node'],
  'reasons.read': WATCHERS_AND_NODE,
} as const satisfies Readonly<Record<Operation, readonly Caller[]>>;

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

function callerOf(principal: Principal): Caller {
  if (principal.kind !== 'credential') return principal.kind;
  return principal.role === 'node' ? 'enroller' : principal.role;
}

/** Whether it is about what the principal is, or has to do with. */
function isTheirs(principal: Principal, operation: Operation, { node, pool }: Subject): boolean {
  if (principal.kind === 'node') return node === principal.id;
  if (principal.kind === 'credential' && principal.role === 'node' && operation === 'node.enrol') {
    return pool !== undefined && pool === principal.pool;
  }
  return true;
}
