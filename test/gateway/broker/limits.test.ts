import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BrokerBed,
  type BrokerBedOptions,
  brokerBed,
  POOL,
  send,
  take,
  until,
} from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest, sessionOf, WHOLE } from '../../support/fake-agent.ts';

const closing: (() => Promise<void>)[] = [];
let seed = 0;
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function opened(options: BrokerBedOptions = {}) {
  const bed = await brokerBed(options);
  const agent = await FakeAgent.start();
  closing.push(async () => {
    await agent.stop();
    await bed.close();
  });
  const path = `/ohttp/${POOL}/${bed.admit(agent)}`;
  return { bed, agent, path, ask: (more = {}) => asked(bed, path, more) };
}

function asked(bed: BrokerBed, path: string, headers: Record<string, string>) {
  const body = sealedRequest(++seed);
  return { ...send(bed, { path, body, headers }), session: sessionOf(body) };
}

/** Begins each answer, and holds the rest back. */
function holding(agent: FakeAgent) {
  const held: (() => void)[] = [];
  agent.serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    agent.begin(response);
    held.push(() => agent.finish(request, response, body));
  };
  return held;
}

const RESUMABLE = { 'postern-resume': '?1' };
const RESUME = { keep: 120_000, wait: 30_000, each: 4096, all: 9000 };
const HOUR = 3_600_000;
/** Sessions are looked at four times a second. */
const LOOKED = 600;

describe('what may be continued', () => {
  const kept = (bed: BrokerBed, path: string, session: string) =>
    take(bed, { method: 'GET', path: `${path}/${session}?chunk=0` });

  it('is kept for two minutes after its end, however often it was read, and no longer', async () => {
    const { bed, path, ask } = await opened({ limits: { resume: RESUME } });
    const { response, session } = ask(RESUMABLE);
    await bodyOf(await response);
    bed.clock.now += RESUME.keep - 1;
    await setTimeout(LOOKED);
    expect((await kept(bed, path, session)).body.equals(WHOLE)).toBe(true);
    bed.clock.now += 1;
    await until(async () => (await kept(bed, path, session)).status === 404);
    const [, held] = /^postern_broker_held_bytes (\d+)/m.exec(await bed.metrics.text()) ?? [];
    expect(held).toBe('0');
  });

  it('goes on for half a minute without a reader, and is ended then', async () => {
    const { bed, agent, path, ask } = await opened({ limits: { resume: RESUME } });
    holding(agent);
    const { request, response, session } = ask(RESUMABLE);
    await once(
      (await response).on('error', () => {}),
      'data',
    );
    request.destroy();
    // Only once it is known that nobody reads does its time run.
    await setTimeout(LOOKED);
    bed.clock.now += RESUME.wait - 1;
    await setTimeout(LOOKED);
    expect(agent.aborted).toBe(0);
    bed.clock.now += RESUME.wait;
    await until(() => agent.aborted === 1);
    expect((await kept(bed, path, session)).status).toBe(404);
  });
});

describe('more than there may be', () => {
  it('is one stream above those of all, whoever asks', async () => {
    const { bed, agent, path, ask } = await opened({ limits: { streams: 2 } });
    const held = holding(agent);
    const answers = [await ask().response, await ask().response];
    const more = { path, body: sealedRequest(++seed), as: 'client:another' };
    const refused = await take(bed, more);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(refused.body.toString()).type).toBe('urn:postern:problem:busy');
    for (const finish of held.splice(0)) finish();
    for (const answer of answers) await bodyOf(answer);
    agent.serve = (request, response) => agent.answer(request, response);
    await until(
      async () => (await take(bed, { ...more, body: sealedRequest(++seed) })).status === 200,
    );
  });

  it('is one session above those of a minute, of one key', async () => {
    const each = { requests: 2, streams: 50, tokens: undefined, evidence: 1 };
    const { bed, path } = await opened({ limits: { each } });
    const ask = (as: string) => take(bed, { path, body: sealedRequest(++seed), as });
    for (const want of [200, 200, 429]) expect((await ask('client')).status).toBe(want);
    const refused = await ask('client');
    expect(refused.headers).toMatchObject({ 'retry-after': '30', 'postern-unauthenticated': '1' });
    expect((await ask('client:another')).status).toBe(200);
    bed.clock.now += 30_000;
    for (const want of [200, 429]) expect((await ask('client')).status).toBe(want);
  });
});

describe('a gateway that closes', () => {
  it('lets a stream come to its end, and takes no other', async () => {
    const { bed, agent, ask } = await opened({ http: { closeWithin: HOUR } });
    const held = holding(agent);
    const answer = await ask().response;
    const closed = bed.app.close();
    await until(() => bed.lines.some((line) => line.includes('gateway closing')));
    await expect(ask().response.then(({ statusCode }) => statusCode)).rejects.toThrow();
    held[0]?.();
    await bodyOf(answer);
    expect(answer.complete).toBe(true);
    await closed;
    expect(agent.aborted).toBe(0);
  });

  it('breaks off what takes longer than it waits', async () => {
    const { bed, agent, ask } = await opened({ http: { closeWithin: 50 } });
    holding(agent);
    const answer = await ask().response;
    const broken = new Promise((resolve) => answer.once('close', resolve));
    answer.on('error', () => {}).resume();
    await bed.app.close();
    await broken;
    expect(answer.complete).toBe(false);
    await until(() => agent.aborted === 1);
  });
});
