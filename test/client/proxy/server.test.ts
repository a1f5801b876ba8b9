import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Receipts } from '../../../src/client/proxy/receipts.ts';
import { type RunningProxy, startProxy } from '../../../src/client/proxy/server.ts';
import { answering } from '../../support/client/proxy-bed.ts';

const open: RunningProxy[] = [];
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.close();
});

async function started(host: 'localhost' | '127.0.0.1' | '::1', port = 0): Promise<RunningProxy> {
  const proxy = await startProxy({
    host,
    port,
    postern: answering(() => Response.json({})),
    receipts: new Receipts(Date.now),
    tokens: { api: 'api', view: 'view' },
    onVisit: () => undefined,
  });
  open.push(proxy);
  return proxy;
}

const listed = (url: string) =>
  fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer api' } });

it('as localhost listens at both of this machine’s own addresses, at one port', async () => {
  const { urls } = await started('localhost');
  expect(urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(1);
  for (const url of urls) expect((await listed(url)).status).toBe(200);
});

it('frees what it held where it can’t have both', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(started('localhost', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => other.close(resolve));
  const { urls } = await started('localhost', port);
  expect(urls[0]).toBe(`http://127.0.0.1:${port}`);
});

it('cuts off what is under way when it closes', async () => {
  const proxy = await startProxy({
    host: '127.0.0.1',
    port: 0,
    postern: answering(() => new Promise(() => undefined)),
    receipts: new Receipts(Date.now),
    tokens: { api: 'api', view: 'view' },
    onVisit: () => undefined,
  });
  const asking = listed(proxy.url);
  const failed = expect(asking).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await proxy.close();
  await failed;
});
