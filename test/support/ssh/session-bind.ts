import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { type HostKey, hostKey } from './host-key.ts';

const SESSION = new Uint8Array(32).fill(5);

export interface BindChanges {
  /** That was signed. */
  readonly session?: Uint8Array;
  /** That is said. */
  readonly of?: Uint8Array;
  readonly forwarding?: number;
  readonly name?: string;
}

/** The message by which ssh tells its agent of its session, signed by this host key. */
export function sessionBind(
  host: HostKey = hostKey(),
  {
    session = SESSION,
    of = session,
    forwarding = 0,
    name = 'session-bind@openssh.com',
  }: BindChanges = {},
): Uint8Array {
  const signature = lengthPrefixed(utf8('ssh-ed25519'), host.sign(session));
  return concatBytes(
    Uint8Array.of(27),
    lengthPrefixed(utf8(name), host.key.blob, of, signature),
    Uint8Array.of(forwarding),
  );
}
