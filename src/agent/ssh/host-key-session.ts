import { equalBytes } from '../../core/bytes/equal.ts';
import { type SshHostKey, sshSignature } from '../keys/ssh-host-key.ts';
import { failureAnswer, listAnswer, parseHostKeyRequest, signAnswer } from './messages.ts';
import { signable } from './signable.ts';

/**
 * What sshd asks for one of its connections: it opens one of its own to the agent for each, and
 * keeps it as long, since keys may be exchanged again. The hash of the first exchange is the
 * session identifier (RFC 4253 section 7.2).
 */
export class HostKeySession {
  readonly #keys: readonly SshHostKey[];
  #identifier: Uint8Array | undefined;

  constructor(keys: readonly SshHostKey[]) {
    this.#keys = keys;
  }

  /** Of the SSH connection, once a host key has signed for it. */
  get identifier(): Uint8Array | undefined {
    return this.#identifier;
  }

  /**
   * @param request a message without its length.
   * @returns what it is answered with, and what became of it.
   * @throws Fault `malformed`.
   */
  answer(request: Uint8Array): {
    readonly bytes: Uint8Array;
    readonly outcome: 'listed' | 'signed' | 'refused';
  } {
    const asked = parseHostKeyRequest(request);
    if (asked.kind === 'list') {
      return { bytes: listAnswer(this.#keys.map(({ blob }) => blob)), outcome: 'listed' };
    }
    const key = asked.kind === 'sign' && this.#keys.find(({ blob }) => equalBytes(blob, asked.key));
    if (asked.kind === 'other' || !key || !this.#maySign(key, asked.data)) {
      return { bytes: failureAnswer(), outcome: 'refused' };
    }
    return { bytes: signAnswer(sshSignature(key, asked.data)), outcome: 'signed' };
  }

  #maySign({ blob }: SshHostKey, data: Uint8Array): boolean {
    const what = signable(data);
    if (what?.kind === 'exchange') {
      this.#identifier ??= what.hash.slice();
      return true;
    }
    if (what === undefined || this.#identifier === undefined) return false;
    return equalBytes(what.key, blob) && equalBytes(what.session, this.#identifier);
  }
}
