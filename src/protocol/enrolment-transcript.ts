import { sha384 } from '#crypto';
import { lengthPrefixed } from '../core/bytes/length-prefixed.ts';
import { utf8 } from '../core/bytes/text.ts';
import { canonicalJson } from '../core/encoding/jcs.ts';
import type { Services } from './node.ts';

/** What is enrolled, by the names that it has on the wire. */
export interface Enrolled {
  readonly name: string;
  readonly key: { readonly algorithm: string; readonly publicKey: string };
  readonly pool: string;
  readonly endpoint?: string;
  readonly services?: Services;
  readonly inventory: { readonly cpu: string; readonly gpus: number; readonly switches: number };
}

/** What a node's key signs when it is enrolled, so that nobody enrols a key that is not theirs. */
export interface EnrolmentTerms {
  /** Of the gateway, e.g. `https://gate.example`. */
  readonly origin: string;
  /** The enrolment challenge, 32 bytes. */
  readonly nonce: Uint8Array;
  readonly enrolled: Enrolled;
}

/**
 *     LP(x)      = u32be(length of x) ‖ x
 *     document   = canonical JSON (RFC 8785) of what is enrolled
 *     transcript = LP("postern/enrolment/v1") ‖ LP(origin) ‖ LP(nonce) ‖ LP(SHA-384(document))
 */
export function enrolmentTranscript({ origin, nonce, enrolled }: EnrolmentTerms): Uint8Array {
  const { name, key, pool, endpoint, services, inventory } = enrolled;
  const { cpu, gpus, switches } = inventory;
  const document = canonicalJson({
    name,
    key: { algorithm: key.algorithm, publicKey: key.publicKey },
    pool,
    inventory: { cpu, gpus, switches },
    ...(endpoint !== undefined && { endpoint }),
    ...(services && { services }),
  });
  return lengthPrefixed(utf8('postern/enrolment/v1'), utf8(origin), nonce, sha384(utf8(document)));
}
