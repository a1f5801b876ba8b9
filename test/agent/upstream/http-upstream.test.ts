import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HttpUpstream } from '../../../src/agent/upstream/http-upstream.ts';

/** A server that says nothing of how long its answers are, and an upstream before it. */
async function lengthless(): Promise<HttpUpstream> {
  const server = createServer((request, response) => {
    response.useChunkedEncodingByDefault = false;
    response.removeHeader('connection');
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(request.method === 'HEAD' ? undefined : 'hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const times = { answerWithin: 5000, idle: 5000, wholeWithin: 5000 };
  return new HttpUpstream({ address: { kind: 'loopback', host: '127.0.0.1', port }, ...times });
}

const asking = (method: string) => ({ method, target: '/', headers: [], body: new Uint8Array() });
const never = new AbortController().signal;

it('an answer to HEAD ends with its head, though it does not say how long it would be', async () => {
  const { status, body } = await (await lengthless()).call(asking('HEAD'), never);
  expect([status, await Array.fromAsync(body)]).toEqual([200, []]);
});

it('any other that does not say where it ends is none', async () => {
  const upstream = await lengthless();
  await expect(upstream.call(asking('GET'), never)).rejects.toMatchObject({ word: 'endless' });
});
