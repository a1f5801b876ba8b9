import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { TLS_EXPORTER } from '../../appraisal/binding/session-nonce.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { asPosternError } from '../at-stage.ts';
import { PosternError } from '../errors.ts';
import { type Credential, isMissing } from '../gateway.ts';
import { judge, look, type SeenEvidence, wantAccepted } from '../judge-evidence.ts';
import type { Machines } from '../machines.ts';
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
    const seen = await asked(() => look(deps, node, credential, own), node);
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

/** Milliseconds: a client has finished a handshake before the server knows of it. */
const AGAIN_AFTER = [100, 400] as const;

async function asked(
  ask: () => Promise<SeenEvidence>,
  node: string,
  [pause, ...pauses]: readonly number[] = AGAIN_AFTER,
): Promise<SeenEvidence> {
  try {
    return await ask();
  } catch (error) {
    if (pause === undefined || !isMissing(error)) {
      throw asPosternError('evidence', `evidence of this connection to ${node}`, { node }, error);
    }
  }
  await sleep(pause);
  return asked(ask, node, pauses);
}

export interface Connection {
  readonly socket: TLSSocket;
  /** As it was verified for this connection. */
  readonly machine: VerifiedMachine;
  /** SubjectPublicKeyInfo in DER, of the key that answered. */
  readonly spki: Uint8Array;
}

/** A keyset that is another by now has to be in the ledger as well: somebody's own enclave is not. */
async function withKeyset(
  machines: Pick<Machines, 'pick' | 'drop'>,
  machine: VerifiedMachine,
  keyset: string,
  credential: Credential,
): Promise<VerifiedMachine> {
  if (machine.keyset === keyset) return machine;
  const { node, pool } = machine;
  machines.drop(machine);
  const again = await machines.pick({ pool, node }, credential);
  if (again.keyset === keyset) return again;
  throw new PosternError('session.keyset', 'the evidence is of another keyset than was admitted');
}
