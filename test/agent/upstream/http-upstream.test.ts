import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HttpUpstream } from '../../../src/agent/upstream/http-upstream.ts';

/** A server that answers like this, and an upstream before it. */
async function before(answer: string): Promise<HttpUpstream> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const times = { answerWithin: 5000, idle: 5000, wholeWithin: 5000 };
  return new HttpUpstream({ address: { kind: 'loopback', host: '127.0.0.1', port }, ...times });
}

const asking = (method: string) => ({ method, target: '/', headers: [], body: new Uint8Array() });
const never = new AbortController().signal;
const LENGTHLESS = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n';

it('an answer to HEAD ends with its head, though it does not say how long it would be', async () => {
  const { status, body } = await (await before(LENGTHLESS)).call(asking('HEAD'), never);
  expect([status, await Array.fromAsync(body)]).toEqual([200, []]);
});

it('any other that does not say where it ends is none', async () => {
  const upstream = await before(`${LENGTHLESS}hello`);
  await expect(upstream.call(asking('GET'), never)).rejects.toMatchObject({ word: 'endless' });
});

it('a coding has its name in any case', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
  const { body } = await (await before(answer)).call(asking('GET'), never);
  expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('hello');
});
