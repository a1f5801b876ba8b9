import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { type BrokerBed, brokerBed, POOL } from '../../support/broker-bed.ts';
import { FakeAgent, sealedRequest } from '../../support/fake-agent.ts';
import { statuses, wire } from '../../support/raw-http.ts';

const MIB = 1024 * 1024;
let bed: BrokerBed;
let agent: FakeAgent;
let node: string;
let gone: string;
let seed = 0;

beforeAll(async () => {
  bed = await brokerBed({
    limits: { request: 16 * MIB },
    http: { body: { ...LIMITS.body, sealed: 16 * MIB } },
  });
  agent = await FakeAgent.start();
  node = bed.admit(agent);
  const { keyset, keysetSha384 } = agent;
  gone = bed.admit({ keyset, keysetSha384, endpoint: 'http://127.0.0.1:9/v1/attest' });
});
afterAll(async () => {
  await agent.stop();
  await bed.close();
});

/** As a client asks: by the platform's fetch. */
async function upload(to: string, size: number, as = 'client') {
  const response = await fetch(`${bed.url}/ohttp/${POOL}/${to}`, {
    method: 'POST',
    body: new Blob([new Uint8Array(sealedRequest(++seed)), new Uint8Array(size)]),
    headers: { authorization: `Bearer ${as}`, 'content-type': 'message/ohttp-chunked-req' },
  });
  return { status: response.status, problem: await response.json() };
}

describe('who uploads much and is refused', () => {
  it.each([
    ['who may not', () => upload(node, 8 * MIB, 'auditor'), 403],
    ['for a node that is out', () => upload('ab'.repeat(16), 8 * MIB), 503],
    ['for a node that can’t be reached', () => upload(gone, 8 * MIB), 503],
    ['more than there may be', () => upload(node, 17 * MIB), 413],
  ])('reads why: %s', async (_name, act, status) => {
    for (let times = 0; times < 3; times++) {
      expect(await act()).toMatchObject({ status, problem: { status } });
    }
  });

  const head = (length: number) =>
    [
      `POST /ohttp/${POOL}/${node} HTTP/1.1`,
      'Host: gateway',
      'Authorization: Bearer auditor',
      'Content-Type: message/ohttp-chunked-req',
      `Content-Length: ${length}`,
      '\r\n',
    ].join('\r\n');
  const port = () => Number(new URL(bed.url).port);

  it('has no further request behind it answered', async () => {
    const line = await wire(port(), 'kept');
    line.send(head(10));
    await line.until('"status":403');
    line.send('0123456789');
    line.send('GET /v1/models HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer client\r\n\r\n');
    line.socket.end();
    expect(statuses(await line.end())).toEqual([403]);
  });

  it('is not read for ever', async () => {
    const line = await wire(port(), 'kept');
    line.send(head(16 * MIB));
    await line.until('"status":403');
    const from = performance.now();
    const dripping = setInterval(() => line.send('x'), 50);
    await line.end();
    clearInterval(dripping);
    expect(performance.now() - from).toBeLessThan(15_000);
  }, 30_000);
});
