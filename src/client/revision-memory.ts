import { POLICY_DIGEST, textMember } from '../appraisal/policy/signing/members.ts';
import { fromBase64, toBase64 } from '../core/encoding/base64.ts';
import { canonicalJson } from '../core/encoding/jcs.ts';
import { parseJson } from '../core/encoding/json.ts';
import { JsonShape } from '../core/encoding/json-shape.ts';
import { malformed } from '../core/fault.ts';

/** What is remembered of a policy's revisions. */
export interface RevisionMemory {
  /** The highest that was ever judged by. */
  readonly accepted: Revision;
  /** Its envelope, to go on by while a later one waits. */
  readonly envelope: Uint8Array;
  /** A later one, and when it was first seen: milliseconds since the epoch. */
  readonly waiting?: Revision & { readonly since: number };
}

export interface Revision {
  readonly revision: number;
  /** `sha256:<hex>`. */
  readonly digest: string;
}

export function writeRevisionMemory({ accepted, envelope, waiting }: RevisionMemory): string {
  return canonicalJson({
    v: 1,
    accepted: { ...accepted },
    envelope: toBase64(envelope),
    ...(waiting && { waiting: { ...waiting } }),
  });
}

/** @throws Fault `malformed` at `memory.policy…`: what is remembered is not to be passed over. */
export function readRevisionMemory(text: string): RevisionMemory {
  const at = 'memory.policy';
  const shape = new JsonShape(parseJson(text, at).value, at);
  if (shape.value('v') !== 1) throw malformed(`${at}.v`, 'want 1');
  const waiting = shape.has('waiting') ? shape.object('waiting') : undefined;
  return {
    accepted: revisionIn(shape.object('accepted')),
    envelope: fromBase64(shape.string('envelope'), `${at}.envelope`),
    ...(waiting && {
      waiting: {
        ...revisionIn(waiting),
        since: waiting.integer('since', Number.MAX_SAFE_INTEGER),
      },
    }),
  };
}

function revisionIn(shape: JsonShape): Revision {
  return {
    revision: shape.integer('revision', Number.MAX_SAFE_INTEGER),
    digest: textMember(shape, 'digest', POLICY_DIGEST, 'sha256: and 64 hex digits'),
  };
}
