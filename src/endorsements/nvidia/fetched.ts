import type { Failure } from '../failure.ts';

/** What a service answered, or why it did not. Bytes as they came; nothing is verified. */
export type Fetched =
  | {
      readonly outcome: 'answered';
      /** URL of the request. */
      readonly at: string;
      /** Base URL of the service. */
      readonly source: string;
      readonly bytes: Uint8Array;
      /** What an OCSP request carried. */
      readonly nonce?: Uint8Array;
    }
  | (Failure & {
      /** How long to leave this document alone, where that is known. */
      readonly leaveAloneMs?: number;
    });
