import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { type BrokerBed, brokerBed, POOL, send, take, until } from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest } from '../../support/fake-agent.ts';

/** The listener's, for all other routes. */
const WITHIN = 300;
const IDLE = 60_000;
let bed: BrokerBed;
let agent: FakeAgent;
let node: string;
let seed = 0;

beforeAll(async () => {
  bed = await brokerBed({
    limits: { idle: IDLE },
    http: {
      connection: { ...LIMITS.connection, requestWithin: WITHIN, idle: WITHIN, checkEvery: 20 },
    },
  });
  agent = await FakeAgent.start();
  node = bed.admit(agent);
});
afterAll(async () => {
  await agent.stop();
  await bed.close();
});
afterEach(() => {
  agent.serve = (request, response) => agent.answer(request, response);
});

const path = () => `/ohttp/${POOL}/${node}`;
const ended = async (end: string) =>
  Number(
    new RegExp(`^postern_broker_session_seconds_count\\{end="${end}"\\} (\\d+)$`, 'm').exec(
      await bed.metrics.text(),
    )?.[1] ?? 0,
  );
/** Sends a byte now and then, so that only the whole can be too late. */
async function statusOfDripping({ request, response }: ReturnType<typeof send>) {
  const dripping = setInterval(() => request.write('{'), 50);
  const status = response.then(({ statusCode }) => statusCode);
  return await status.finally(() => clearInterval(dripping));
}
/** Holds an answer back. */
function hold() {
  const held = Promise.withResolvers<() => void>();
  agent.serve = async (request, response) => {
    const body = await bodyOf(request);
    agent.begin(response);
    held.resolve(() => agent.finish(request, response, body));
  };
  return held.promise;
}

describe('what takes longer than other routes may', () => {
  it('is a sealed request that goes on coming, and an answer that begins late', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      await setTimeout(WITHIN * 4);
      await agent.answer(request, response);
    };
    const { request, response } = send(bed, { path: path() });
    request.write(sealedRequest(++seed));
    for (let parts = 0; parts < 4; parts++) {
      await setTimeout(WITHIN);
      request.write('more');
    }
    request.end();
    const answer = await response;
    expect(answer.statusCode).toBe(200);
    await bodyOf(answer);
    expect(answer.complete).toBe(true);
  });

  it('is no sealed request of which nobody knows yet what it is', async () => {
    const sent = send(bed, { path: path() });
    // Of MLKEM768-X25519: another 1,120 bytes have to come.
    sent.request.write(Buffer.of(1, 0x64, 0x7a, 0, 1, 0, 2));
    expect(await statusOfDripping(sent)).toBe(408);
  });

  it('is nothing else', async () => {
    const sent = send(bed, {
      path: `/v1/nodes/${node}/evidence`,
      headers: { 'content-type': 'application/json', 'content-length': 1000 },
    });
    expect(await statusOfDripping(sent)).toBe(408);
  });
});

describe('a session in which nothing moves', () => {
  it('is broken off when its idle time is over, which is the node’s failure', async () => {
    const holding = hold();
    const { response } = send(bed, { path: path(), body: sealedRequest(++seed) });
    const answer = await response;
    const broken = new Promise((resolve) => answer.once('close', resolve));
    answer.on('error', () => {}).resume();
    await holding;
    bed.clock.now += IDLE - 1;
    await setTimeout(600);
    expect(await ended('idle')).toBe(0);
    bed.clock.now += 1;
    await broken;
    expect(answer.complete).toBe(false);
    await until(async () => (await ended('idle')) === 1);
  });

  it('is broken off amid its request as well', async () => {
    agent.serve = () => {};
    const { request, response } = send(bed, { path: path() });
    request.write(sealedRequest(++seed));
    const sessions = async () =>
      /^postern_broker_sessions (\d+)/m.exec(await bed.metrics.text())?.[1];
    await until(async () => (await sessions()) === '1');
    bed.clock.now += IDLE;
    expect((await response).statusCode).toBe(503);
    await until(async () => (await ended('idle')) === 2);
  });
});

it('the next one is served', async () => {
  expect(await take(bed, { path: path(), body: sealedRequest(++seed) })).toMatchObject({
    status: 200,
    broken: false,
  });
});
