/** What happened to the fleet; whoever follows it sees each once, in the order of the database. */
export interface FleetEvent extends NewEvent {
  /** Counts up from 1, without gaps. */
  readonly seq: number;
}

export interface NewEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: FleetEventType;
  /** Id of the node that it is about. */
  readonly node?: string;
  /** What validators are told: words, ids and instants; no evidence and no address. */
  readonly data: EventData;
}

export type EventData = { readonly [name: string]: string | number | boolean | readonly string[] };

export const FLEET_EVENT_TYPES = [
  'node.enrolled',
  'node.admitted',
  'node.renewed',
  'node.refused',
  'node.lapsed',
  'node.quarantined',
  'node.released',
  'node.revoked',
  'node.removed',
  'node.misbehaved',
  /** It is admitted, and will not be for long unless somebody acts: Intel's early TCB set, a sunset. */
  'node.warned',
  'override.granted',
  'policy.activated',
  'policy.revoked',
] as const;

export type FleetEventType = (typeof FLEET_EVENT_TYPES)[number];
