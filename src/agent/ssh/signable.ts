import { equalBytes } from '../../core/bytes/equal.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { readSshStrings } from '../../core/ssh/strings.ts';

/** What sshd has its host keys sign. */
export type Signable =
  /** The hash of a key exchange (RFC 4253 section 8), by SHA-1, SHA-256, SHA-384 or SHA-512. */
  | { readonly kind: 'exchange'; readonly hash: Uint8Array }
  /** That the server holds a key, in a session (OpenSSH, PROTOCOL section 2.5). */
  | { readonly kind: 'proof'; readonly session: Uint8Array; readonly key: Uint8Array };

const EXCHANGE_HASHES: ReadonlySet<number> = new Set([20, 32, 48, 64]);
const PROOF = utf8('hostkeys-prove-00@openssh.com');

/**
 * What else a host key signs (a proof of possession towards a client of the keyset, see
 * `appraisal/binding/possession.ts`) is longer than any hash and begins with another label: no
 * signature of the one kind is one of another.
 *
 * @returns undefined for what no host key is to sign.
 */
export function signable(data: Uint8Array): Signable | undefined {
  if (EXCHANGE_HASHES.has(data.length)) return { kind: 'exchange', hash: data };
  try {
    const [label, session, key] = readSshStrings(data, 3, 'data');
    if (!label || !session || !key || !equalBytes(label, PROOF)) return undefined;
    return { kind: 'proof', session, key };
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}
