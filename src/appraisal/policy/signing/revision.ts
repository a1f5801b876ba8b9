import { utf8 } from '../../../core/bytes/text.ts';
import { canonicalJson } from '../../../core/encoding/jcs.ts';
import type { JsonValue } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import { type CanonicalDocument, digestOf } from './canonical-document.ts';
import { countMember, MOST_REVISIONS, POLICY_DIGEST, POLICY_NAME, textMember } from './members.ts';

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
    /** Of the values alone, without id, lifecycle and provenance: the same values, the same digest. */
    readonly digest: string;
  }[];
}

/** A revision and the digest of the very document that it was read from. */
export interface KnownRevision {
  readonly policy: PolicyRevision;
  readonly digest: string;
}

/**
 * Reads out of a policy what the chain needs. That it is a policy, and not only something with
 * these members, is for the policy's own reader to say.
 *
 * @throws Fault `malformed` at `path…`.
 */
export function revisionOf({ value, digest }: CanonicalDocument, path: string): KnownRevision {
  const policy = new JsonShape(value, path);
  const metadata = policy.object('metadata');
  const cpu = policy.object('spec').object('evidence').object('cpu');
  return {
    digest,
    policy: {
      metadata: {
        name: textMember(metadata, 'name', POLICY_NAME, 'the name of a policy'),
        revision: countMember(metadata, 'revision', MOST_REVISIONS),
        ...(metadata.has('previous') && {
          previous: textMember(metadata, 'previous', POLICY_DIGEST, 'sha256: and 64 hex digits'),
        }),
        lifecycle: lifecycleOf(metadata.object('lifecycle')),
      },
      referenceSets: cpu.objects('referenceSets').map((set) => ({
        id: set.string('id'),
        lifecycle: lifecycleOf(set.object('lifecycle')),
        digest: valuesDigest(set),
      })),
    },
  };
}

const TIMES = ['notBefore', 'sunset', 'revokedAt'] as const;

function lifecycleOf(shape: JsonShape): Lifecycle {
  const text = shape.string('state');
  const state = STATES.find((known) => known === text);
  if (state === undefined) {
    throw malformed(
      `${shape.path}.state`,
      `want ${STATES.join(', ')}, got ${JSON.stringify(text)}`,
    );
  }
  const times = TIMES.filter((name) => shape.has(name)).map((name) => {
    shape.time(name); // as it must be written; compared later
    return [name, shape.string(name)] as const;
  });
  if (state === 'revoked') shape.time('revokedAt');
  return {
    state,
    ...Object.fromEntries(times),
    ...(shape.has('reason') && { reason: shape.string('reason') }),
  };
}

const NO_VALUES: ReadonlySet<string> = new Set(['id', 'lifecycle', 'provenance']);

function valuesDigest(set: JsonShape): string {
  const values: { [name: string]: JsonValue } = Object.create(null);
  for (const name of set.names()) {
    if (!NO_VALUES.has(name)) values[name] = set.value(name) ?? null;
  }
  return digestOf(utf8(canonicalJson(values, set.path)));
}
