import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpNodeCaller } from '../../../src/gateway/fleet/node-caller.ts';

const PROBLEM = 'application/problem+json';
const caller = new HttpNodeCaller({ endpoints: 'private-too', deadline: 60_000, largest: 100 });
const nonce = new Uint8Array(32);
const plain = { nonce, purpose: 'client' };
const own = { nonce, purpose: 'ssh-session', session: new Uint8Array(32) } as const;

describe('a node that does not answer with a bundle', () => {
  let server: Server;
  let answer: { status: number; type: string };
  let endpoint: string;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(answer.status, { 'content-type': answer.type }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/attest`;
  });
  afterAll(() => void server.close());

  it.each([
    ['has no such connection', own, 404, PROBLEM, 'missing', 'no such connection'],
    ['is down behind a proxy', own, 404, 'text/html', 'unreachable', 'status 404'],
    ['can’t attest', own, 503, PROBLEM, 'unreachable', 'status 503'],
    ['was asked about no connection', plain, 404, PROBLEM, 'unreachable', 'status 404'],
  ])('since it %s', async (_, call, status, type, code, detail) => {
    answer = { status, type };
    const fault = await caller.call(endpoint, call).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code, detail: expect.stringContaining(detail) });
  });
});
