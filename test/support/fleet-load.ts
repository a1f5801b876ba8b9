// Works a fleet together with other processes, and says what it was told that it has done.
import { Fault } from '../../src/core/fault.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore } from '../../src/store/open.ts';
import { eventOf, fleetNode, hexOf, nextOf } from './fleet.ts';
import { ARCHIVE_KEY } from './ledger-batches.ts';

interface Task {
  readonly place: Place;
  /** Nodes there are, all due at 0; as many things are there to be spent. */
  readonly count: number;
  /** Whether it counts up or down, so that several don't walk in step. */
  readonly step: 1 | -1;
}

const { place, count, step } = JSON.parse(process.argv[2] ?? '') as Task;

const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY });
const say = (what: string, of: string) => process.stdout.write(`${what} ${of}\n`);

for (let n = 0; n < count; n++) {
  const turn = step === 1 ? n : count - 1 - n;
  if (await store.spendOnce(hexOf(turn, 32), 1)) say('spent', hexOf(turn, 32));
  for (const { id } of await store.takeDue(10, 1_000, 2)) say('taken', id);
  await bump(hexOf(turn, 16));
  await claim(turn);
}
await store.close();

/** One more failure, on top of whatever others have counted by then. */
async function bump(id: string): Promise<void> {
  const node = await store.node(id);
  if (node === undefined) throw new Error(`no node ${id}`);
  const next = nextOf(node, { failures: node.failures + 1 });
  const events = [eventOf('node.warned', 1, id), eventOf('node.warned', 2, id)];
  try {
    await store.apply({ node: { expected: node.version, next }, events });
    say('bumped', id);
  } catch (error) {
    if (!(error instanceof Fault) || error.at !== `nodes[${id}]`) throw error;
    await bump(id);
  }
}

/** A new node with hardware that only one can have. */
async function claim(n: number): Promise<void> {
  const name = `shared-${n}`;
  const node = fleetNode(1_000_000 + process.pid * 1_000 + n, {
    name: `claimer-${process.pid}-${n}`,
    hardware: [name],
  });
  try {
    await store.apply({ node: { expected: 'new', next: node }, events: [] });
    say('claimed', name);
  } catch (error) {
    if (!(error instanceof Fault) || error.at !== `hardware[${name}]`) throw error;
  }
}
