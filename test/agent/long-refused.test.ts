import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { ready } from '../support/agent-bed.ts';

/** Over one connection. @returns the status, and whether the connection was one from before. */
function post(url: string, kept: HttpAgent, type: string, body: Uint8Array) {
  const headers = { 'content-type': type, 'content-length': body.length };
  return new Promise<readonly [number | undefined, boolean]>((resolve, reject) => {
    const request = httpRequest(`${url}/v1/sealed`, { method: 'POST', agent: kept, headers });
    request.once('error', reject);
    request.once('response', (answer: IncomingMessage) => {
      answer.resume();
      request.once('close', () => resolve([answer.statusCode, request.reusedSocket]));
    });
    request.end(body);
  });
}

it('a long request that is refused at its beginning is read to its end: its sender has to learn why', async () => {
  const { agent } = await ready();
  const kept = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => kept.destroy());
  const long = new Uint8Array(8 * 1024 * 1024).fill(255);
  const sealed = 'message/ohttp-chunked-req';
  expect(await post(agent.url, kept, sealed, long)).toEqual([400, false]);
  expect(await post(agent.url, kept, 'application/json', long)).toEqual([415, true]);
  expect(await post(agent.url, kept, sealed, long)).toEqual([400, true]);
});
