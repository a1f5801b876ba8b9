import { Random } from '../random.ts';
import { EVERYTHING } from './campaigns.ts';
import type { Evidence } from './evidence.ts';
import { verifierOf } from './subject.ts';
import { createWorld } from './world.ts';

/**
 * A program of its own, since a process has one crypto implementation only:
 * `node -C postern-src answers.ts <seed> <inputs>` prints all that is said of each input.
 */
const [seed, inputs] = process.argv.slice(2).map(Number);
const world = createWorld();
const verify = verifierOf(world);

for (let i = 0; i < (inputs ?? 0); i++) {
  const random = new Random(seed ?? 0, i);
  let evidence: Evidence | undefined = EVERYTHING.honest(random, world);
  // One change of several that are possible: after two, most are refused for what anybody sees.
  for (let tries = 0; tries < 20; tries++) {
    const changed = random.pick(EVERYTHING.mutators).apply(random, evidence, world);
    if (changed === undefined) continue;
    evidence = changed;
    break;
  }
  process.stdout.write(`${JSON.stringify(verify(evidence))}\n`);
}
