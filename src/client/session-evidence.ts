import { setTimeout as sleep } from 'node:timers/promises';
import { asPosternError } from './at-stage.ts';
import { PosternError } from './errors.ts';
import type { OwnSession } from './evidence.ts';
import { type Credential, isMissing } from './gateway.ts';
import { look, type SeenEvidence } from './judge-evidence.ts';
import type { Machines } from './machines.ts';
import type { VerifiedMachine, VerifyingDeps } from './verifying.ts';

/** Milliseconds: a client has finished a handshake before the server knows of it. */
const AGAIN_AFTER = [100, 400] as const;

/**
 * Asks a machine for evidence of one connection; where it knows of none, twice again.
 *
 * @throws PosternError `evidence.…`, whose cause is a Refusal where the gateway refuses.
 */
export async function sessionEvidence(
  deps: VerifyingDeps,
  node: string,
  credential: Credential,
  own: OwnSession,
  [pause, ...pauses]: readonly number[] = AGAIN_AFTER,
): Promise<SeenEvidence> {
  try {
    return await look(deps, node, credential, own);
  } catch (error) {
    if (pause === undefined || !isMissing(error)) {
      throw asPosternError('evidence', `evidence of this connection to ${node}`, { node }, error);
    }
  }
  await sleep(pause);
  return sessionEvidence(deps, node, credential, own, pauses);
}

/** A keyset that is another by now has to be in the ledger as well: somebody's own enclave is not. */
export async function withKeyset(
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
  throw new PosternError('session.keyset', 'the evidence is of another keyset than was admitted', {
    node,
  });
}
