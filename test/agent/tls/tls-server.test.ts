import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TlsConfig } from '../../../src/agent/config.ts';
import { makeTlsKey } from '../../../src/agent/keys/tls-key.ts';
import { createLog } from '../../../src/agent/log.ts';
import { Metrics } from '../../../src/agent/metrics.ts';
import { makeLeaf } from '../../../src/agent/tls/leaf.ts';
import { TlsServer } from '../../../src/agent/tls/tls-server.ts';
import { TLS_EXPORTER } from '../../../src/appraisal/binding/session-nonce.ts';
import { readTlsEvidence } from '../../../src/appraisal/binding/tls-evidence.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { until } from '../../support/agent-bed.ts';

const BUNDLE = utf8('{"v":1}');

/** What stands behind it: whatever comes is handed to the test. */
async function inside(serve: (socket: Socket) => void = (socket) => socket.pipe(socket)) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

async function leafOf(key: ReturnType<typeof makeTlsKey>) {
  const now = Date.now();
  const validity = { from: now - 60_000, to: now + 3_600_000 };
  const names = ['node-7.example', '127.0.0.1', '::1'];
  return makeLeaf(key, { names, validity, bundle: BUNDLE, serial: new Uint8Array(16).fill(0xff) });
}

async function bed(port: number, more: Partial<TlsConfig> = {}) {
  const key = makeTlsKey();
  const metrics = new Metrics();
  const config: TlsConfig = {
    listen: { host: '127.0.0.1', port: 0 },
    names: ['node-7.example'],
    forward: `127.0.0.1:${port}`,
    address: null,
    certificates: false,
    connections: 16,
    handshakeWithin: 60_000,
    idle: 60_000,
    ...more,
  };
  const log = createLog({ write: () => undefined, level: 'error', now: Date.now });
  const server = await TlsServer.open({ config, key, log, metrics });
  onTestFinished(() => server.close());
  const leaf = await leafOf(key);
  server.use(leaf);
  return { server, key, leaf, metrics };
}

/** A client that pins the certificate, which is its own root. */
async function dial(port: number, leaf: Uint8Array, more: object = {}): Promise<TLSSocket> {
  const ca = toPem(leaf, 'CERTIFICATE');
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'node-7.example', ...more });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}
const exporterOf = (socket: TLSSocket) =>
  new Uint8Array(
    socket.exportKeyingMaterial(TLS_EXPORTER.size, TLS_EXPORTER.label, Buffer.alloc(0)),
  );

