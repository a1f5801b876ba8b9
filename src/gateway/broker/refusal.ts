/** Why the broker does not relay, where no {@link Fault} says it. */
export type RefusalCode =
  /** More than the key may. */
  | 'over-quota'
  /** More than the gateway can. */
  | 'overloaded'
  /** The node is full, out, or can't be reached; others may do. */
  | 'unavailable';

export interface RefusalDetails {
  readonly detail: string;
  /** Milliseconds. */
  readonly retryAfter: number;
  /** Ids of other nodes of the pool, those first that should be asked first. */
  readonly candidates?: readonly string[];
}

export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal';
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, details: RefusalDetails) {
    super(details.detail);
    this.code = code;
    this.details = details;
  }
}
