import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../../src/cli/demo/free-ports.ts';
import { startTcpRelay, type TcpRelay } from '../../src/cli/demo/ssh/tcp-relay.ts';
import { PosternError } from '../../src/client/errors.ts';
import { attestedDispatcher, openAttestedTls } from '../../src/client/tls/index.ts';
import { type TlsBox, tlsBox, tlsKey } from '../support/client/tls-box.ts';
import { POOL, type SessionsWorld, sessionsWorld } from '../support/sessions-world.ts';

const NAME = 'box.example';

let inside: Server;
let port: number;
/** Where the machine is reached, as its gateway says. */
let relay: TcpRelay;
let other: TlsBox;
let whole: SessionsWorld;

beforeAll(async () => {
  inside = createServer((request, response) => response.end(`inside: ${request.url}`));
  inside.listen(0, '127.0.0.1');
  await once(inside, 'listening');
  relay = await startTcpRelay(0);
  other = await tlsBox(await tlsKey());
  [port = 0] = await freePorts(1);
  whole = await sessionsWorld({
    machines: [{ name: 'one', pool: POOL, cpu: 'tdx', gpus: 0 }],
    agent: {
      tls: {
        listen: `127.0.0.1:${port}`,
        names: [NAME],
        forward: `127.0.0.1:${(inside.address() as AddressInfo).port}`,
        address: relay.address,
      },
    },
  });
}, 240_000);

afterAll(async () => {
  await relay?.close();
  await whole?.close();
  await other?.close();
  inside?.close();
});

beforeEach(() => {
  relay.target = port;
});

const options = () => ({ ...whole.options, pool: POOL });

async function proving() {
  const dispatcher = await attestedDispatcher({ ...options(), proveSession: true });
  onTestFinished(() => dispatcher.destroy());
  // The platform's own fetch; its types know dispatchers of their own version.
  return (path: string) =>
    fetch(`https://${relay.address}${path}`, { dispatcher } as unknown as RequestInit);
}

const proofs = () => whole.said.filter((line) => line.includes('"tls-session"')).length;

it('fetches through the agent’s TLS, on a connection that the machine answers for itself', async () => {
  const fetched = await proving();
  const before = proofs();
  expect(await (await fetched('/one')).text()).toBe('inside: /one');
  expect(proofs()).toBeGreaterThan(before);
}, 60_000);

it('is refused where its address leads to another box, which gets nothing', async () => {
  relay.target = other.address.port;
  const failure = await (await proving())('/one').catch((error: unknown) => error);
  const cause = failure instanceof Error ? failure.cause : undefined;
  expect(cause).toBeInstanceOf(PosternError);
  expect(cause).toMatchObject({ code: 'connect.key' });
  expect(other.received()).toBe(0);
}, 60_000);

it('connects where its gateway says, and ends a connection that it can’t show to be the machine’s', async () => {
  const tls = await openAttestedTls(options());
  const socket = await tls.connect({ servername: NAME });
  socket.on('error', () => undefined);
  await tls.proveSession(socket);
  // Somebody with the machine's key would have another session than the machine knows of.
  const session = new Uint8Array(32);
  socket.exportKeyingMaterial = () => Buffer.from(session);
  const error = await tls.proveSession(socket).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'session.unproven' });
  expect(String(error)).toContain('the machine has no such connection');
  expect(socket.destroyed).toBe(true);
}, 60_000);
