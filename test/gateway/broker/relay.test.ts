import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerBed, brokerBed, POOL, send, take, until } from '../../support/broker-bed.ts';
import {
  bodyOf,
  CHUNKS,
  chunk,
  FakeAgent,
  NONCE,
  sealedRequest,
  sessionOf,
  WHOLE,
} from '../../support/fake-agent.ts';
import { hexOf } from '../../support/fleet.ts';

let bed: BrokerBed;
let agent: FakeAgent;
let node: string;
let seed = 0;

beforeAll(async () => {
  bed = await brokerBed();
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
const sessions = async () => /^postern_broker_sessions (\d+)/m.exec(await bed.metrics.text())?.[1];
/** What is kept of a session: before or soon after its answer has ended. */
async function kept(session: string) {
  const find = async () => (await bed.store.usage(0, 99)).find((one) => one.session === session);
  await until(async () => (await find()) !== undefined);
  return find();
}
const quiet = () => until(async () => (await sessions()) === '0');

describe('the relay', () => {
  it('passes on a request and its answer as they are, and tells the agent no more than it needs', async () => {
    const body = sealedRequest(++seed, 5000);
    const headers = { 'postern-model': 'some-model', cookie: 'a=b', 'x-forwarded-for': '1.2.3.4' };
    const answer = await take(bed, { path: path(), body, headers });
    expect(answer).toMatchObject({ status: 200, broken: false });
    expect(answer.body.equals(WHOLE)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'message/ohttp-chunked-res',
      'cache-control': 'no-store, no-transform',
      incremental: '?1',
      'x-accel-buffering': 'no',
      'postern-session': sessionOf(body),
      trailer: 'postern-usage',
    });
    expect(answer.headers['postern-unauthenticated']).toBeUndefined();
    const seen = agent.seen.at(-1);
    expect(seen?.body.equals(body)).toBe(true);
    const { host: _host, connection: _connection, ...told } = seen?.headers ?? {};
    expect(told).toEqual({
      'content-type': 'message/ohttp-chunked-req',
      incremental: '?1',
      'postern-model': 'some-model',
      'postern-account': expect.stringMatching(/^[0-9a-f]{32}$/),
      'content-length': '5039',
    });
    const usage = await kept(sessionOf(body));
    expect(answer.trailers['postern-usage']).toBe(usage?.statement);
    expect(usage).toMatchObject({ node, tokens: 7, session: sessionOf(body) });
  });

  it('sends up and down at once: the answer begins before the request has ended', async () => {
    const body = sealedRequest(++seed);
    agent.serve = async (request, response) => {
      agent.begin(response);
      const whole = await bodyOf(request);
      agent.finish(request, response, whole);
    };
    const { request, response } = send(bed, { path: path() });
    request.write(body);
    const answer = await response;
    const [first] = await once(answer, 'data');
    expect((first as Buffer).equals(NONCE)).toBe(true);
    request.end(Buffer.from('the rest'));
    expect((await bodyOf(answer)).length).toBeGreaterThan(0);
    expect(answer.complete).toBe(true);
  });

  it('lets a slow reader make the agent wait, and holds next to nothing meanwhile', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
      const part = Buffer.alloc(64 * 1024, 5);
      while (sent < total && !response.destroyed) {
        sent += part.length;
        if (!response.write(part)) await once(response, 'drain').catch(() => {});
      }
      response.end();
    };
    const { request, response } = send(bed, { path: path(), body: sealedRequest(++seed) });
    const answer = await response;
    answer.pause();
    let before = -1;
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const still = sent === before;
      before = sent;
      return still && sent > 0;
    });
    // What sockets of the system take, twice, and no more.
    expect(sent).toBeLessThan(total / 2);
    const [, held] = /^postern_broker_held_bytes (\d+)/m.exec(await bed.metrics.text()) ?? [];
    expect(Number(held)).toBeLessThan(1024 * 1024);
    request.destroy();
    await quiet();
  });

  it('cancels upward when the client goes', async () => {
    const before = agent.aborted;
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const { request, response } = send(bed, { path: path(), body: sealedRequest(++seed) });
    await once(await response, 'data');
    request.destroy();
    await until(() => agent.aborted === before + 1);
    await quiet();
  });

  it('cancels upward when the client goes before there is an answer, or amid its request', async () => {
    const before = agent.aborted;
    let asked = 0;
    agent.serve = () => void asked++;
    const whole = send(bed, { path: path(), body: sealedRequest(++seed) });
    await until(() => asked === 1);
    whole.request.destroy();
    await until(() => agent.aborted === before + 1);
    const half = send(bed, { path: path() });
    half.request.write(sealedRequest(++seed));
    await until(() => asked === 2);
    half.request.destroy();
    await until(() => agent.aborted === before + 2);
    await quiet();
  });

  it('breaks off, and never ends cleanly, when the agent breaks off amid a chunk', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
      response.write(CHUNKS[0]?.subarray(0, 9));
      setTimeout(() => response.destroy(), 20);
    };
    expect(await take(bed, { path: path(), body: sealedRequest(++seed) })).toMatchObject({
      status: 200,
      broken: true,
    });
    await quiet();
  });

  it('breaks off at its deadline', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const { response } = send(bed, { path: path(), body: sealedRequest(++seed) });
    const answer = await response;
    const broken = new Promise((resolve) => {
      answer
        .once('close', resolve)
        .on('error', () => {})
        .resume();
    });
    const times = /^postern_broker_session_seconds_count\{end="deadline"\} 1$/m;
    bed.admit(agent, { id: node, until: bed.clock.now + 9_000_000 });
    bed.clock.now += 3_600_000;
    await broken;
    expect(answer.complete).toBe(false);
    await quiet();
    expect(await bed.metrics.text()).toMatch(times);
  });

  it('cuts the streams of a node that is put out, and of one whose admission ends', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const other = bed.admit(agent);
    const open = async (id: string) => {
      const { response } = send(bed, { path: `/ohttp/${POOL}/${id}`, body: sealedRequest(++seed) });
      const answer = await response;
      const broken = new Promise<boolean>((resolve) => {
        answer.once('close', () => resolve(!answer.complete)).on('error', () => {});
      });
      answer.resume();
      return { broken };
    };
    const [put, stays] = [await open(other), await open(node)];
    bed.putOut(other);
    expect(await put.broken).toBe(true);
    expect(await sessions()).toBe('1');
    // Renewed: of the same standing. Out and in again before anybody looked: of another.
    bed.admit(agent, { id: node, admission: hexOf(8, 16), decision: hexOf(9, 16) });
    const back = bed.admit(agent);
    const again = await open(back);
    bed.admit(agent, { id: back, since: bed.clock.now + 1 });
    expect(await again.broken).toBe(true);
    expect(await sessions()).toBe('1');
    bed.putOut(back);
    bed.admit(agent, { id: node, until: bed.clock.now + 500 });
    bed.clock.now += 501;
    expect(await stays.broken).toBe(true);
    const refused = await take(bed, { path: path(), body: sealedRequest(++seed) });
    expect(refused.status).toBe(503);
    bed.admit(agent, { id: node });
    await quiet();
  });
});

