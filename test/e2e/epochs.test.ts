import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DEMO_LAYOUT } from '../../src/cli/demo/folder.ts';
import { whole as bytesOf, type Meddle, withBody } from '../../src/cli/demo/relay.ts';
import { type Memory, memoryInProcess } from '../../src/client/memory.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import type { Epoch } from '../../src/protocol/session/epoch.ts';
import { codeOfRejection } from '../support/client/outcome.ts';
import { type SessionsWorld, sessionsWorld } from '../support/sessions-world.ts';
import { type RunningWitness, startWitness } from '../support/witness-server.ts';

const MINUTE = 60_000;
const EPOCH = /^\/v1\/nodes\/([0-9a-f]{32})\/epoch$/;

let world: SessionsWorld;
let witness: RunningWitness;
/**
 * Milliseconds that clocks are ahead. The witness's is slow at first, so that the gateway has it
 * cosign again and again: its signatures are always more than two minutes old.
 */
const ahead = { witness: -3 * MINUTE, client: 0 };

/** Verifies by epoch. @returns the code of what was wrong. */
function verified(memory: Memory = memoryInProcess()): Promise<string | undefined> {
  return codeOfRejection(
    world.client({
      freshness: 'epoch',
      ledger: { tlogPolicy: witness.tlogPolicy },
      memory,
      now: () => Date.now() + ahead.client,
    }),
  );
}

const PATIENT = { timeout: 60_000, interval: 500 };

/** Epochs that passed, by node. */
const passed = new Map<string, Epoch>();
const recording: Meddle = async (asked, forward) => {
  const answered = await forward();
  const [, node] = EPOCH.exec(asked.path) ?? [];
  if (node === undefined || answered.status !== 200) return answered;
  const bytes = await bytesOf(answered.body);
  passed.set(node, JSON.parse(fromUtf8(bytes, 'epoch')));
  return withBody(answered, bytes);
};

/** Serves what a relay makes of the epoch of now. */
function serving(make: (epoch: Epoch, node: string) => Epoch | Promise<Epoch>): Meddle {
  return async (asked, forward) => {
    const answered = await forward();
    const [, node] = EPOCH.exec(asked.path) ?? [];
    if (node === undefined) return answered;
    const epoch = JSON.parse(fromUtf8(await bytesOf(answered.body), 'epoch')) as Epoch;
    return withBody(answered, utf8(JSON.stringify(await make(epoch, node))));
  };
}

const recorded = (node: string): Epoch => {
  const epoch = passed.get(node);
  if (epoch === undefined) throw new Error(`no epoch of ${node} passed`);
  return epoch;
};

beforeAll(async () => {
  world = await sessionsWorld({ epochEvery: '1s' });
  witness = await startWitness(world.world.verifierKey, () => Date.now() + ahead.witness);
  const file = join(world.world.dir, DEMO_LAYOUT.ledger, 'witnesses.tlog-policy');
  writeFileSync(file, witness.tlogPolicy);
}, 240_000);

afterEach(() => {
  world.relay.meddle = (_asked, forward) => forward();
});

afterAll(async () => {
  await world.close();
  await witness.close();
});

it('an epoch of now is taken, once a witness has cosigned', async () => {
  await expect.poll(() => verified(), PATIENT).toBeUndefined();
}, 120_000);

it('the epoch of another machine is refused', async () => {
  const ids = (await world.world.nodes()).map(({ id }) => id);
  world.relay.meddle = async (asked, forward) => {
    const [, node] = EPOCH.exec(asked.path) ?? [];
    const other = ids.find((id) => id !== node);
    return forward(node === undefined ? asked : { ...asked, path: `/v1/nodes/${other}/epoch` });
  };
  expect(await verified()).toBe('ledger.rotated');
});

it('an epoch that was good is refused when it is old, and one of now is not', async () => {
  const memory = memoryInProcess();
  world.relay.meddle = recording;
  const ids = (await world.world.nodes()).map(({ id }) => id);
  await expect
    .poll(async () => [await verified(memory), passed.size], PATIENT)
    .toEqual([undefined, ids.length]);

  const replaying = serving((_epoch, node) => recorded(node));
  world.relay.meddle = replaying;
  // As young as it has to be: whether it comes a second time does not matter.
  expect(await verified()).toBeUndefined();

  [ahead.client, ahead.witness] = [8 * MINUTE, 8 * MINUTE];
  expect(await verified()).toBe('freshness.epoch');
  expect(await verified(memory)).toBe('freshness.epoch');

  world.relay.meddle = serving(({ checkpoint }, node) => ({ ...recorded(node), checkpoint }));
  await expect.poll(() => verified(), PATIENT).toBe('freshness.challenge');

  world.relay.meddle = (_asked, forward) => forward();
  await expect.poll(() => verified(memory), PATIENT).toBeUndefined();

  // A clock that is slow makes it no younger for who has seen what the witness signed since.
  ahead.client = 0;
  world.relay.meddle = replaying;
  expect(await verified(memory)).toBe('freshness.epoch');
}, 240_000);
