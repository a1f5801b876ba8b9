import { createPostern } from '../../client/create-postern.ts';
import type { Postern } from '../../client/postern.ts';
import type { CheckedReceipt } from '../../client/receipt.ts';
import { Fault } from '../../core/fault.ts';
import type { NodeJson } from '../../protocol/node.ts';
import type { Io } from '../io.ts';
import type { Recording } from './recording.ts';
import type { Teller } from './teller.ts';
import type { World } from './world.ts';

/** What the steps of a demonstration share. */
export interface Scene {
  readonly io: Io;
  readonly world: World;
  readonly teller: Teller;
  /** What passed between client and gateway. */
  readonly recording: Recording;
}

/** Who is shown to be served, and by what. */
export const SHOWN = { pool: 'tdx', model: 'demo-large' } as const;
/** Each pool's. */
export const MODELS = { tdx: [SHOWN.model], snp: ['demo-small'] } as const;

/** A client as its owner would make one, with the simulator's roots in the place of the vendors'. */
export function clientOf(
  { io, world }: Pick<Scene, 'io' | 'world'>,
  gateway: string,
  onReceipt: (receipt: CheckedReceipt) => void = () => undefined,
): Promise<Postern> {
  return createPostern({
    gateway,
    apiKey: world.clientKey,
    pool: SHOWN.pool,
    policy: {
      name: SHOWN.pool,
      signers: { keys: [world.policyOwner], threshold: 1 },
      leastRevision: 1,
    },
    ledger: { verifierKey: world.verifierKey },
    anchors: world.anchors,
    onReceipt,
    fetch: io.fetch,
    now: io.now,
    randomBytes: io.randomBytes,
  });
}

/** The name of a machine, by what the gateway calls it. */
export async function nameOf({ world }: Pick<Scene, 'world'>, node: string): Promise<string> {
  return (await nodeOf(world, node)).name;
}

async function nodeOf({ nodes }: Pick<World, 'nodes'>, id: string): Promise<NodeJson> {
  const found = (await nodes()).find((node) => node.id === id);
  if (found === undefined) throw new Fault('missing', 'demo', `the gateway knows no node ${id}`);
  return found;
}

/** A demonstration that did not show what it says is none. */
export function wantShown(isShown: boolean, what: string): void {
  if (!isShown) throw new Fault('internal', 'demo', `not shown: ${what}`);
}
