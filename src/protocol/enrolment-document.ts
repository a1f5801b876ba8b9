import { utf8 } from '../core/bytes/text.ts';
import { canonicalJson } from '../core/encoding/jcs.ts';

/** All that is enrolled; what is not said is left out. */
export interface EnrolmentFacts {
  readonly name: string;
  readonly key: { readonly algorithm: 'ed25519' | 'sr25519'; readonly publicKey: string };
  readonly pool: string;
  readonly endpoint?: string;
  readonly inventory: {
    readonly cpu: 'tdx' | 'snp';
    readonly gpus: number;
    readonly switches: number;
  };
}

/** The document of an enrolment's transcript: these members, and no other, in canonical JSON (RFC 8785). */
export function enrolmentDocument(facts: EnrolmentFacts): Uint8Array {
  const { name, key, pool, endpoint, inventory } = facts;
  const { cpu, gpus, switches } = inventory;
  const document = {
    name,
    key: { algorithm: key.algorithm, publicKey: key.publicKey },
    pool,
    ...(endpoint !== undefined && { endpoint }),
    inventory: { cpu, gpus, switches },
  };
  return utf8(canonicalJson(document, 'enrolment'));
}
