import { atStage } from '../at-stage.ts';
import { askCandidates } from '../candidates.ts';
import { PosternError } from '../errors.ts';
import type { OpenMachines } from '../open-machines.ts';
import type { VerifiedMachine } from '../verifying.ts';
import { isNodeId, whichNode } from './which-node.ts';

/** As many as a gateway names at once. */
export const MOST_CANDIDATES = 99;

/**
 * Verifies the machine that somebody means, now.
 *
 * @param wanted its id, its name, or the address of its SSH.
 * @throws PosternError where it is not there, not acceptable, or shows no SSH host key.
 */
export async function findMachine(
  { machines, deps, credential: ask }: OpenMachines,
  { pool, wanted }: { readonly pool: string; readonly wanted: string },
): Promise<VerifiedMachine> {
  const node = isNodeId(wanted)
    ? wanted
    : await atStage('candidates', 'the candidates', {}, async () => {
        const credential = await ask();
        const said = await askCandidates(
          deps.gateway,
          { pool, name: wanted },
          undefined,
          credential,
          MOST_CANDIDATES,
        );
        return whichNode(said.candidates, wanted).node;
      });
  const machine = await machines.pick({ pool, node }, await ask());
  if (machine.sshHostKeys.length === 0) {
    throw new PosternError(
      'connect.no-key',
      `${machine.node} shows no SSH host key: its agent makes none, or the keyset lists none that signed the challenge`,
      { node },
    );
  }
  return machine;
}
