import { request as ask } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { FleetService } from '../../../src/gateway/fleet/service.ts';
import { LIMITS, type Limits } from '../../../src/gateway/http/limits.ts';
import { listenOn } from '../../../src/gateway/http/server.ts';
import { fakeFleet, NODE } from '../../support/fake-fleet.ts';
import {
  type Bed,
  type BedOptions,
  BUNDLE_HEADERS,
  gatewayBed,
} from '../../support/gateway-bed.ts';
import { listening, statuses, type Wire, wire } from '../../support/raw-http.ts';
import { tlsFiles } from '../../support/tls-files.ts';

const open: Bed[] = [];
afterEach(async () => {
  for (const { app } of open.splice(0)) await app.close();
});

const QUICK: Partial<Limits> = {
  connection: {
    ...LIMITS.connection,
    headersWithin: 1000,
    requestWithin: 2000,
    idle: 5000,
    keepAlive: 1000,
    checkEvery: 50,
  },
};

async function started(
  options: BedOptions = {},
): Promise<{ bed: Bed; client: () => Promise<Wire>; port: number }> {
  const bed = gatewayBed(options);
  open.push(bed);
  const port = await listening(bed.app);
  return { bed, port, client: () => wire(port) };
}

const HOST = 'Host: gate.example\r\nAuthorization: Bearer admin\r\n';
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
const LAST = 'Connection: close\r\n';
const bundle = (length: number | 'chunked', more = '') =>
  `POST /v1/nodes/${NODE}/attestations HTTP/1.1\r\n${HOST}Content-Type: ${BUNDLE_HEADERS['content-type']}\r\nPostern-Nonce: ${'5a'.repeat(32)}\r\n${length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n${more}\r\n`;

/** What comes back for bytes that are all there is. */
async function sent(text: string, options: BedOptions = {}): Promise<{ came: string; bed: Bed }> {
  const { bed, client } = await started(options);
  const line = await client();
  line.send(text);
  return { came: await line.end(), bed };
}
const QUICK_BED: BedOptions = { limits: QUICK };

const problem = (came: string) => JSON.parse(came.slice(came.lastIndexOf('\r\n\r\n') + 4));

