import type { Envelope } from '../../../core/encoding/dsse.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { formatTime } from '../../../core/encoding/time.ts';
import {
  type CanonicalDocument,
  makeCanonicalDocument,
  readCanonicalDocument,
} from './canonical-document.ts';
import {
  countMember,
  expectVersion1,
  lineMember,
  MOST_REVISIONS,
  onlyMembers,
  POLICY_DIGEST,
  POLICY_NAME,
  textMember,
} from './members.ts';
import type { KnownRevision } from './revision.ts';

export const REVOCATION_PAYLOAD_TYPE = 'application/vnd.postern.policy-revocation.v1+json';

/**
 * The word of a policy's owners that a revision is not to be used any more, at once. It has the
 * form of a document of its own, signed and with its reason, so that it can be logged.
 */
export interface Revocation {
  /** Name and number are for people: the digest says which document it is. */
  readonly name: string;
  readonly revision: number;
  readonly digest: string;
  readonly reason: string;
  /** RFC 3339 in UTC. Decisions of before stand. */
  readonly revokedAt: string;
}

const MEMBERS = ['v', 'name', 'revision', 'digest', 'reason', 'revokedAt'];

/**
 * Reads the payload of a revocation, in canonical JSON:
 *
 *     {"digest":"sha256:…","name":"gpu-nodes","reason":"…","revision":7,"revokedAt":"…","v":1}
 *
 * @throws Fault `malformed` at `path…`.
 */
export function parseRevocation(bytes: Uint8Array, path: string): Revocation {
  const shape = new JsonShape(readCanonicalDocument(bytes, path).value, path);
  onlyMembers(shape, MEMBERS);
  expectVersion1(shape);
  shape.time('revokedAt'); // as it must be written
  return {
    name: textMember(shape, 'name', POLICY_NAME, 'the name of a policy'),
    revision: countMember(shape, 'revision', MOST_REVISIONS),
    digest: textMember(shape, 'digest', POLICY_DIGEST, 'sha256: and 64 hex digits'),
    reason: lineMember(shape, 'reason', 8, 500),
    revokedAt: shape.string('revokedAt'),
  };
}

/**
 * A revocation of this revision that nobody has signed yet.
 *
 * @param at milliseconds since the epoch; fractions of a second are cut off.
 * @throws Fault `malformed` at `revocation.reason` for one that is too short or not one line.
 */
export function makeRevocation(
  { policy: { metadata }, digest }: KnownRevision,
  reason: string,
  at: number,
): Envelope {
  const { name, revision } = metadata;
  const revokedAt = formatTime(Math.floor(at / 1000) * 1000);
  const document = makeCanonicalDocument(
    { v: 1, name, revision, digest, reason, revokedAt },
    'revocation',
  );
  return envelopeOf(document);
}

function envelopeOf({ bytes }: CanonicalDocument): Envelope {
  parseRevocation(bytes, 'revocation');
  return { payload: bytes, payloadType: REVOCATION_PAYLOAD_TYPE, signatures: [] };
}
