/** What may be asked of a gateway. Who may ask what is a table of these and of roles (identity/). */
export const OPERATIONS = [
  'health.read',
  'metrics.read',
  /** The description of the routes. */
  'description.read',
  /** The public keys of result tokens. */
  'keys.read',
  /** Files of the transparency ledger. */
  'ledger.read',
  /** Verifies evidence, and decides nothing. */
  'evidence.verify',
  /** A challenge for somebody who is not enrolled. */
  'enrolment.challenge',
  'node.enrol',
  'node.list',
  'node.read',
  'node.challenge',
  'node.attest',
  'node.call',
  'node.quarantine',
  'node.release',
  'node.revoke',
  'node.override',
  'node.remove',
  /** A certificate for a machine that is admitted. */
  'certificate.issue',
  /** Who certifies machines here. */
  'certificate.authorities',
  'certificate.prove',
  'decision.read',
  'decision.export',
  'decision.prove',
  'pool.read',
  'pool.change',
  'misbehaviour.read',
  'events.follow',
  /** What models are said to be served. */
  'model.list',
  /** Who serves, with what proves it, and their evidence. */
  'session.prepare',
  /** Sealed requests, relayed, and what is kept of their answers. */
  'session.relay',
  /** Usage statements: a client's own, or all. */
  'usage.read',
  /** A machine's own, handed in by itself. */
  'usage.add',
  /**
   * Not a route: why something was decided, what hardware and address a node has, and what is not
   * in order inside. Without it the answers have codes and ids.
   */
  'reasons.read',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What it is about, as far as the request says; with neither, about all that there is. */
export interface Subject {
  /** Id of a node. */
  readonly node?: string;
  /** Name of a pool. */
  readonly pool?: string;
}
