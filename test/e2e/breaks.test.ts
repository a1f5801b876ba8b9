import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonBody } from '../../src/agent/gateway/gateway-client.ts';
import type { PosternError } from '../../src/client/errors.ts';
import { readOutcome } from '../support/client/outcome.ts';
import { begun, END, wantTruthful } from '../support/long-stream.ts';
import {
  chat,
  IN_PROCESSES,
  POOL,
  type SessionsWorld,
  saidIn,
  sessionsWorld,
} from '../support/sessions-world.ts';

let world: SessionsWorld;

beforeAll(async () => {
  world = await sessionsWorld({
    pace: 25,
    // To be killed; the gateway lives on.
    runners: { agent: IN_PROCESSES.agent },
    machines: ['one', 'two', 'three'].map((name) => ({ name, pool: POOL, cpu: 'tdx', gpus: 0 })),
  });
}, 300_000);

afterAll(() => world.close(), 120_000);

async function machineOf(node: string) {
  const name = (await world.world.nodes()).find(({ id }) => id === node)?.name;
  const machine = world.world.machines.find((one) => one.name === name);
  if (machine === undefined) throw new Error(`no machine ${name}`);
  return machine;
}

it('an enclave that dies while it answers: said as incomplete, and another takes the next', async () => {
  const postern = await world.client();
  const { node, ended } = await begun(postern);
  const machine = await machineOf(node);
  await machine.agent.stop();
  const outcome = await ended;
  wantTruthful(outcome);
  expect(outcome.code).toBe('incomplete.cut');
  expect((outcome.error as PosternError).trust).toContain('do not take it for a whole one');
  const next = await readOutcome(chat(postern, 'short'));
  expect([next.code, next.status, saidIn(next.text)]).toEqual([
    undefined,
    200,
    expect.stringMatching(END),
  ]);
}, 120_000);

it('a machine that is revoked while it answers: the stream ends as incomplete', async () => {
  const postern = await world.client();
  const { node, ended } = await begun(postern);
  await world.world.admin.done({
    method: 'POST',
    path: `/v1/nodes/${node}/revoke`,
    body: jsonBody({ reason: 'because the test says so' }),
  });
  const outcome = await ended;
  wantTruthful(outcome);
  expect(outcome.code).toBe('incomplete.cut');
  const next = await readOutcome(chat(postern, 'short'));
  expect([next.code, next.status]).toEqual([undefined, 200]);
  expect(postern.verification().nodes[0]?.node).not.toBe(node);
}, 120_000);