describe('a node is not blamed', () => {
  /** What it should get beside another one that nobody has asked yet. */
  const share = async (of = bed, id = node) => {
    const idle = of.admit(agent);
    const drawn = async () =>
      (await of.broker.candidates({ pool: POOL, count: 99 })).candidates.filter((one) =>
        [id, idle].includes(one.node),
      );
    await until(async () => (await drawn()).length === 2);
    const weight = (await drawn()).find((one) => one.node === id)?.weight;
    of.putOut(idle);
    return weight;
  };

  it('for a request that it had seen before, and says so itself', async () => {
    const problem = '{"type":"urn:postern:problem:conflict"}';
    agent.serve = async (request, response) => {
      await bodyOf(request);
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end(problem);
    };
    const answer = await take(bed, { path: path(), body: sealedRequest(++seed) });
    expect([answer.status, answer.body.toString()]).toEqual([409, problem]);
    expect(await share()).toBeCloseTo(0.5);
  });

  it('where a client stops amid its request, until it has waited long enough', async () => {
    agent.serve = (request, response) => {
      request.once('data', () => setTimeout(() => response.destroy(), 20));
    };
    const { request, response } = send(bed, { path: path() });
    request.write(sealedRequest(++seed));
    await response.then(
      (answer) => answer.resume(),
      () => undefined,
    );
    await quiet();
    request.destroy();
    expect(await share()).toBeCloseTo(0.5);
  });

  it('where a client takes nothing of its answer, until the one or the other is through with it', async () => {
    bed.admit(agent, { id: node, until: bed.clock.now + 9_000_000 });
    const slow = await brokerBed({ limits: { idle: 60_000 } });
    const own = slow.admit(agent);
    let isFull = false;
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
      const part = Buffer.alloc(64 * 1024, 5);
      while (response.write(part)) await new Promise(setImmediate);
      const full = setInterval(() => {
        isFull = response.writableNeedDrain;
        if (!isFull) response.write(part);
      }, 20);
      response.once('close', () => clearInterval(full));
    };
    const { request, response } = send(slow, {
      path: `/ohttp/${POOL}/${own}`,
      body: sealedRequest(++seed),
    });
    const answer = await response;
    answer.pause().on('error', () => {});
    let steady = 0;
    await until(() => {
      steady = isFull ? steady + 1 : 0;
      return steady > 10;
    });
    slow.clock.now += 60_001;
    await until(async () => /count\{end="idle"\} 1/.test(await slow.metrics.text()));
    expect(await share(slow, own)).toBeCloseTo(0.5);
    request.destroy();
    await slow.close();
  });
});

