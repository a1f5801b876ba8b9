import { parseTlogProof } from '../../../ledger/proof/tlog-proof.ts';
import type { NodeJson } from '../../../protocol/node.ts';
import { ORIGIN } from '../folder.ts';
import { type Scene, wantShown } from '../scene.ts';
import type { World } from '../world.ts';

/** Each machine, what was decided about it, and where in the ledger that stands. */
export async function showAdmitted({ world, teller }: Scene): Promise<void> {
  teller.begin('The gateway has challenged three machines, judged their evidence, and let them in');
  teller.line(`gateway ${world.url}, by its name ${ORIGIN}`);
  const nodes = [];
  for (const { name } of world.machines) {
    const node = (await world.nodes()).find((one) => one.name === name);
    wantShown(node?.admittedNow === true && node.last !== undefined, `${name} is admitted`);
    if (node?.last === undefined) continue;
    const { verdict, id: decision } = node.last;
    const leaf = await leafOf(world, decision);
    const { cpu, gpus } = node.declared;
    nodes.push({ name, node: node.id, pool: node.pool, cpu, gpus, verdict, decision, leaf });
    teller.good(`${name}  ${built(node)}  ${verdict}, leaf ${leaf} of the ledger`);
  }
  teller.line(
    'All are simulated, under the simulator’s own roots: every result says so, and no vendor’s root would pass them.',
    'yellow',
  );
  teller.facts('admitted', { gateway: world.url, origin: ORIGIN, anchors: 'simulator', nodes });
}

async function leafOf({ admin }: World, decision: string): Promise<number> {
  const ask = { method: 'GET', path: `/v1/decisions/${decision}/proof` } as const;
  const response = await admin.wanted(ask);
  return Number(parseTlogProof(new Uint8Array(await response.arrayBuffer())).index);
}

function built({ declared: { cpu, gpus } }: NodeJson): string {
  const processor = cpu === 'tdx' ? 'Intel TDX' : 'AMD SEV-SNP';
  return gpus === 0 ? processor : `${processor} with ${gpus} NVIDIA GPU`;
}
