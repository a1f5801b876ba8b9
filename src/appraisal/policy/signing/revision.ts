import { utf8 } from '../../../core/bytes/text.ts';
import { canonicalJson } from '../../../core/encoding/jcs.ts';
import type { ReadPolicy } from '../read-policy.ts';
import { comparedValues, type ReferenceSet } from '../said-values.ts';
import { digestOf } from './canonical-document.ts';

export const STATES = ['draft', 'active', 'deprecated', 'revoked'] as const;

/** What may be done with a policy or a reference set; a state only goes on to a later one. */
export interface Lifecycle {
  readonly state: (typeof STATES)[number];
  /** RFC 3339 in UTC, like all times here. */
  readonly notBefore?: string;
  readonly sunset?: string;
  readonly revokedAt?: string;
  readonly reason?: string;
}

/** What the chain of revisions is about: of a policy only what says which one it is. */
export interface PolicyRevision {
  readonly metadata: {
    readonly name: string;
    readonly revision: number;
    /** Digest of the revision before. */
    readonly previous?: string;
    readonly lifecycle: Lifecycle;
  };
  readonly referenceSets: readonly {
    readonly id: string;
    readonly lifecycle: Lifecycle;
    /** Of the values alone, without id, lifecycle, reasons and what is told of them: the same values, the same digest. */
    readonly digest: string;
  }[];
}

/** A revision and the digest of the very document that it was read from. */
export interface KnownRevision {
  readonly policy: PolicyRevision;
  readonly digest: string;
}

/** Of a policy what the chain needs. */
export function revisionOf({ policy, digest }: ReadPolicy): KnownRevision {
  const { referenceSets } = policy.spec.evidence.cpu;
  return {
    digest,
    policy: {
      metadata: policy.metadata,
      referenceSets: referenceSets.map((set) => ({
        id: set.id,
        lifecycle: set.lifecycle,
        digest: valuesDigest(set),
      })),
    },
  };
}

/** Of the values alone: a revoked set with another label would be as good as a new one. */
function valuesDigest(set: ReferenceSet): string {
  return digestOf(utf8(canonicalJson(comparedValues(set), set.id)));
}
