import { SESSION_SIZES } from '../../appraisal/binding/session-nonce.ts';
import { u32be } from '../../core/bytes/big-endian.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { malformed } from '../../core/fault.ts';
import {
  parseSshKeyBlob,
  SSH_ED25519,
  SSH_P256,
  type SshPublicKey,
  verifySshKey,
} from '../../core/ssh/public-key.ts';
import { readSshStrings } from '../../core/ssh/strings.ts';
import { AGENT } from './agent-frames.ts';

/** What ssh tells its agent of a connection (OpenSSH's PROTOCOL.agent section 1). */
export interface SessionBind {
  readonly hostKey: SshPublicKey;
  /** The session identifier (RFC 4253 section 7.2). */
  readonly session: Uint8Array;
  /** A string: the name of the algorithm and the signature proper. */
  readonly signature: Uint8Array;
  /** Whether the connection to the agent is one that is forwarded over this session. */
  readonly isForwarding: boolean;
}

const NAME = 'session-bind@openssh.com';
const PATH = 'session-bind';
const P256_SIZE = 32;
const ED25519_SIGNATURE = 64;

/**
 * @param message of an agent's client, without its length.
 * @returns undefined for any other message.
 * @throws Fault `malformed` at `session-bind…` for one that is of its name and not of its form.
 */
export function parseSessionBind(message: Uint8Array): SessionBind | undefined {
  if (message[0] !== AGENT.extension) return undefined;
  const r = new ByteReader(message.subarray(1), PATH);
  const string = (field: string) => r.bytes(u32be(r, field), field);
  if (fromUtf8(string('name'), `${PATH}.name`) !== NAME) return undefined;
  const hostKey = parseSshKeyBlob(string('hostKey'), `${PATH}.hostKey`);
  const session = string('session');
  const { least, most } = SESSION_SIZES;
  if (session.length < least || session.length > most) {
    throw malformed(`${PATH}.session`, `want ${least} to ${most} bytes, got ${session.length}`);
  }
  const signature = string('signature');
  const forwarding = r.bytes(1, 'isForwarding')[0] ?? 0;
  r.end();
  return { hostKey, session, signature, isForwarding: forwarding !== 0 };
}

/** Whether the host key that it names signed the session that it names. */
export function isSignedSession({ hostKey, session, signature }: SessionBind): boolean {
  const [name, value, ...more] = readSshStrings(signature, 2, `${PATH}.signature`);
  if (name === undefined || value === undefined || more.length > 0) return false;
  const algorithm = fromUtf8(name, `${PATH}.signature`);
  if (algorithm !== hostKey.algorithm) return false;
  const raw = algorithm === SSH_P256 ? p256Signature(value) : value;
  if (algorithm !== SSH_P256 && algorithm !== SSH_ED25519) return false;
  return raw?.length === ED25519_SIGNATURE && verifySshKey(hostKey, session, raw);
}

/** Two mpints (RFC 5656 section 3.1.2) as r ‖ s. */
function p256Signature(value: Uint8Array): Uint8Array | undefined {
  const [r, s] = readSshStrings(value, 2, `${PATH}.signature`);
  if (r === undefined || s === undefined) return undefined;
  const whole = new Uint8Array(2 * P256_SIZE);
  for (const [i, one] of [r, s].entries()) {
    const digits = one[0] === 0 ? one.subarray(1) : one;
    if (digits.length === 0 || digits.length > P256_SIZE) return undefined;
    whole.set(digits, (i + 1) * P256_SIZE - digits.length);
  }
  return whole;
}

/** The key of a machine that a connection was begun with, where it is one of these. */
export function boundKey(
  bind: SessionBind,
  keys: readonly SshPublicKey[],
): SshPublicKey | undefined {
  return keys.find(({ blob }) => equalBytes(blob, bind.hostKey.blob));
}
