import type { CheckedReceipt } from '../../client/receipt.ts';
import { type Io, warn } from '../io.ts';
import type { Args, Verb } from '../verb.ts';
import { DEMO_MACHINES } from './machines.ts';
import { Recording } from './recording.ts';
import { type Relay, startRelay } from './relay.ts';
import { clientOf, MODELS, type Scene } from './scene.ts';
import { DEMO_OPTIONS, onStage, type Stage, untilAborted } from './stage.ts';
import { showAdmitted } from './steps/admitted.ts';
import { showAnswered } from './steps/answered.ts';
import { showBilled } from './steps/billed.ts';
import { showNext } from './steps/next.ts';
import { showRefused } from './steps/refused.ts';
import { showRevoked } from './steps/revoked.ts';
import { showSeen } from './steps/seen.ts';
import { showVerified } from './steps/verified.ts';
import { Teller } from './teller.ts';
import { startWorld } from './world.ts';

export const demoVerb: Verb = {
  name: 'demo',
  summary:
    'Show all of it on this machine: a gateway, simulated enclaves, a sealed prompt, an attack.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: DEMO_OPTIONS,
  notes: [
    'Gateway, agents and client are those of the other verbs, over HTTP on free ports of the loopback; the hardware is the simulator’s, with roots that nobody else trusts. It protects nothing.',
    'What it does meanwhile is said on stderr. With --json each step is an object, one a line. The logs of gateway and agents are in log.jsonl of its folder.',
  ],
  run: (io, args) => onStage(io, args, (stage) => play(io, args, stage)),
};

/** Milliseconds between words: a reader sees the answer come. */
const PACE = 60;

async function play(io: Io, args: Args, { dir, stays, signal, quiet }: Stage): Promise<void> {
  const world = await startWorld(quiet, {
    dir,
    machines: DEMO_MACHINES,
    models: MODELS,
    pace: PACE,
    onProgress: (doing) => warn(io, doing),
  });
  const recording = new Recording();
  const relay = await startRelay(world.url, recording.meddle);
  try {
    const teller = new Teller(io, args.has('json') ? 'json' : 'lines');
    const scene: Scene = { io, world, teller, recording };
    for (const step of stepsOf(scene, relay)) {
      if (signal.aborted) return;
      await step();
    }
    await showNext(scene, stays);
    if (stays) await untilAborted(signal);
  } finally {
    await relay.close();
    await world.close();
  }
}

/** In the order in which they are shown; a later one rests on what those before it did. */
function stepsOf(scene: Scene, { url }: Relay): readonly (() => Promise<void>)[] {
  const { teller } = scene;
  const receipts: CheckedReceipt[] = [];
  const client = Promise.withResolvers<Awaited<ReturnType<typeof clientOf>>>();
  return [
    () => showAdmitted(scene),
    async () => {
      teller.begin('A client verifies a machine itself; the gateway’s word counts for nothing');
      client.resolve(await clientOf(scene, url, (receipt) => receipts.push(receipt)));
      await showVerified(scene, await client.promise);
    },
    async () => {
      teller.begin('It seals a prompt to that machine’s key, and the answer is streamed back');
      await showAnswered(scene, await client.promise);
    },
    () => showSeen(scene),
    () => showBilled(scene, receipts.at(-1)),
    () => showRefused(scene),
    async () => showRevoked(scene, await client.promise),
  ];
}
