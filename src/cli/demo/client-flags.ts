import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEMO_LAYOUT } from './folder.ts';
import type { World } from './world.ts';

/** From a checkout the verbs run by npm. */
export const POSTERN = import.meta.url.endsWith('.ts') ? 'npm run -s postern --' : 'postern';

/** Where {@link clientFlags} has the ledger's key from. */
export async function writeLedgerKey({ dir, verifierKey }: World): Promise<void> {
  await writeFile(join(dir, DEMO_LAYOUT.ledgerKey), `${verifierKey}\n`);
}

/** What a verb of a client's is told to ask this gateway, and to trust the simulator's roots. */
export function clientFlags(
  { dir, url }: Pick<World, 'dir' | 'url'>,
  pool: string,
): readonly string[] {
  const at = (path: string) => join(dir, path);
  return [
    ...['--gateway', url, '--api-key-file', at(DEMO_LAYOUT.clientKey), '--pool', pool],
    ...['--policy-name', pool, '--signer', at(DEMO_LAYOUT.ownerKey), '--least-revision', '1'],
    ...['--ledger-key', at(DEMO_LAYOUT.ledgerKey)],
    ...['--trust-anchor', at('roots/intel.der')],
    ...['--nvidia-trust-anchor', at('roots/nvidia.der')],
    ...['--rim-trust-anchor', at('roots/rim.der'), '--memory', at('memory')],
  ];
}
