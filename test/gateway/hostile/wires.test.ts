import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tlsPair } from '../../cli/gateway/tls-pair.ts';
import { type Member, member } from '../../support/fleet-bed.ts';
import { BUNDLE_HEADERS } from '../../support/gateway-bed.ts';
import { attestAt, bearer, type Call, call, enrolAt } from '../../support/gateway-caller.ts';
import { statuses, type Wire, wire } from '../../support/raw-http.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

let here: WholeGateway;
let honest: Member;
let id = '';

beforeAll(async () => {
  honest = await member('honest', { endorsements: 'carried' });
  const rates = 'rates: { address: 10000, node: 10000, credential: 10000 }';
  here = await wholeGateway({ model: honest, more: `limits: { bodies: 34MiB, ${rates} }` });
  id = await enrolAt(here, honest, 'honest');
}, 120_000);

afterAll(() => here.close());

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** From an address of the attacker's own, so that what is counted by address is not the honest's. */
async function socketOf(from = '127.0.0.66', port = here.port): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  open.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function wired(): Promise<Wire> {
  const line = await wire(here.port);
  open.push(line.socket);
  return line;
}

function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', () => resolve());
    socket.once('close', () => resolve());
  });
}

const served = async () => (await attestAt(here, honest, id)).status;
const verify = (more: string) =>
  `POST /v1/verify HTTP/1.1\r\nHost: gate.example\r\nAuthorization: Bearer ${here.keys.client}\r\nContent-Type: application/octet-stream\r\n${more}\r\n`;
const SMUGGLED = 'GET /v1/nodes HTTP/1.1\r\nHost: gate.example\r\n\r\n';

