import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { createServer } from '../../../src/gateway/http/server.ts';
import { statuses, wire } from '../../support/raw-http.ts';

it.each([
  { what: 'no HTTP', text: 'hello\r\n\r\n', status: 400 },
  {
    what: 'headers without end',
    text: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(LIMITS.request.headerBytes)}\r\n\r\n`,
    status: 431,
  },
  {
    what: 'an expectation',
    text: 'GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n',
    status: 417,
  },
])('a plain server says in its own words that it can not read $what', async ({ text, status }) => {
  const app = createServer();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const line = await wire((app.server.address() as AddressInfo).port);
  line.send(text);
  const came = await line.end();
  await app.close();
  expect(statuses(came)).toEqual([status]);
  expect(came.endsWith('\r\n\r\nthe request can not be read\n')).toBe(true);
});
