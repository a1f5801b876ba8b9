import { describe, expect, it } from 'vitest';
import { createServer } from '../../../src/gateway/http/server.ts';
import { witnessRoutes } from '../../../src/gateway/http/witness-routes.ts';
import { parseSignatureLines } from '../../../src/ledger/note/signed-note.ts';
import { LARGEST_REQUEST } from '../../../src/ledger/witness/add-checkpoint.ts';
import {
  history,
  requestOf,
  WitnessMemory,
  witnessKeys,
  witnessOn,
} from '../../support/witnessing.ts';

function server(store = new WitnessMemory()) {
  const app = createServer();
  app.register(witnessRoutes, { witness: witnessOn(store) });
  return app;
}

const post = (app: ReturnType<typeof server>, body: Uint8Array, type?: string) =>
  app.inject({
    method: 'POST',
    url: '/add-checkpoint',
    body: Buffer.from(body),
    headers: type === undefined ? {} : { 'content-type': type },
  });

describe('add-checkpoint', () => {
  it.each([
    undefined,
    'application/octet-stream',
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
  ])('is answered whatever the body calls itself: %s', async (type) => {
    const answer = await post(server(), requestOf(0, history(5)), type);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    const lines = parseSignatureLines(new Uint8Array(answer.rawPayload));
    expect(lines.map(({ id }) => id)).toEqual(witnessKeys.map(({ id }) => id));
  });

  it('says by the type that a body is a size', async () => {
    const app = server();
    await post(app, requestOf(0, history(5)));
    const answer = await post(app, requestOf(0, history(6)));
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['content-type']).toBe('text/x.tlog.size');
    expect(answer.body).toBe('5\n');
  });

  it.each([
    { what: 'an empty body', body: new Uint8Array(), status: 400 },
    { what: 'bytes that are no request', body: new Uint8Array(500).fill(0xff), status: 400 },
    { what: 'a large body', body: new Uint8Array(LARGEST_REQUEST), status: 400 },
    { what: 'too large a body', body: new Uint8Array(LARGEST_REQUEST + 1), status: 413 },
  ])('refuses $what: $status', async ({ body, status }) => {
    const answer = await post(server(), body);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('tells nothing of what is wrong inside', async () => {
    const store = new WitnessMemory();
    store.last = () => Promise.reject(new Error('/secret/path'));
    const answer = await post(server(store), requestOf(0, history(5)));
    expect([answer.statusCode, answer.body]).toEqual([500, 'unexpected error\n']);
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'] as const)('is not there for %s', async (method) => {
    const answer = await server().inject({ method, url: '/add-checkpoint' });
    expect(answer.statusCode).toBe(404);
  });
});
