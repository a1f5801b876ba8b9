import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { type CliBed, cliBed, without } from './client-cli.ts';

let cli: CliBed;
const home = await mkdtemp(join(tmpdir(), 'postern-home-'));
beforeAll(async () => {
  cli = await cliBed();
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs it until it is told to end, by the signal that a terminal sends. */
async function running(argv: readonly string[], act: (err: string) => Promise<void>) {
  let err = '';
  let toListen: (text: string) => void = () => undefined;
  const listens = new Promise<string>((resolve) => {
    toListen = resolve;
  });
  const ran = cli.run(argv, {
    env: (name) => (name === 'HOME' ? home : undefined),
    err: (text) => {
      err += text;
      if (text.startsWith('Why it is trusted')) toListen(err);
    },
  });
  const first = await Promise.race([listens, ran]);
  if (typeof first !== 'string') throw new Error(`ended: ${err}`);
  // It is listened for from the next turn on, once all is said.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    await act(first);
  } finally {
    process.emit('SIGINT');
  }
  return { ...(await ran), err };
}

it('says how it is used, answers the OpenAI SDK, and ends when told to', async () => {
  const argv = ['proxy', '--json', '--listen', '127.0.0.1:0', ...without(cli.flags, '--memory')];
  const ran = await running(argv, async (said) => {
    const [, baseURL] = /export OPENAI_BASE_URL=(\S+)/.exec(said) ?? [];
    const [, apiKey] = /export OPENAI_API_KEY=(\S+)/.exec(said) ?? [];
    const openai = new OpenAI({ baseURL: baseURL ?? '', apiKey: apiKey ?? '', maxRetries: 0 });
    const { choices } = await openai.chat.completions.create({
      model: 'm1',
      messages: [{ role: 'user', content: 'a canary' }],
    });
    expect(choices[0]?.message.content).toBe('Hello world');
    await expect(openai.get('/nonsense/canary')).rejects.toMatchObject({ status: 404 });
    const wrong = new OpenAI({ baseURL: baseURL ?? '', apiKey: 'wrong', maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toMatchObject({ status: 401 });
    const [, base] = /export ANTHROPIC_BASE_URL=(\S+)/.exec(said) ?? [];
    expect(`${base}/v1`).toBe(baseURL);
    expect(said).toContain(`Why it is trusted:  ${base}/#postern-view-`);
  });
  expect(ran.exit).toBe(0);
  expect(jsonOf(ran)).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    urls: [expect.any(String)],
  });
  expect(ran.err).toContain('postern: GET /v1/…: 401 token');
  expect(ran.err).not.toContain('canary');
  expect(ran.err.match(/OPENAI_API_KEY/g)).toHaveLength(1);
});

it.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.org:0', '127.0.0.2:0'])(
  'listens at no %s',
  async (listen) => {
    const { exit, err } = await cli.run(['proxy', '--listen', listen, ...cli.flags]);
    expect(exit).toBe(64);
    expect(err).toContain('--listen: want 127.0.0.1, [::1] or localhost');
  },
);

it('does not begin where no machine can be verified', async () => {
  const { exit, out, err } = await cli.run(['proxy', '--listen', '127.0.0.1:0', ...cli.flags], {
    fetch: () => Promise.reject(new TypeError('fetch failed')),
  });
  expect([exit, out]).toEqual([69, '']);
  expect(err).not.toContain('OPENAI_API_KEY');
});