describe('the certificate', () => {
  it('is for its names, by its own key, and carries the evidence', async () => {
    const { server, key, leaf } = await bed(await inside());
    const socket = await dial(server.port, leaf);
    expect(socket.authorized).toBe(true);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    const shown = socket.getPeerX509Certificate();
    const spki = shown?.publicKey.export({ format: 'der', type: 'spki' });
    expect(new Uint8Array(spki ?? [])).toEqual(key.spki);
    expect(shown?.subjectAltName).toBe(
      'DNS:node-7.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(shown?.ca).toBe(false);
    const read = readTlsEvidence(new Uint8Array(shown?.raw ?? []));
    expect(read).toEqual({ spki: key.spki, bundle: BUNDLE });
  });

  it('is exchanged without a connection that is open noticing', async () => {
    const { server, key, leaf } = await bed(await inside());
    const before = await dial(server.port, leaf);
    const next = await leafOf(key);
    server.use(next);
    const after = await dial(server.port, next);
    expect(new Uint8Array(after.getPeerX509Certificate()?.raw ?? [])).toEqual(next);
    before.write('still here');
    expect(String((await once(before, 'data'))[0])).toBe('still here');
  });

  it('is another for some names, by the same key, as long as it is said', async () => {
    const { server, key, leaf } = await bed(await inside());
    const named = await leafOf(key);
    const names = ['n.p.fleet.example'];
    server.useForNames({ names, chain: toPem(named, 'CERTIFICATE') });
    const shown = async (servername: string) => {
      const socket = await dial(server.port, leaf, { servername, rejectUnauthorized: false });
      return new Uint8Array(socket.getPeerX509Certificate()?.raw ?? []);
    };
    expect(await shown('N.p.fleet.example')).toEqual(named);
    expect(await shown('node-7.example')).toEqual(leaf);
    expect(await shown('')).toEqual(leaf);
    server.useForNames(undefined);
    expect(await shown('n.p.fleet.example')).toEqual(leaf);
  });

  it('by another key is another server’s', async () => {
    const { server } = await bed(await inside());
    const other = await leafOf(makeTlsKey());
    await expect(dial(server.port, other)).rejects.toThrow();
  });
});

describe('a connection', () => {
  it('is known by its exporter as long as it is open', async () => {
    const { server, leaf } = await bed(await inside());
    const [one, two] = [await dial(server.port, leaf), await dial(server.port, leaf)];
    await until(() => server.knows(exporterOf(two)));
    expect(server.knows(exporterOf(one))).toBe(true);
    expect(exporterOf(one)).not.toEqual(exporterOf(two));
    const session = exporterOf(one);
    one.end();
    await until(() => !server.knows(session));
    expect(server.knows(exporterOf(two))).toBe(true);
  });

  it('with a server that stole the key is not known', async () => {
    const { server, key, leaf } = await bed(await inside());
    const cert = toPem(leaf, 'CERTIFICATE');
    const thief = key.lend((stolen) => createTlsServer({ cert, key: stolen }));
    thief.on('secureConnection', (socket) => socket.on('error', () => undefined)).listen(0);
    await once(thief, 'listening');
    onTestFinished(() => void thief.close());
    const socket = await dial((thief.address() as { port: number }).port, leaf);
    expect(socket.authorized).toBe(true);
    expect(server.knows(exporterOf(socket))).toBe(false);
  });

  it('is never resumed', async () => {
    const { server, leaf } = await bed(await inside());
    const first = await dial(server.port, leaf);
    const sessions: Buffer[] = [];
    first.on('session', (session) => sessions.push(session));
    first.write('hello');
    await once(first, 'data');
    const [session] = sessions;
    const again = await dial(server.port, leaf, { ...(session && { session }) });
    expect(again.isSessionReused()).toBe(false);
    expect(again.getPeerX509Certificate()).toBeDefined();
  });

  it('of an earlier version is refused', async () => {
    const { server, leaf, metrics } = await bed(await inside());
    await expect(dial(server.port, leaf, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    await until(() => metrics.of('tls_refused') === 1);
  });

  it('passes on what is larger than any buffer, both ways, and each end', async () => {
    const { server, leaf } = await bed(await inside());
    const socket = await dial(server.port, leaf, { allowHalfOpen: true });
    const sent = Buffer.alloc(4 * 1024 * 1024, 'postern');
    const pieces: Uint8Array[] = [];
    socket.on('data', (piece: Uint8Array) => pieces.push(piece));
    socket.end(sent);
    await once(socket, 'end');
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  });

  it('reads no more than what stands behind it takes', async () => {
    let taken: Socket | undefined;
    const port = await inside((socket) => {
      taken = socket.pause();
    });
    const { server, leaf } = await bed(port);
    const socket = await dial(server.port, leaf);
    const piece = Buffer.alloc(1024 * 1024);
    // All that sockets and buffers of the system hold is some few MB.
    for (let i = 0; i < 64; i++) socket.write(piece);
    await until(() => taken !== undefined);
    let last = -1;
    while (socket.writableLength !== last) {
      last = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(last).toBeGreaterThan(32 * piece.length);
  });

  it('breaks off where what stands behind it does', async () => {
    const port = await inside((socket) => {
      socket.write('half of it');
      socket.on('data', () => socket.resetAndDestroy());
    });
    const { server, leaf } = await bed(port);
    const socket = await dial(server.port, leaf);
    socket.on('error', () => undefined);
    await once(socket, 'data');
    socket.write('go on');
    await once(socket, 'close');
  });

  it('ends where nobody listens behind it', async () => {
    const { server, leaf, metrics } = await bed(1);
    const socket = await dial(server.port, leaf);
    socket.on('error', () => undefined);
    await once(socket, 'close');
    expect(metrics.of('tls_refused')).toBe(1);
  });

  it('whose handshake does not come is cut off', async () => {
    const { server } = await bed(await inside(), { handshakeWithin: 50 });
    const socket = connectTcp(server.port, '127.0.0.1').on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
  });

  it('over which nothing goes is cut off', async () => {
    const { server, leaf } = await bed(await inside(), { idle: 50 });
    const socket = await dial(server.port, leaf);
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
  });

  it('too many is turned away', async () => {
    const { server, leaf } = await bed(await inside(), { connections: 1 });
    await dial(server.port, leaf);
    await expect(dial(server.port, leaf)).rejects.toThrow();
  });
});

it('stops when what is open has ended, or is cut off', async () => {
  const { server, leaf } = await bed(await inside());
  const { port } = server;
  const socket = await dial(port, leaf);
  socket.on('error', () => undefined);
  await until(() => server.knows(exporterOf(socket)));
  const stopped = server.stop();
  await expect(dial(port, leaf)).rejects.toThrow();
  socket.write('under way');
  expect(String((await once(socket, 'data'))[0])).toBe('under way');
  await server.close();
  await stopped;
});
