import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { logRoutes } from '../../../src/gateway/http/log-routes.ts';
import { createServer } from '../../../src/gateway/http/server.ts';
import { asView } from '../../support/view.ts';

const FILES: Readonly<Record<string, Uint8Array>> = {
  checkpoint: utf8('log.example\n0\n…\n'),
  'tile/0/000': new Uint8Array(8192).fill(7),
  'tile/0/001.p/5': new Uint8Array(160).fill(8),
  'tile/0/x001/234': new Uint8Array(8192).fill(9),
  'tile/entries/000': Uint8Array.of(0, 1, 0xff),
};

function server(files = FILES) {
  const asked: string[] = [];
  const app = createServer();
  app.register(logRoutes, {
    read: async (name) => {
      asked.push(name);
      const bytes = files[name];
      return bytes && asView(bytes);
    },
  });
  return { app, asked };
}

describe('a published log over HTTP', () => {
  it.each(Object.keys(FILES))('gives out %s, byte by byte', async (name) => {
    const { app, asked } = server();
    const answer = await app.inject({ url: `/${name}` });
    expect(answer.statusCode).toBe(200);
    expect(new Uint8Array(answer.rawPayload)).toEqual(FILES[name]);
    expect(asked).toEqual([name]);
    const head = await app.inject({ method: 'HEAD', url: `/${name}` });
    expect(head.statusCode).toBe(200);
    expect(head.rawPayload).toHaveLength(0);
    expect(head.headers['content-length']).toBe(`${FILES[name]?.length}`);
    for (const header of ['content-type', 'cache-control']) {
      expect(head.headers[header]).toBe(answer.headers[header]);
    }
  });

  it('says what may be kept: tiles for ever, a checkpoint not at all', async () => {
    const { app } = server();
    const { headers: tile } = await app.inject({ url: '/tile/0/001.p/5' });
    expect(tile).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    const { headers: checkpoint } = await app.inject({ url: '/checkpoint' });
    expect(checkpoint).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
    });
  });

  it.each(['/tile/0/002', '/tile/0/000.p/3', '/tile/1/000', '/checkpoint'])(
    'does not have %s, and says nothing of keeping that',
    async (url) => {
      const { app, asked } = server({});
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['cache-control']).toBeUndefined();
      expect(asked).toEqual([url.slice(1)]);
    },
  );

  it.each([
    '/tile/../keys/log.key',
    '/tile/..%2Fkeys%2Flog.key',
    '/tile/%2e%2e/keys/log.key',
    '/tile/0/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/tile/0/..%5c..%5ckeys',
    '/tile//etc/passwd',
    '/tile/0/000/',
    '/tile/0//000',
    '/tile/0/0',
    '/tile/00/000',
    '/tile/0/x000/001',
    '/tile/0/000.p/256',
    '/tile/0/000.p/0',
    '/tile/0/000.p/05',
    '/tile/64/000',
    '/tile/0/000%00',
    '/tile/entries/000.gz',
    '/tile/ENTRIES/000',
    '/checkpoint/',
    '/checkpoint/../keys/log.key',
    '/Checkpoint',
    '/keys/log.key',
    '/',
  ])('asks for no file by %s', async (url) => {
    const { app, asked } = server();
    const answer = await app.inject({ url });
    expect(answer.statusCode).toBe(404);
    expect(asked).toEqual([]);
  });

  it.each(['/tile/0/%ZZ', '/%'])('does not take %s for a path', async (url) => {
    const { app, asked } = server();
    const { statusCode, body } = await app.inject({ url });
    // In our words, not in those of the framework.
    expect([statusCode, body]).toEqual([400, 'the request can not be read\n']);
    expect(asked).toEqual([]);
  });

  it.each(['POST', 'PUT', 'DELETE'] as const)('takes no %s', async (method) => {
    expect((await server().app.inject({ method, url: '/checkpoint' })).statusCode).toBe(404);
  });

  it('tells nothing of what is wrong with a file, but to whoever runs it', async () => {
    const heard: unknown[] = [];
    const app = createServer((what) => heard.push(what));
    app.register(logRoutes, { read: () => Promise.reject(new Error('/secret/path')) });
    const answer = await app.inject({ url: '/checkpoint' });
    expect([answer.statusCode, answer.body]).toEqual([500, 'unexpected error\n']);
    expect(answer.headers['cache-control']).toBeUndefined();
    expect(heard).toEqual([{ method: 'GET', route: '/checkpoint', reason: 'Error' }]);
  });
});
