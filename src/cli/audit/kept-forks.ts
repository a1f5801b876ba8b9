import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { Fault } from '../../core/fault.ts';
import { type ForkProof, writeForkProof } from '../../ledger/proof/fork-proof.ts';
import { type Io, warn } from '../io.ts';
import { visible } from '../visible.ts';
import { writeFiles } from '../write-files.ts';

/** Of all logs together, some KB each. */
const MOST_FORKS = 256;
const HEX_OF_NAME = 32;

/**
 * Puts proofs of forks into a folder, each once, and says so. That one can't be kept is said as
 * well, and does not keep the witness from refusing.
 */
export function forkKeeper(io: Io, dir: string) {
  return async (origin: string, fork: ForkProof): Promise<void> => {
    const bytes = writeForkProof(fork);
    const name = `fork-${digestOf(bytes).slice('sha256:'.length, 'sha256:'.length + HEX_OF_NAME)}.json`;
    const kept = await readdir(dir).catch((): string[] => []);
    if (kept.includes(name)) return;
    const what = `${visible(origin)} signed two states that don’t go together`;
    if (kept.length >= MOST_FORKS) {
      warn(io, `${what}; ${dir} has ${MOST_FORKS} proofs already, and this one is not kept`);
      return;
    }
    try {
      await writeFiles(dir, { [name]: bytes });
      warn(io, `${what}: the proof is ${join(dir, name)}`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      warn(io, `${what}; the proof is not kept: ${error.message}`);
    }
  };
}