describe('what is no request', () => {
  it.each([
    { what: 'no HTTP', text: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', status: 400 },
    { what: 'another version', text: `GET / HTTP/3.7\r\n${HOST}\r\n`, status: 400 },
    { what: 'no version', text: 'GET /\r\n\r\n', status: 400 },
    { what: 'no host', text: 'GET /v1/pools HTTP/1.1\r\n\r\n', status: 400, plain: true },
    { what: 'two lengths', text: bundle(3, 'Content-Length: 4\r\n'), status: 400 },
    { what: 'a length and chunks', text: bundle(3, 'Transfer-Encoding: chunked\r\n'), status: 400 },
    {
      what: 'chunks twice',
      text: bundle('chunked', 'Transfer-Encoding: chunked\r\n'),
      status: 400,
      deep: true,
    },
    {
      what: 'chunks by another name',
      text: bundle(3, 'Transfer-Encoding: xchunked\r\n'),
      status: 400,
    },
    { what: 'a length with a sign', text: bundle(3).replace(': 3', ': +3'), status: 400 },
    { what: 'a length in hex', text: bundle(3).replace(': 3', ': 0x3'), status: 400 },
    {
      what: 'a length past all numbers',
      text: bundle(3).replace(': 3', ': 99999999999999999999'),
      status: 400,
    },
    { what: 'a space before a colon', text: get('/v1/pools', 'X-A : b\r\n'), status: 400 },
    {
      what: 'a header that goes on',
      text: get('/v1/pools', 'X-A: b\r\n c\r\n'),
      status: 400,
      deep: true,
    },
    { what: 'a bare line feed', text: `GET /v1/pools HTTP/1.1\nHost: a\n\n`, status: 400 },
    { what: 'a null in a header', text: get('/v1/pools', 'X-A: \0\r\n'), status: 400 },
    { what: 'a space in the path', text: get('/v1/ pools'), status: 400 },
    {
      what: 'headers without end',
      text: get('/v1/pools', `X-A: ${'b'.repeat(LIMITS.request.headerBytes)}\r\n`),
      status: 431,
    },
    {
      what: 'headers without number',
      text: get('/v1/pools', 'X-A: b\r\n'.repeat(80)),
      status: 431,
      deep: true,
    },
    {
      what: 'a path without end',
      text: get(`/v1/nodes?pool=${'a'.repeat(LIMITS.request.url)}`),
      status: 414,
      deep: true,
    },
    {
      what: 'two hosts',
      text: get('/v1/pools', 'Host: other.example\r\n'),
      status: 400,
      deep: true,
    },
    {
      what: 'two credentials',
      text: get('/v1/pools', 'Authorization: Bearer client\r\n'),
      status: 400,
      deep: true,
    },
    {
      what: 'two nonces',
      text: `${bundle(2, `Postern-Nonce: ${'6b'.repeat(32)}\r\n`)}{}`,
      status: 400,
      deep: true,
    },
    {
      what: 'two types',
      text: `${bundle(2, 'Content-Type: text/html\r\n')}{}`,
      status: 400,
      deep: true,
    },
    {
      what: 'another place',
      text: `GET http://other.example/v1/pools HTTP/1.1\r\n${HOST}\r\n`,
      status: 400,
      deep: true,
    },
    { what: 'a fragment', text: get('/v1/pools#a'), status: 400, deep: true },
    { what: 'everything', text: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, status: 400, deep: true },
    { what: 'chunks that are none', text: `${bundle('chunked')}zz\r\n`, status: 400 },
    {
      what: 'a body of a GET',
      text: `${get('/v1/pools', 'Content-Length: 2\r\n')}{}`,
      status: 400,
      deep: true,
    },
  ])('is refused: $what', async ({ text, status, deep = false, plain = false }) => {
    const { came, bed } = await sent(deep ? text.replace('\r\n\r\n', `\r\n${LAST}\r\n`) : text);
    expect(statuses(came)).toEqual([status]);
    if (!plain)
      expect(problem(came)).toMatchObject({
        status,
        type: expect.stringMatching(/^urn:postern:problem:/),
      });
    expect(came).not.toMatch(/HPE_|Parse Error|fastify/i);
    expect(bed.fleet.calls).toEqual([]);
  });

  it('never opens a tunnel, and never becomes another protocol', async () => {
    const { client } = await started();
    const tunnel = await client();
    tunnel.send(`CONNECT other.example:443 HTTP/1.1\r\n${HOST}\r\n`);
    expect(statuses(await tunnel.end())).not.toContain(200);
    const upgrade = await client();
    upgrade.send(get('/v1/pools', `Connection: upgrade, close\r\nUpgrade: websocket\r\n`));
    expect(statuses(await upgrade.end())).toEqual([200]);
  });
});

describe('what does not come whole', () => {
  it('headers that come too slowly are cut off with 408', async () => {
    const { bed, client } = await started(QUICK_BED);
    const line = await client();
    line.send('GET /v1/pools HTTP/1.1\r\nHost: a\r\nX-');
    const came = await line.end();
    expect([statuses(came), problem(came).type]).toEqual([
      [408],
      'urn:postern:problem:request-timeout',
    ]);
    expect(bed.fleet.calls).toEqual([]);
  });

  it('a connection that says nothing is closed without a word', async () => {
    const { client } = await started(QUICK_BED);
    expect(statuses(await (await client()).end())).not.toContain(200);
  });

  it('a body that drips is cut off with 408, and gives back what was held for it', async () => {
    const all = 1000;
    const body = { ...LIMITS.body, all };
    const { bed, client } = await started({ limits: { ...QUICK, body } });
    const line = await client();
    line.send(bundle(all));
    const dripping = setInterval(() => line.send('x'), 100);
    const came = await line.end();
    clearInterval(dripping);
    expect(statuses(came)).toEqual([408]);
    expect(bed.fleet.calls).toEqual([]);
    const next = await client();
    next.send(`${bundle(all, LAST)}${'x'.repeat(all)}`);
    expect(statuses(await next.end())).toEqual([200]);
  });

  it('a sender that hangs up in the middle of a body leaves nothing behind', async () => {
    const body = { ...LIMITS.body, all: 1000 };
    const { bed, client } = await started({ limits: { ...QUICK, body } });
    for (let i = 0; i < 3; i++) {
      const line = await client();
      line.send(`${bundle(1000)}half`);
      line.socket.end();
      expect(statuses(await line.end())).not.toContain(200);
    }
    const next = await client();
    next.send(`${bundle(2, LAST)}{}`);
    expect(statuses(await next.end())).toEqual([200]);
    expect(bed.fleet.calls).toHaveLength(1);
    expect(bed.bugs).toEqual([]);
    expect(bed.lines.filter((text) => text.includes('request cut off'))).toHaveLength(3);
  });

  it('an upload is not waited for by somebody who may not', async () => {
    const { client } = await started();
    const line = await client();
    line.send(bundle(30_000_000).replace('Authorization: Bearer admin\r\n', ''));
    const came = await line.end();
    expect([statuses(came), /connection: close/i.test(came)]).toEqual([[401], true]);
  });

  it('a length that is too large is refused before a byte of it', async () => {
    const { client } = await started();
    const line = await client();
    line.send(bundle(LIMITS.body.bundle + 1));
    const came = await line.end();
    expect([statuses(came), problem(came).detail]).toEqual([
      [413],
      `want at most ${LIMITS.body.bundle} bytes`,
    ]);
  });

  it('chunks that become too large are refused when they do', async () => {
    const { bed, client } = await started({ limits: { body: { ...LIMITS.body, bundle: 1000 } } });
    const line = await client();
    line.send(`${bundle('chunked')}3e8\r\n${'x'.repeat(1000)}\r\n`);
    line.send(`1\r\nx\r\n`);
    const came = await line.end();
    expect([statuses(came), bed.fleet.calls]).toEqual([[413], []]);
  });

  it('as much as there may be is taken, in chunks as well', async () => {
    const { client } = await started({ limits: { body: { ...LIMITS.body, bundle: 1000 } } });
    const line = await client();
    line.send(`${bundle('chunked', LAST)}3e8\r\n${'x'.repeat(1000)}\r\n0\r\n\r\n`);
    expect(statuses(await line.end())).toEqual([200]);
  });

  it('all bodies together take no more than there is for them', async () => {
    const body = { ...LIMITS.body, all: 1000 };
    const { bed, client } = await started({ limits: { body } });
    const first = await client();
    first.send(`${bundle(700)}${'x'.repeat(600)}`);
    // Only announced: it takes nothing from anybody.
    const announced = await client();
    announced.send(bundle(100_000));
    await expect.poll(() => bed.counted.length).toBe(2);
    const second = await client();
    second.send(`${bundle(401)}${'x'.repeat(401)}`);
    const came = await second.end();
    expect([statuses(came), problem(came).type]).toEqual([[503], 'urn:postern:problem:busy']);
    expect(came).toMatch(/retry-after: 30/i);
    expect(await bed.metrics.text()).toContain('{because="bodies"} 1');
    announced.socket.destroy();
    first.send('x'.repeat(100));
    expect(statuses(await first.until('leaf'))).toEqual([200]);
    const third = await client();
    third.send(`${bundle(1000, LAST)}${'x'.repeat(1000)}`);
    expect(statuses(await third.end())).toEqual([200]);
  });

  it('of one address take a quarter of it at most, whatever they show', async () => {
    const body = { ...LIMITS.body, all: 1000, bundle: 200, json: 200, policy: 200 };
    const { client } = await started({
      limits: { body },
      deps: { trustedProxies: ['127.0.0.1'] },
    });
    const at = (address: string) => `X-Forwarded-For: ${address}\r\n`;
    const strangers: Wire[] = [];
    for (let i = 0; i < 6; i++) {
      const stranger = await client();
      const head = bundle(200, at('2001:db8::1')).replace('Bearer admin', 'Bearer nobody');
      stranger.send(`${head}${'x'.repeat(190)}`);
      strangers.push(stranger);
    }
    const honest = await client();
    honest.send(`${bundle(200, `${at('192.0.2.7')}${LAST}`)}${'x'.repeat(200)}`);
    expect(statuses(await honest.end())).toEqual([200]);
    for (const { socket } of strangers) socket.destroy();
  });
});

describe('requests on one connection', () => {
  it('are answered in order', async () => {
    const { client } = await started();
    const line = await client();
    line.send(get('/health/live') + get('/v1/nodes/1') + get('/v1/pools', LAST));
    expect(statuses(await line.end())).toEqual([200, 400, 200]);
  });

  it('end with one whose body nobody read: it could be taken for the next', async () => {
    const { bed, client } = await started();
    const line = await client();
    line.send(`POST /nothing HTTP/1.1\r\n${HOST}Content-Length: 9999\r\n\r\n${get('/v1/pools')}`);
    expect(statuses(await line.end())).toEqual([404]);
    expect(bed.fleet.calls).toEqual([]);
  });

  it('a broken one behind a running one does not take its answer', async () => {
    const answer = Promise.withResolvers<readonly never[]>();
    const { client } = await started({ fleet: { policies: () => answer.promise } });
    const line = await client();
    line.send(`${get('/v1/pools')}NO HTTP\r\n\r\n`);
    expect(await line.end()).toBe('');
    answer.resolve([]);
  });

  it('are no more than there may be', async () => {
    const connection = { ...LIMITS.connection, count: 2 };
    const { client } = await started({ limits: { connection } });
    const lines = [await client(), await client()];
    for (const line of lines) {
      line.send(get('/health/live'));
      await line.until('live":true');
    }
    const third = await client();
    third.send(get('/health/live'));
    expect(await third.end()).toBe('');
  });

  it('are no more of one address than there may be, unless many are behind it', async () => {
    const connection = { ...LIMITS.connection, each: 1 };
    const { client } = await started({ limits: { connection } });
    const first = await client();
    first.send(get('/health/live'));
    await first.until('live":true');
    const second = await client();
    second.send(get('/health/live'));
    expect(await second.end()).toBe('');
    first.socket.destroy();
    await expect
      .poll(async () => {
        const third = await client();
        third.send(get('/health/live', LAST));
        return statuses(await third.end());
      })
      .toEqual([200]);
    const behind = await started({
      limits: { connection },
      deps: { trustedProxies: ['127.0.0.1'] },
    });
    for (const line of [await behind.client(), await behind.client()]) {
      line.send(get('/health/live'));
      await line.until('live":true');
    }
  });

  it('an expectation that is not known is none of ours', async () => {
    const { came } = await sent(get('/health/live', 'Expect: the-spanish-inquisition\r\n'));
    expect([statuses(came), problem(came).type]).toEqual([
      [417],
      'urn:postern:problem:expectation',
    ]);
  });
});

describe('costly work', () => {
  const verify = (more = '') =>
    `POST /v1/verify HTTP/1.1\r\n${HOST}Content-Type: application/octet-stream\r\nContent-Length: 1\r\n${more}\r\nx`;

  it('few at once, a few more wait, and others are turned away', async () => {
    const turns: (() => void)[] = [];
    const { bed, client } = await started({
      limits: { verification: { running: 1, waiting: 1, waitAtMost: 60_000 } },
      fleet: { verify: () => new Promise((resolve) => turns.push(() => resolve({}))) },
    });
    const lines: Wire[] = [];
    for (let i = 0; i < 3; i++) {
      const line = await client();
      line.send(verify(LAST));
      lines.push(line);
      await expect
        .poll(() => bed.counted.filter(({ by }) => by === 'credential').length)
        .toBe(i + 1);
    }
    const turnedAway = await lines[2]?.end();
    expect(statuses(`${turnedAway}`)).toEqual([503]);
    expect(bed.fleet.calls).toHaveLength(1);
    turns[0]?.();
    expect(statuses(`${await lines[0]?.end()}`)).toEqual([200]);
    await expect.poll(() => turns.length).toBe(2);
    turns[1]?.();
    expect(statuses(`${await lines[1]?.end()}`)).toEqual([200]);
    expect(await bed.metrics.text()).toContain(
      'postern_http_shed_total{because="verifications"} 1',
    );
  });

  it('whoever only asks takes half the places at most: machines are decided about meanwhile', async () => {
    const vendor = Promise.withResolvers<object>();
    const { bed, client } = await started({
      limits: { verification: { running: 2, waiting: 3, waitAtMost: 60_000 } },
      fleet: { verify: async () => ({ ...(await vendor.promise) }) },
    });
    for (let i = 0; i < 4; i++) (await client()).send(verify());
    await expect.poll(() => bed.counted.filter(({ by }) => by === 'credential').length).toBe(4);
    const machine = await client();
    machine.send(`${bundle(1, LAST)}x`);
    expect(statuses(await machine.end())).toEqual([200]);
    expect(bed.fleet.calls.filter(({ method }) => method === 'verify')).toHaveLength(1);
    expect(await bed.metrics.text()).toContain('postern_verifications{state="waiting"} 3');
    vendor.resolve({});
  });

  it('what takes too long is answered, and still holds its place until it is done', async () => {
    const late = Promise.withResolvers<object>();
    const works = [late.promise, Promise.resolve({})];
    const { bed, client } = await started({
      limits: { answerWithin: 200, verification: { running: 1, waiting: 0, waitAtMost: 1000 } },
      fleet: { verify: async () => (await works.shift()) ?? {} },
    });
    const first = await client();
    first.send(verify(LAST));
    const came = await first.end();
    expect([statuses(came), problem(came).type]).toEqual([
      [503],
      'urn:postern:problem:took-too-long',
    ]);
    const second = await client();
    second.send(verify(LAST));
    expect(problem(await second.end()).type).toBe('urn:postern:problem:busy');
    late.reject(new Error('a bug'));
    const third = await client();
    await expect.poll(() => bed.bugs).toEqual([new Error('a bug')]);
    third.send(verify(LAST));
    expect(statuses(await third.end())).toEqual([200]);
  });
});

describe('what a body takes', () => {
  const verify = (length: number, as: string) =>
    `POST /v1/nodes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${as}\r\n${LAST}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
  const once = async (client: () => Promise<Wire>, text: string) => {
    const line = await client();
    line.send(text);
    return statuses(await line.end());
  };

  it('is given back by a request that is refused when it was read', async () => {
    const { client } = await started({ limits: { body: { ...LIMITS.body, all: 1000 } } });
    for (let i = 0; i < 3; i++) expect(await once(client, verify(600, 'wrong'))).toEqual([401]);
    for (let i = 0; i < 3; i++) expect(await once(client, verify(600, 'admin'))).toEqual([400]);
  });

  it('is held as long as it is worked on, answered or not', async () => {
    const work = Promise.withResolvers<never>();
    const { bed, client } = await started({
      limits: { answerWithin: 200, body: { ...LIMITS.body, all: 1000 } },
      fleet: { attest: () => work.promise },
    });
    const big = `${bundle(600, LAST)}${'x'.repeat(600)}`;
    expect(await once(client, big)).toEqual([503]);
    expect(bed.fleet.calls).toHaveLength(1);
    expect(await once(client, verify(600, 'admin'))).toEqual([503]);
    work.reject(new Error('a bug'));
    await expect.poll(() => bed.bugs).toHaveLength(1);
    expect(await once(client, verify(600, 'admin'))).toEqual([400]);
  });
});

type Policies = Awaited<ReturnType<FleetService['policies']>>;

/** A gateway that closes while one request runs, which is answered when the test likes. */
async function closingWhileAsked(limits: Partial<Limits> = {}) {
  const answer = Promise.withResolvers<Policies>();
  const { bed, client } = await started({ limits, fleet: { policies: () => answer.promise } });
  const line = await client();
  line.send(get('/v1/pools'));
  await expect.poll(() => bed.fleet.calls.length).toBe(1);
  const closed = bed.app.close();
  await expect.poll(() => bed.lines.some((text) => text.includes('gateway closing'))).toBe(true);
  return { bed, line, closed, answer: answer.resolve };
}

describe('closing', () => {
  it('lets what runs come to its end, and then waits for nobody', async () => {
    const { bed, line, closed, answer } = await closingWhileAsked({ closeWithin: 600_000 });
    answer([]);
    expect(statuses(await line.end())).toEqual([200]);
    await closed;
    expect(bed.lines.at(-1)).toContain('gateway closed');
  });

  it('lets a slow reader have all of an answer', async () => {
    const { line, closed, answer } = await closingWhileAsked({ closeWithin: 600_000 });
    line.socket.pause();
    const [policy] = await fakeFleet().policies();
    answer(Array(60_000).fill(policy));
    await new Promise((resolve) => setTimeout(resolve, 500));
    line.socket.resume();
    const came = await line.end();
    await closed;
    const [, length] = /content-length: (\d+)/i.exec(came) ?? [];
    expect(Number(length)).toBeGreaterThan(8_000_000);
    expect(came.length - came.indexOf('\r\n\r\n') - 4).toBe(Number(length));
  });

  it('cuts off what does not come to an end', async () => {
    const { bed, client } = await started({
      limits: { closeWithin: 100 },
      fleet: { policies: () => new Promise(() => {}) },
    });
    const line = await client();
    line.send(get('/v1/pools'));
    await expect.poll(() => bed.fleet.calls.length).toBe(1);
    await bed.app.close();
    expect(await line.end()).toBe('');
  });

  it('tells what comes on an old connection to go elsewhere', async () => {
    const { bed, line, closed, answer } = await closingWhileAsked();
    line.send(get('/health/ready'));
    await expect.poll(() => bed.metrics.text()).toContain('{because="closing"} 1');
    answer([]);
    const came = await line.end();
    await closed;
    expect([statuses(came), problem(came).type]).toEqual([
      [200, 503],
      'urn:postern:problem:closing',
    ]);
    expect(bed.fleet.calls).toHaveLength(1);
  });
});

it('speaks TLS where it is given a certificate, with the same limits', async () => {
  const { cert, key } = await tlsFiles();
  const bed = gatewayBed({ deps: { tls: { cert, key } } });
  open.push(bed);
  const url = await listenOn(bed.app, '127.0.0.1', 0);
  expect(url).toMatch(/^https:/);
  const status = await new Promise((resolve, reject) => {
    ask(
      `${url}/health/live`,
      { ca: cert, servername: 'gate.example', checkServerIdentity: () => undefined, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
  const line = await wire(Number(new URL(url).port));
  line.send(get('/health/live'));
  expect(statuses(await line.end())).not.toContain(200);
});
