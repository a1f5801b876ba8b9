import { SESSION_SIZES } from '../../appraisal/binding/session-nonce.ts';
import { u32be } from '../../core/bytes/big-endian.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { AGENT } from '../../core/ssh/agent-messages.ts';
import { parseSshKeyBlob, type SshPublicKey, verifySshKey } from '../../core/ssh/public-key.ts';
import { parseSshSignature } from '../../core/ssh/signature.ts';

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

/**
 * Whether the host key that it names signed the session that it names; no key of another kind than
 * the two that machines have did.
 *
 * @throws Fault `malformed` at `session-bind.signature` for what is no signature.
 */
export function isSignedSession({ hostKey, session, signature: wire }: SessionBind): boolean {
  try {
    const { algorithm, signature } = parseSshSignature(wire, `${PATH}.signature`);
    return algorithm === hostKey.algorithm && verifySshKey(hostKey, session, signature);
  } catch (error) {
    if (error instanceof Fault && error.code === 'unsupported') return false;
    throw error;
  }
}

/** The key of a machine that a connection was begun with, where it is one of these. */
export function boundKey(
  bind: SessionBind,
  keys: readonly SshPublicKey[],
): SshPublicKey | undefined {
  return keys.find(({ blob }) => equalBytes(blob, bind.hostKey.blob));
}
