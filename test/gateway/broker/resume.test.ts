import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerBed, brokerBed, POOL, send, take, until } from '../../support/broker-bed.ts';
import {
  bodyOf,
  CHUNKS,
  FakeAgent,
  FINAL,
  NONCE,
  sealedRequest,
  sessionOf,
  WHOLE,
} from '../../support/fake-agent.ts';

let bed: BrokerBed;
let agent: FakeAgent;
let node: string;
let seed = 0;

beforeAll(async () => {
  bed = await brokerBed({
    limits: { resume: { keep: 60_000, wait: 60_000, each: 4096, all: 9000 } },
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

const RESUMABLE = { 'postern-resume': '?1' };
const path = (session = '', chunk?: number) =>
  `/ohttp/${POOL}/${node}${session === '' ? '' : `/${session}`}${chunk === undefined ? '' : `?chunk=${chunk}`}`;
const get = (session: string, chunk: number, as = 'client') =>
  take(bed, { method: 'GET', path: path(session, chunk), as });
const from = (chunk: number) =>
  chunk === 0 ? WHOLE : Buffer.concat([...CHUNKS.slice(chunk), FINAL]);

async function whole(headers: Record<string, string> = RESUMABLE): Promise<string> {
  const body = sealedRequest(++seed);
  expect(await take(bed, { path: path(), body, headers })).toMatchObject({ broken: false });
  return sessionOf(body);
}

describe('an answer that has ended', () => {
  it.each([0, 1, 2, 3])('is continued at chunk %i, with its statement', async (chunk) => {
    const session = await whole();
    const answer = await get(session, chunk);
    expect(answer).toMatchObject({ status: 200, broken: false });
    expect(answer.body.equals(from(chunk))).toBe(true);
    expect(answer.headers['postern-session']).toBe(session);
    expect(answer.trailers['postern-usage']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect((await get(session, chunk)).body.equals(from(chunk))).toBe(true);
  });

  it('is refused at a chunk that there is not, to another key, and by another name', async () => {
    const session = await whole();
    const others = [
      get(session, 4),
      get(session, 0, 'client:other'),
      get('ab'.repeat(32), 0),
      take(bed, { method: 'GET', path: `/ohttp/${POOL}/${'ab'.repeat(16)}/${session}?chunk=0` }),
      take(bed, { method: 'GET', path: `/ohttp/other/${node}/${session}?chunk=0` }),
    ];
    for (const { status, headers } of await Promise.all(others)) {
      expect([status, headers['postern-unauthenticated']]).toEqual([404, '1']);
    }
    expect((await get(session, -1)).status).toBe(400);
    expect((await get(session, 0)).status).toBe(200);
  });

  it('is not kept where nobody asked for that, nor once it was deleted by its own key', async () => {
    expect((await get(await whole({}), 0)).status).toBe(404);
    const session = await whole();
    const remove = (as: string) => take(bed, { method: 'DELETE', path: path(session), as });
    expect((await remove('client:other')).status).toBe(404);
    expect((await remove('client')).status).toBe(204);
    expect((await get(session, 0)).status).toBe(404);
    expect((await remove('client')).status).toBe(404);
  });

  it('is kept within bounds: the oldest goes for the next, and what is too long loses its beginning', async () => {
    const big = Buffer.concat([Buffer.of(0x4f, 0xff), Buffer.alloc(0x0fff, 7)]);
    agent.serve = (request, response) => agent.answer(request, response, [big, ...CHUNKS]);
    const first = await whole();
    expect((await get(first, 0)).status).toBe(404);
    expect((await get(first, 1)).body.equals(from(0).subarray(NONCE.length))).toBe(true);
    agent.serve = (request, response) => agent.answer(request, response);
    const many: string[] = [];
    for (let n = 0; n < 40; n++) many.push(await whole());
    expect((await get(many[0] ?? '', 0)).status).toBe(404);
    expect((await get(many.at(-1) ?? '', 0)).body.equals(WHOLE)).toBe(true);
    const [, held] = /^postern_broker_held_bytes (\d+)/m.exec(await bed.metrics.text()) ?? [];
    expect(Number(held)).toBeLessThanOrEqual(9000);
  });
});

describe('an answer that is still coming', () => {
  const open = Promise.withResolvers<void>();
  let held: { request: IncomingMessage; response: ServerResponse; body: Buffer };

  const begin = async (headers: Record<string, string> = RESUMABLE) => {
    agent.serve = async (request, response) => {
      held = { request, response, body: await bodyOf(request) };
      agent.begin(response);
      response.write(CHUNKS[0]);
      open.resolve();
    };
    const body = sealedRequest(++seed);
    const sent = send(bed, { path: path(), body, headers });
    const answer = await sent.response;
    answer.on('error', () => {});
    let got = 0;
    answer.on('data', (part: Buffer) => {
      got += part.length;
    });
    await until(() => got === NONCE.length + (CHUNKS[0]?.length ?? 0));
    return { ...sent, session: sessionOf(body), answer };
  };

  it('goes on while its reader is away, and is continued where that one left', async () => {
    const before = agent.aborted;
    const { request, session } = await begin();
    request.destroy();
    held.response.write(CHUNKS[1]);
    const continued = get(session, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    held.response.write(CHUNKS[2]);
    agent.finish(held.request, held.response, held.body);
    const answer = await continued;
    expect(answer).toMatchObject({ status: 200, broken: false });
    expect(answer.body.equals(from(1))).toBe(true);
    expect(agent.aborted).toBe(before);
  });

  it('has one reader: who comes anew is who is there', async () => {
    const { session, answer } = await begin();
    const gone = new Promise((resolve) => answer.once('close', resolve));
    const continued = get(session, 0);
    await gone;
    expect(answer.complete).toBe(false);
    agent.finish(held.request, held.response, held.body);
    expect(
      (await continued).body.equals(Buffer.concat([NONCE, CHUNKS[0] ?? ('' as never), FINAL])),
    ).toBe(true);
  });

  it('is ended by its key, and when its node is put out; nothing of it is left', async () => {
    const before = agent.aborted;
    const one = await begin();
    one.request.destroy();
    expect((await take(bed, { method: 'DELETE', path: path(one.session) })).status).toBe(204);
    await until(() => agent.aborted === before + 1);
    const two = await begin();
    two.request.destroy();
    bed.putOut(node);
    await until(() => agent.aborted === before + 2);
    expect((await get(two.session, 0)).status).toBe(404);
    bed.admit(agent, { id: node });
  });
});

describe('answers whose readers have gone', () => {
  const MIB = 1024 * 1024;
  const KEPT = { keep: 60_000, wait: 60_000, each: MIB, all: 2 * MIB };
  /** On its way to a gateway that takes no more of one answer. */
  const SLACK = 192 * 1024;
  const MANY = 12;
  /** 512 KiB in chunks. */
  const LONG = Array.from({ length: 128 }, () =>
    Buffer.concat([Buffer.of(0x50, 0x00), Buffer.alloc(0x1000, 7)]),
  );

  const held = async (of: BrokerBed) =>
    Number(/^postern_broker_held_bytes (\d+)/m.exec(await of.metrics.text())?.[1]);

  /** Asks, and goes as soon as the answer begins. */
  async function leave(of: BrokerBed, id: string): Promise<string> {
    const body = sealedRequest(++seed);
    const sent = send(of, { path: `/ohttp/${POOL}/${id}`, body, headers: RESUMABLE });
    await once(await sent.response, 'readable');
    sent.request.destroy();
    return sessionOf(body);
  }

  it('take no more memory together than may be kept, however many go on', async () => {
    const own = await brokerBed({ limits: { resume: KEPT } });
    const id = own.admit(agent);
    let written = 0;
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
      for (const chunk of [...LONG, ...LONG]) response.write(chunk);
      written++;
    };
    for (let n = 0; n < MANY; n++) await leave(own, id);
    await until(() => written === MANY);
    let most = 0;
    for (let n = 0; n < 50; n++) {
      most = Math.max(most, await held(own));
      await pause(10);
    }
    expect(most).toBeGreaterThan(MIB);
    expect(most).toBeLessThanOrEqual(KEPT.all + MANY * SLACK);
    await own.close();
  });

  it('are kept no longer than there is room, once they have ended: the oldest goes', async () => {
    const own = await brokerBed({ limits: { resume: { ...KEPT, all: 1200 * 1024 } } });
    const id = own.admit(agent);
    agent.serve = async (request, response) => {
      const body = await bodyOf(request);
      agent.begin(response);
      response.write(LONG[0]);
      await pause(20);
      for (const chunk of LONG.slice(1)) response.write(chunk);
      agent.finish(request, response, body);
    };
    const sessions: string[] = [];
    for (let n = 0; n < 4; n++) {
      sessions.push(await leave(own, id));
      await until(async () => (await ended(own)) === n + 1);
    }
    const again = (session = '') =>
      take(own, { method: 'GET', path: `/ohttp/${POOL}/${id}/${session}?chunk=0` });
    expect(await held(own)).toBeLessThanOrEqual(1200 * 1024);
    expect((await again(sessions[0])).status).toBe(404);
    expect((await again(sessions[3])).body.equals(Buffer.concat([NONCE, ...LONG, FINAL]))).toBe(
      true,
    );
    await own.close();
  });

  const ended = async (of: BrokerBed) =>
    Number(
      /^postern_broker_session_seconds_count\{end="complete"\} (\d+)$/m.exec(
        await of.metrics.text(),
      )?.[1] ?? 0,
    );
});

it('is forgotten when its time is over, however often it was continued', async () => {
  const short = await brokerBed({
    limits: { resume: { keep: 300, wait: 60_000, each: 4096, all: 9000 } },
  });
  const own = short.admit(agent);
  const body = sealedRequest(++seed);
  const at = `/ohttp/${POOL}/${own}`;
  await take(short, { path: at, body, headers: RESUMABLE });
  const again = () =>
    take(short, { method: 'GET', path: `${at}/${sessionOf(body)}?chunk=0`, as: 'client' });
  expect((await again()).status).toBe(200);
  short.clock.now += 300;
  await until(async () => /^postern_broker_sessions 0/m.test(await short.metrics.text()));
  expect((await again()).status).toBe(404);
  await short.close();
});
