import type { TLSSocket } from 'node:tls';
import { TLS_EXPORTER } from '../../appraisal/binding/session-nonce.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { asPosternError } from '../at-stage.ts';
import { PosternError } from '../errors.ts';
import type { Credential } from '../gateway.ts';
import { judge, wantAccepted } from '../judge-evidence.ts';
import type { Machines } from '../machines.ts';
import { sessionEvidence, withKeyset } from '../session-evidence.ts';
import type { VerifiedMachine, VerifyingDeps } from '../verifying.ts';
import { servesWith } from './pinned.ts';

/** To TLS 1.3 the same as none (RFC 8446 section 7.5). */
const NO_CONTEXT = Buffer.alloc(0);

export interface SessionProofDeps {
  readonly deps: VerifyingDeps;
  readonly machines: Pick<Machines, 'pick' | 'drop'>;
}

/**
 * Has the machine show that this very connection ends in it: evidence of now over what both ends
 * derive from its handshake, under the same policy. A key alone shows that to whoever has not lost it.
 *
 * @param spki that the connection is pinned to.
 * @throws PosternError `session.unproven` for all that keeps it from being shown.
 */
export async function proveSession(
  { deps, machines }: SessionProofDeps,
  { socket, machine, spki }: Connection,
  credential: Credential,
): Promise<void> {
  const { node, pool } = machine;
  const { size, label } = TLS_EXPORTER;
  try {
    const own = {
      purpose: 'tls-session' as const,
      session: new Uint8Array(socket.exportKeyingMaterial(size, label, NO_CONTEXT)),
    };
    const policy = await deps.policies.policyOf(pool, credential);
    const seen = await sessionEvidence(deps, node, credential, own);
    const appraisal = await judge(deps, { pool, credential, policy }, seen);
    const { sha384 } = wantAccepted(node, appraisal, seen);
    const admitted = await withKeyset(machines, machine, toHex(sha384), credential);
    if (servesWith(admitted, spki)) return;
    throw new PosternError('session.key', 'the keyset has another key for TLS by now', { node });
  } catch (error) {
    const cause = asPosternError('session', 'the proof of this connection', { node }, error);
    if (!(cause instanceof PosternError)) throw cause;
    const { code, what, checks } = cause;
    throw new PosternError(
      'session.unproven',
      `${node} does not show that this connection ends in it: ${code}: ${what}`,
      { node, checks, cause },
    );
  }
}

export interface Connection {
  readonly socket: TLSSocket;
  /** As it was verified for this connection. */
  readonly machine: VerifiedMachine;
  /** SubjectPublicKeyInfo in DER, of the key that answered. */
  readonly spki: Uint8Array;
}