describe('two who read one request read the same one', () => {
  it.each<[string, (body: string) => string]>([
    [
      'a length and chunks',
      (body) => verify(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`) + body,
    ],
    [
      'chunks and a length',
      (body) => verify(`Transfer-Encoding: chunked\r\nContent-Length: ${body.length}\r\n`) + body,
    ],
    [
      'two lengths',
      (body) => verify(`Content-Length: 5\r\nContent-Length: ${body.length}\r\n`) + body,
    ],
    ['a list of lengths', (body) => verify(`Content-Length: 5, ${body.length}\r\n`) + body],
    ['a length with a sign', (body) => verify('Content-Length: +5\r\n') + body],
    ['a length in another system', (body) => verify('Content-Length: 0x5\r\n') + body],
    ['chunks under a veil', (body) => verify('Transfer-Encoding:\x0bchunked\r\n') + body],
    [
      'chunks with a space before the colon',
      (body) => verify('Transfer-Encoding : chunked\r\n') + body,
    ],
    [
      'chunks and what is none',
      (body) => verify('Transfer-Encoding: chunked, identity\r\n') + body,
    ],
    ['compressed chunks', (body) => verify('Transfer-Encoding: gzip, chunked\r\n') + body],
    ['a header that goes on', (body) => verify('X: a\r\n Content-Length: 5\r\n') + body],
    [
      'a chunk with a size that is none',
      () => `${verify('Transfer-Encoding: chunked\r\n')}5;\nabc\r\n0\r\n\r\n`,
    ],
    [
      'a chunk with a size in a sign',
      () => `${verify('Transfer-Encoding: chunked\r\n')}+5\r\nabcde\r\n0\r\n\r\n`,
    ],
    [
      'a chunk that is longer than it says',
      () => `${verify('Transfer-Encoding: chunked\r\n')}2\r\nabcde\r\n0\r\n\r\n`,
    ],
    ['bare line feeds', () => verify('Transfer-Encoding: chunked\r\n').replaceAll('\r\n', '\n')],
  ])('%s: refused, and nothing behind it is answered', async (_what, request) => {
    const line = await wired();
    line.send(request(`0\r\n\r\n${SMUGGLED}`) + SMUGGLED.repeat(2));
    const came = await line.end();
    const [first, ...more] = statuses(came);
    expect([first, more]).toEqual([expect.toSatisfy((status: number) => status >= 400), []]);
    expect(came).not.toContain('"items"');
  });

  it('a body longer than its length is the next request, and is not let in by the one before', async () => {
    const line = await wired();
    line.send(`${verify('Content-Length: 5\r\n')}{"v":${SMUGGLED}`);
    line.socket.end();
    const got = statuses(await line.end());
    expect(got).not.toContain(200);
  });

  it('a body shorter than its length is no request', async () => {
    const line = await wired();
    line.send(`${verify('Content-Length: 100\r\n')}{"v":1}`);
    line.socket.end();
    expect(statuses(await line.end())).not.toContain(200);
    expect(await served()).toBe(200);
  });

  it.each(['authorization', 'content-type', 'host', 'postern-nonce', 'last-event-id', 'expect'])(
    'a header twice: %s',
    async (name) => {
      const headers: Record<string, string | readonly string[]> = {
        host: 'gate.example',
        ...bearer(here.keys.admin),
        ...BUNDLE_HEADERS,
      };
      const before = headers[name] ?? '100-continue';
      const path = `/v1/nodes/${id}/attestations`;
      const twice: Call = {
        method: 'POST',
        path,
        headers: { ...headers, [name]: [String(before), String(before)] },
        body: '{"v":1}',
      };
      const line = await wired();
      const lines = Object.entries(twice.headers ?? {}).flatMap(([key, value]) =>
        [value].flat().map((one) => `${key}: ${one}\r\n`),
      );
      line.send(
        `POST ${path} HTTP/1.1\r\n${lines.join('')}Content-Length: 7\r\nConnection: close\r\n\r\n{"v":1}`,
      );
      expect([400, 417]).toContain(statuses(await line.end()).at(-1));
    },
  );

  it('many in a row are answered in order, each as who asked for it', async () => {
    const line = await wired();
    const of = (who: string) =>
      `GET /v1/pools HTTP/1.1\r\nHost: gate.example\r\n${who}Connection: keep-alive\r\n\r\n`;
    const admin = `Authorization: Bearer ${here.keys.admin}\r\n`;
    line.send((of(admin) + of('')).repeat(20));
    line.send(SMUGGLED.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    const got = statuses(await line.end());
    expect(got).toEqual([...Array(20).fill([200, 401]).flat(), 401]);
  });
});

describe('a body is as it is', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (bytes: Uint8Array) => bytes],
    ['gzip, gzip', (bytes: Uint8Array) => gzipSync(gzipSync(bytes))],
  ] as const)('not %s', async (encoding, packed) => {
    const bomb = packed(new Uint8Array(8 * 1024 * 1024));
    const came = await call(here, {
      method: 'POST',
      path: '/v1/verify',
      headers: {
        ...bearer(here.keys.client),
        'content-type': 'application/octet-stream',
        'content-encoding': encoding,
      },
      body: new Uint8Array(bomb),
    }).catch((error: NodeJS.ErrnoException) => ({ status: 415, text: String(error.code) }));
    expect(came.status).toBe(415);
  });

  it('no longer than it may be, announced or not', async () => {
    const announced = await wired();
    announced.send(verify(`Content-Length: ${64 * 1024 * 1024}\r\n`));
    expect(statuses(await announced.until('413'))).toEqual([413]);
    const socket = await socketOf();
    let came = '';
    socket.on('data', (text) => {
      came += String(text);
    });
    socket.write(verify('Transfer-Encoding: chunked\r\n'));
    const piece = Buffer.alloc(1024 * 1024, 'a');
    for (let sent = 0; sent < 48 && !socket.destroyed && came === ''; sent++) {
      socket.write('100000\r\n');
      if (!socket.write(piece)) await drainedOrClosed(socket);
      socket.write('\r\n');
    }
    await expect.poll(() => came.slice(0, 12), { timeout: 30_000 }).toBe('HTTP/1.1 413');
    expect(await served()).toBe(200);
  });
});

describe('honest nodes are served while', () => {
  it('a hundred send their headers by the letter', async () => {
    const slow = await Promise.all(Array.from({ length: 100 }, () => socketOf()));
    for (const socket of slow) socket.write('POST /v1/verify HTTP/1.1\r\nHo');
    for (let i = 0; i < 5; i++) {
      for (const socket of slow) socket.write('s');
      expect(await served()).toBe(200);
    }
    expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
  });

  it('a hundred send their bodies by the letter, and take no room for what they only announce', async () => {
    const slow = await Promise.all(Array.from({ length: 100 }, () => socketOf()));
    for (const socket of slow) socket.write(verify(`Content-Length: ${30 * 1024 * 1024}\r\n`));
    for (let i = 0; i < 5; i++) {
      for (const socket of slow) socket.write('a');
      expect(await served()).toBe(200);
    }
    expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
  });

  it('a hundred have closed their half in the middle of a body', async () => {
    const half = await Promise.all(Array.from({ length: 100 }, () => socketOf()));
    for (const socket of half) socket.end(`${verify('Content-Length: 1000\r\n')}abc`);
    expect(await served()).toBe(200);
  });

  it('bodies without end have taken all the room there is for bodies: then a retry is asked for', async () => {
    const greedy = await Promise.all(Array.from({ length: 3 }, () => socketOf()));
    const piece = Buffer.alloc(16 * 1024 * 1024, 'a');
    let told = '';
    for (const socket of greedy) {
      socket.on('data', (bytes: Buffer) => {
        told += bytes;
      });
      socket.write(verify('Transfer-Encoding: chunked\r\n'));
      socket.write('1000000\r\n');
      socket.write(piece);
    }
    // There is room for two of these: whoever came too late is told so.
    await expect.poll(() => told, { timeout: 30_000 }).toContain('urn:postern:problem:busy');
    expect(told).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: \d+\r\n/is);
    for (const socket of greedy) socket.destroy();
    await expect.poll(served, { timeout: 30_000 }).toBe(200);
  });
});

it('one address has all the connections that it may have, and leaves some to others', async () => {
  const tls = await tlsPair('gate.example');
  const alone = await wholeGateway({ model: honest, tls });
  try {
    const idle: Socket[] = [];
    for (let i = 0; i < 300; i++) idle.push(await socketOf('127.0.0.77', alone.port));
    const left = () => idle.filter(({ closed }) => !closed).length;
    await expect.poll(left, { timeout: 30_000 }).toBe(256);
    const other = await socketOf('127.0.0.78', alone.port);
    const session = connectTls({ socket: other, rejectUnauthorized: false });
    await once(session, 'secureConnect');
    session.write('GET /health/live HTTP/1.1\r\nHost: gate.example\r\nConnection: close\r\n\r\n');
    const [came] = (await once(session, 'data')) as [Buffer];
    expect(statuses(came.toString())).toEqual([200]);
  } finally {
    for (const socket of open.splice(0)) socket.destroy();
    await alone.close();
  }
});

describe('streams of events', () => {
  const follow = (key: string, more = '') =>
    `GET /v1/events HTTP/1.1\r\nHost: gate.example\r\nAuthorization: Bearer ${key}\r\n${more}\r\n`;

  it('of readers that do not read are few, and nobody waits for them', async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const socket = await socketOf();
      socket.pause();
      socket.write(follow(here.keys.validator, 'Last-Event-ID: 0\r\n'));
      sockets.push(socket);
    }
    const more = await wired();
    await expect
      .poll(
        async () => {
          const came = await call(here, { path: '/metrics', headers: bearer(here.keys.admin) });
          return /^postern_\w*streams\w* (\d+)$/m.exec(came.text)?.[1];
        },
        { timeout: 30_000 },
      )
      .toBe('8');
    more.send(follow(here.keys.validator));
    expect(statuses(await more.until('\r\n\r\n'))).toEqual([503]);
    for (let i = 0; i < 5; i++) expect(await served()).toBe(200);
    const other = await wired();
    other.send(follow(here.keys.auditor, 'Last-Event-ID: 0\r\n'));
    expect(await other.until('node.renewed')).toContain('HTTP/1.1 200');
  });

  it.each([
    ['999999', 409],
    ['-1', 400],
    ['1e1', 400],
    ['0x1', 400],
    ['00', 400],
    [' ', 400],
    ['9'.repeat(40), 400],
    ['1, 2', 400],
    ["1' OR '1'='1", 400],
    ['https://other.example#4', 400],
  ])('go on from no id that is not of here: %s', async (last, status) => {
    const headers = { ...bearer(here.keys.validator), 'last-event-id': last };
    const came = await call(here, { path: '/v1/events', headers });
    expect(came.status).toBe(status);
  });
});
