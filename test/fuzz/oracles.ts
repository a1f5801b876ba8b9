import type { Oracles } from './campaign.ts';
import { Covered } from './covered.ts';
import { Proven } from './proven.ts';
import { createWorld } from './world.ts';

export async function createOracles(): Promise<Oracles> {
  const world = await createWorld();
  return { world, covered: new Covered(world), proven: new Proven(world) };
}
