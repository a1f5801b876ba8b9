import { PosternError } from '../../client/errors.ts';
import { openMachines } from '../../client/open-machines.ts';
import { findMachine } from '../../client/ssh/find-machine.ts';
import { FAULTS, Fault } from '../../core/fault.ts';
import { sshKeyLine } from '../../core/ssh/public-key.ts';
import { exitOf } from '../client/client-error.ts';
import { readClient } from '../client/read-client.ts';
import type { Io } from '../io.ts';
import type { Args } from '../verb.ts';
import { ASKED_WITHIN, type CachedVerdict } from './verdict-cache.ts';

export interface HostWanted {
  readonly pool: string;
  /** A node's id, name or address. */
  readonly wanted: string;
}

/**
 * Of one verification, what is kept of it: also that it came to nothing.
 *
 * @throws Fault `usage` for options that say of no client what it trusts.
 */
export async function verdictOn(io: Io, args: Args, host: HostWanted): Promise<CachedVerdict> {
  const options = await readClient(io, args);
  const at = io.now();
  try {
    const { node, sshHostKeys, until } = await findMachine(await openMachines(options), host);
    return { node, keys: sshHostKeys.map(sshKeyLine), at, until };
  } catch (error) {
    // A refusal is for its connection alone.
    const until = at + ASKED_WITHIN;
    if (error instanceof PosternError) {
      return { refused: error.message, exit: exitOf(error), at, until };
    }
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { refused: error.message, exit: FAULTS[error.code].exit, at, until };
  }
}
