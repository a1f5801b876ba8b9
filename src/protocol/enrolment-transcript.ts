import { sha384 } from '#crypto';
import { lengthPrefixed } from '../core/bytes/length-prefixed.ts';
import { utf8 } from '../core/bytes/text.ts';

/** What a node's key signs when it is enrolled, so that nobody enrols a key that is not theirs. */
export interface EnrolmentTerms {
  /** Of the gateway, e.g. `https://gate.example`. */
  readonly origin: string;
  /** The enrolment challenge, 32 bytes. */
  readonly nonce: Uint8Array;
  /** The canonical JSON (RFC 8785) of all that is enrolled. */
  readonly document: Uint8Array;
}

/**
 *     LP(x)      = u32be(length of x) ‖ x
 *     transcript = LP("postern/enrolment/v1") ‖ LP(origin) ‖ LP(nonce) ‖ LP(SHA-384(document))
 */
export function enrolmentTranscript({ origin, nonce, document }: EnrolmentTerms): Uint8Array {
  return lengthPrefixed(utf8('postern/enrolment/v1'), utf8(origin), nonce, sha384(document));
}
