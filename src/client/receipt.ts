/** A receipt that fits the request, the answer, and the machine's keys. */
export interface CheckedReceipt {
  readonly node: string;
  readonly pool: string;
  /** SHA-256 of the request's encapsulated key, lower-case hex: under which it is billed. */
  readonly session: string;
  readonly keyset: string;
  readonly model: string;
  readonly outcome: 'complete' | 'aborted' | 'failed';
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** False where the model's server counted nothing. */
  readonly counted: boolean;
  readonly status: number;
  /** The statement itself (JWS, compact), to keep. */
  readonly receipt: string;
  /** What the gateway bills by (JWS, compact): the same machine’s word, and the same numbers. */
  readonly usage: string;
}