describe('the relay refuses', () => {
  it.each([
    { name: 'a request without a header', body: Buffer.of(1, 0), status: 400 },
    { name: 'a KEM that nobody has', body: Buffer.of(1, 9, 9, 0, 1, 0, 2, 1), status: 422 },
    { name: 'an export-only AEAD', body: Buffer.of(1, 0, 0x20, 0, 1, 0xff, 0xff), status: 422 },
    { name: 'more bytes than a request may have', body: sealedRequest(9, 2 ** 21), status: 400 },
  ])('$name, and says that nobody signed that', async ({ body, status }) => {
    agent.serve = (request) => void request.resume();
    const answer = await take(bed, { path: path(), body });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'postern-unauthenticated': '1',
      'content-type': 'application/problem+json',
    });
    await quiet();
  });

  it.each([
    { name: 'nobody', as: 'x', status: 403 },
    { name: 'an admin', as: 'admin', status: 403 },
    { name: 'a pool that is not there', as: 'client', pool: 'none', status: 404 },
  ])('$name', async ({ as, pool = POOL, status }) => {
    const answer = await take(bed, { path: `/ohttp/${pool}/${node}`, as, body: sealedRequest(1) });
    expect([answer.status, answer.headers['postern-unauthenticated']]).toEqual([status, '1']);
  });

  it('the same request a second time while the first is open', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const body = sealedRequest(++seed);
    const first = send(bed, { path: path(), body });
    await first.response;
    expect((await take(bed, { path: path(), body })).status).toBe(409);
    first.request.destroy();
    await quiet();
  });

  it('for a node that can’t be reached, and names others to ask', async () => {
    const gone = await FakeAgent.start();
    const dead = bed.admit(gone);
    await gone.stop();
    const answer = await take(bed, { path: `/ohttp/${POOL}/${dead}`, body: sealedRequest(++seed) });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      type: 'urn:postern:problem:unreachable',
      candidates: [node],
    });
    bed.putOut(dead);
  });

  it('for one that is full, with the time it gave', async () => {
    agent.serve = (_request, response) => response.writeHead(503, { 'retry-after': '7' }).end();
    const answer = await take(bed, { path: path(), body: sealedRequest(++seed) });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7']);
  });

  it('an answer in clear', async () => {
    agent.serve = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"clear":true}');
    const answer = await take(bed, { path: path(), body: sealedRequest(++seed) });
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).not.toContain('clear');
  });

  it('nothing of its own where the agent said no before the request was through', async () => {
    const problem = '{"type":"https://iana.org/assignments/http-problem-types#ohttp-key"}';
    agent.serve = (request, response) => {
      response.writeHead(400, { 'content-type': 'application/problem+json' }).end(problem);
      request.resume();
    };
    for (let i = 0; i < 10; i++) {
      const answer = await take(bed, { path: path(), body: sealedRequest(++seed, 900_000) });
      expect([answer.status, answer.body.toString()]).toEqual([400, problem]);
    }
  });

  it('nothing of its own where the agent knows no such key: its problem passes as it is', async () => {
    const problem = '{"type":"https://iana.org/assignments/http-problem-types#ohttp-key"}';
    agent.serve = async (request, response) => {
      await bodyOf(request);
      response.writeHead(422, { 'content-type': 'application/problem+json' }).end(problem);
    };
    const answer = await take(bed, { path: path(), body: sealedRequest(++seed) });
    expect([answer.status, answer.body.toString()]).toEqual([422, problem]);
    expect(answer.headers['postern-unauthenticated']).toBeUndefined();
  });
});

it('leaves nothing at a connection that many requests share', async () => {
  const warnings: string[] = [];
  const warned = ({ name }: Error) => void warnings.push(name);
  process.on('warning', warned);
  try {
    // One more than listeners of a kind before Node warns of a leak.
    for (let i = 0; i < 12; i++)
      await take(bed, { path: path(), body: sealedRequest(++seed, 100) });
    await quiet();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', warned);
  }
  expect(warnings).toEqual([]);
});

it('forgets what is over: nothing is open, and nothing failed', async () => {
  await quiet();
  expect(bed.failures).toEqual([]);
  expect(chunk(70, 1)).toHaveLength(74);
});
