import Type from 'typebox';
import {
  isSessionPurpose,
  SESSION_PURPOSES,
  SESSION_SIZES,
  type SessionPurpose,
  sessionNonce,
} from '../appraisal/binding/session-nonce.ts';
import { NONCE_SIZE } from '../appraisal/binding/transcript.ts';
import { closed } from '../appraisal/policy/schema/values.ts';
import { fromHex, toHex } from '../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../core/bytes/text.ts';
import { parseJson } from '../core/encoding/json.ts';
import { JsonShape } from '../core/encoding/json-shape.ts';
import { malformed } from '../core/fault.ts';
import { Nonce } from './values.ts';

/**
 * What is posted to a node's endpoint, as `application/json`; the answer is a bundle whose evidence
 * commits to {@link challengeOf} it. `session` is there for the purposes of sessions alone: the
 * node answers for connections that were begun with its keys, and for no other.
 */
export type AttestCall =
  | { readonly nonce: Uint8Array; readonly purpose: string; readonly session?: undefined }
  | {
      readonly nonce: Uint8Array;
      readonly purpose: SessionPurpose;
      readonly session: Uint8Array;
    };

const { least, most } = SESSION_SIZES;
const Session = Type.String({
  pattern: `^(?:[0-9a-f]{2}){${least},${most}}$`,
  description: `${least} to ${most} bytes in lower-case hex: of SSH the session identifier, of TLS the exporter`,
});

/** A client's call: for itself, or for one connection of its own. */
export const ClientCallSchema = Type.Union([
  closed({ nonce: Nonce, purpose: Type.Literal('client') }),
  closed({ nonce: Nonce, purpose: Type.Enum([...SESSION_PURPOSES]), session: Session }),
]);

/** @param written as its schema has it. */
export function clientCall(written: Type.Static<typeof ClientCallSchema>): AttestCall {
  const nonce = fromHex(written.nonce, 'call.nonce', NONCE_SIZE);
  if (!('session' in written)) return { nonce, purpose: written.purpose };
  return { nonce, purpose: written.purpose, session: fromHex(written.session, 'call.session') };
}

/** `{"nonce":"<64 lower-case hex digits>","purpose":"…"}`, and `"session":"<hex>"` where there is one. */
export function writeAttestCall({ nonce, purpose, session }: AttestCall): Uint8Array {
  return utf8(
    JSON.stringify({
      nonce: toHex(nonce),
      purpose,
      ...(session && { session: toHex(session) }),
    }),
  );
}

/** @throws Fault `malformed` at `call…`. */
export function parseAttestCall(bytes: Uint8Array): AttestCall {
  const shape = new JsonShape(parseJson(fromUtf8(bytes, 'call'), 'call').value, 'call');
  const other = shape.names().find((name) => !['nonce', 'purpose', 'session'].includes(name));
  if (other !== undefined) throw malformed('call', `unknown member ${JSON.stringify(other)}`);
  const nonce = shape.hex('nonce', NONCE_SIZE);
  const purpose = shape.string('purpose');
  if (!isSessionPurpose(purpose)) {
    if (shape.has('session')) throw malformed('call.session', `none goes with ${purpose}`);
    return { nonce, purpose };
  }
  const session = fromHex(shape.string('session'), 'call.session');
  if (session.length >= least && session.length <= most) return { nonce, purpose, session };
  throw malformed('call.session', `want ${least} to ${most} bytes, got ${session.length}`);
}

/** What evidence commits to: of a session, a nonce that is of this one alone. */
export function challengeOf(call: AttestCall): {
  readonly nonce: Uint8Array;
  readonly purpose: string;
} {
  const { nonce, purpose, session } = call;
  return session === undefined
    ? { nonce, purpose }
    : { nonce: sessionNonce(purpose, session, nonce), purpose };
}
