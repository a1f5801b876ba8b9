import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { verifyUsage } from '../../src/protocol/session/usage.ts';
import type { Field, RequestMessage } from '../../src/sealed/bhttp/message.ts';
import { sealRequest } from '../../src/sealed/request.ts';
import { UPSTREAM_FAULTS } from '../../src/simulator/upstream/faults.ts';
import {
  type AgentBed,
  ask,
  fieldOf,
  innerRequest,
  keysOf,
  opened,
  ready,
  sealed,
  send,
  textOf,
  until,
} from '../support/agent-bed.ts';

const chat = (content: string, more: object = {}) => ({
  model: 'simulated',
  messages: [{ role: 'user', content }],
  ...more,
});
const body = chat('a');
const problemOf = (text: string): string => JSON.parse(text).type.replace(/.*[:#]/, '');

describe('a request that comes again', () => {
  it('is not served, whatever the clock says', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, { body }));
    expect((await send(bed, request.bytes)).status).toBe(200);
    for (const ms of [0, 5 * 60_000, -10 * 60_000]) {
      bed.clock.now += ms;
      const came = await send(bed, request.bytes);
      expect([400, 409]).toContain(came.status);
    }
    expect(bed.upstream.seen).toHaveLength(1);
  });

  it('with another body under the same encapsulation neither', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, { body }));
    const other = request.bytes.slice();
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    expect((await send(bed, request.bytes)).status).toBe(200);
    expect((await send(bed, other)).status).toBe(409);
    expect(bed.upstream.seen).toHaveLength(1);
  });

  it('at the same time is served once', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, { body }));
    const came = await Promise.all([1, 2, 3].map(() => send(bed, request.bytes)));
    expect(came.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(bed.upstream.seen).toHaveLength(1);
  });

  it('under the next keys with the same encapsulation neither', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, { body }));
    const first = keysOf(bed.agent.keyset()).digest;
    expect((await send(bed, request.bytes)).status).toBe(200);
    bed.clock.advance(51 * 60_000);
    await until(() => keysOf(bed.agent.keyset()).digest !== first);
    const again = request.bytes.slice();
    again[0] = keysOf(bed.agent.keyset()).x25519.keyId;
    expect((await send(bed, again)).status).toBe(409);
  });

  it('with an idempotency key that was used is told so, sealed', async () => {
    const bed = await ready();
    const fields: Field[] = [['idempotency-key', '0123456789abcdef0123456789abcdef']];
    expect((await ask(bed, { body, fields })).status).toBe(200);
    const again = await ask(bed, { body, fields });
    expect([again.status, problemOf(textOf(again))]).toEqual([409, 'idempotency']);
    expect(bed.upstream.seen).toHaveLength(1);
  });

  it('may use its idempotency key again where the server was never asked', async () => {
    const bed = await ready();
    await bed.upstream.close();
    const fields: Field[] = [['idempotency-key', '0123456789abcdef0123456789abcdef']];
    for (let i = 0; i < 2; i++) {
      const answer = await ask(bed, { body, fields });
      expect([answer.status, problemOf(textOf(answer))]).toEqual([502, 'upstream']);
    }
  });
});

describe('keys', () => {
  it('of another agent: an unknown key, outside the seal', async () => {
    const [a, b] = [await ready(), await ready({ deps: { randomBytes: fixedFirst() } })];
    const captured = sealed(a, innerRequest(a, { body }));
    captured.bytes[0] = 250;
    const came = await send(b, captured.bytes);
    expect([came.status, problemOf(Buffer.from(came.body).toString())]).toEqual([400, 'ohttp-key']);
  });

  it('that have ended are unknown, and what comes after them is served', async () => {
    const bed = await ready();
    const old = sealed(bed, innerRequest(bed, { body }));
    const first = keysOf(bed.agent.keyset()).digest;
    bed.clock.advance(51 * 60_000);
    await until(() => keysOf(bed.agent.keyset()).digest !== first);
    bed.clock.advance(10 * 60_000);
    expect((await send(bed, old.bytes)).status).toBe(400);
    expect((await ask(bed, { body })).status).toBe(200);
  });

  it('before the present ones are taken until their end', async () => {
    const bed = await ready();
    const before = keysOf(bed.agent.keyset());
    bed.clock.advance(51 * 60_000);
    await until(() => keysOf(bed.agent.keyset()).digest !== before.digest);
    const sealer = sealRequest(before.x25519);
    const fields: Field[] = [['postern-keyset', `sha-384=${before.digest}`]];
    const plain = innerRequest(bed, {
      body,
      edit: (m) => ({
        ...m,
        fields: [...m.fields.filter(([name]) => name !== 'postern-keyset'), ...fields],
      }),
    });
    const bytes = concatBytes(sealer.header, sealer.sealFinal(plain));
    const answer = opened({ sealer, plain, bytes }, await send(bed, bytes));
    expect(answer.status).toBe(200);
    expect(verifyUsage(answer.came.trailers['postern-usage'] ?? '', before.receiptKey).keyset).toBe(
      before.digest,
    );
  });

  it('whose table is full make room for others', async () => {
    const bed = await ready({ written: { keys: { encapsulations: 16 } } });
    const digests = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await until(() => bed.agent.keyset() !== undefined);
      digests.add(keysOf(bed.agent.keyset()).digest);
      await send(bed, sealed(bed, innerRequest(bed, { body })).bytes);
      bed.clock.advance(2 * 60_000);
    }
    expect(digests.size).toBeGreaterThan(1);
  });

  it('give no place to what does not open', async () => {
    const bed = await ready({ written: { keys: { encapsulations: 16, accounts: 16 } } });
    for (let i = 0; i < 40; i++) {
      const { bytes } = sealed(bed, innerRequest(bed, { body }));
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      const came = await send(bed, bytes, { headers: { 'postern-account': `a${i}` } });
      expect(came.status).toBe(400);
    }
    expect((await ask(bed, { body })).status).toBe(200);
    expect(bed.agent.metrics.of('keys')).toBe(1);
  });
});

/** Key ids from 7 on. */
function fixedFirst() {
  return (length: number) => crypto.getRandomValues(new Uint8Array(length)).fill(7, 0, 1);
}

describe('a request that is refused under the seal', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  const at = (ms: number) => new Date(now + ms).toUTCString();
  const replaced = (name: string, ...values: string[]) => ({
    edit: (m: { fields: readonly Field[] }) => ({
      ...m,
      fields: [
        ...m.fields.filter(([one]) => one !== name),
        ...values.map((value) => [name, value] as const),
      ],
    }),
  });
  it.each([
    ['121 s early', replaced('date', at(121_000)), 'date'],
    ['121 s late', replaced('date', at(-121_000)), 'date'],
    ['without a date', replaced('date'), 'date'],
    ['with a date that is none', replaced('date', 'Mon, 31 Feb 2026 12:00:00 GMT'), 'date'],
    ['with a date of another form', replaced('date', '2026-06-01T12:00:00Z'), 'date'],
    ['for another keyset', replaced('postern-keyset', `sha-384=${'0'.repeat(96)}`), 'keyset'],
    ['for no keyset', replaced('postern-keyset'), 'keyset'],
    ['compressed', { fields: [['content-encoding', 'gzip']] as Field[] }, 'media-type'],
    ['a short idempotency key', { fields: [['idempotency-key', 'a']] as Field[] }, 'malformed'],
    ['of another path', { path: '/v1/admin' }, 'forbidden'],
    ['up and away', { path: '/v1/files/../admin' }, 'forbidden'],
    ['a dot', { path: '/v1/./models', method: 'GET' }, 'forbidden'],
    ['an encoded slash', { path: '/v1/files/a%2f..%2fadmin', method: 'GET' }, 'forbidden'],
    ['an encoded dot', { path: '/v1/files/%2e%2e', method: 'GET' }, 'forbidden'],
    ['two slashes', { path: '//v1/models', method: 'GET' }, 'forbidden'],
    ['a slash at the end', { path: '/v1/models/', method: 'GET' }, 'forbidden'],
    ['a backslash', { path: '/v1\\models', method: 'GET' }, 'forbidden'],
    ['of another method', { method: 'PUT' }, 'forbidden'],
    ['in lower case', { method: 'post' }, 'malformed'],
    ['of another scheme', { edit: (m: object) => ({ ...m, scheme: 'http' }) }, 'malformed'],
    ['with a model twice', { raw: '{"model":"a","model":"b"}' }, 'malformed'],
    ['with no JSON', { raw: 'hello' }, 'malformed'],
    ['with a stream that is a number', { raw: '{"model":"simulated","stream":1}' }, 'malformed'],
    ['with a stream that is a word', { raw: '{"model":"a","stream":"true"}' }, 'malformed'],
    ['with a model that is a list', { raw: '{"model":["a"]}' }, 'malformed'],
  ])('%s', async (_name, asked, code) => {
    const bed = await ready();
    const raw = 'raw' in asked ? asked.raw : undefined;
    const answer = await ask(bed, {
      body,
      ...(asked as object),
      ...(raw !== undefined && {
        edit: (m: object) => ({ ...m, content: new TextEncoder().encode(raw) }) as never,
      }),
    });
    expect([problemOf(textOf(answer)), bed.upstream.seen.length]).toEqual([code, 0]);
    if (code === 'date') expect(fieldOf(answer.fields, 'date')).toBe(at(0));
    const { receiptKey } = keysOf(bed.agent.keyset());
    expect(verifyUsage(answer.came.trailers['postern-usage'] ?? '', receiptKey)).toMatchObject({
      outcome: 'complete',
      counted: false,
    });
  });

  it('whose model outside is another', async () => {
    const bed = await ready();
    const answer = await ask(bed, { body }, { headers: { 'postern-model': 'cheap' } });
    expect(problemOf(textOf(answer))).toBe('model');
    const good = await ask(bed, { body }, { headers: { 'postern-model': 'simulated' } });
    expect(good.status).toBe(200);
  });

  it('JSON that says it is a form is read as JSON, and a form is not', async () => {
    const bed = await ready();
    const edit = (content?: string) => (m: RequestMessage) => ({
      ...m,
      fields: [
        ...m.fields.filter(([name]) => name !== 'content-type'),
        ['content-type', 'multipart/form-data; boundary=x'] as const,
      ],
      content: content === undefined ? m.content : new TextEncoder().encode(content),
    });
    const cheap = { headers: { 'postern-model': 'cheap' } };
    const disguised = await ask(bed, { body, edit: edit() }, cheap);
    expect([problemOf(textOf(disguised)), bed.upstream.seen.length]).toEqual(['model', 0]);
    const form = '--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--x--\r\n';
    await ask(bed, { path: '/v1/files', body, edit: edit(form) });
    expect(bed.upstream.seen).toHaveLength(1);
  });

  it.each(['transfer-encoding', 'connection', 'upgrade', 'te'])('with %s', async (name) => {
    const bed = await ready();
    // What a sender here would not write: the name is put in afterwards.
    const stand = 'x'.repeat(name.length);
    const plain = innerRequest(bed, { body, fields: [[stand, 'chunked']] });
    const at = Buffer.from(plain).indexOf(stand);
    plain.set(new TextEncoder().encode(name), at);
    const request = sealed(bed, plain);
    const answer = opened(request, await send(bed, request.bytes));
    expect([problemOf(textOf(answer)), bed.upstream.seen.length]).toEqual(['malformed', 0]);
  });
});

describe('a request that is refused outside the seal', () => {
  const outer = async (bed: AgentBed, headers: Record<string, string | string[]>) =>
    (await send(bed, sealed(bed, innerRequest(bed, { body })).bytes, { headers })).status;
  it.each([
    ['of another type', { 'content-type': 'application/json' }, 415],
    ['of an account that is none', { 'postern-account': 'a b' }, 400],
    ['of two accounts', { 'postern-account': ['a', 'b'] }, 400],
    ['of two models', { 'postern-model': ['simulated', 'simulated'] }, 400],
  ])('%s', async (_name, headers, status) => {
    const bed = await ready();
    expect(await outer(bed, headers)).toBe(status);
    expect(bed.upstream.seen).toEqual([]);
  });

  it('too large', async () => {
    const bed = await ready({ edit: (c) => ({ ...c, limits: { ...c.limits, request: 2000 } }) });
    expect(await outer(bed, {})).toBe(200);
    const large = sealed(bed, innerRequest(bed, { body: chat('a'.repeat(3000)) }));
    expect((await send(bed, large.bytes)).status).toBe(413);
  });

  it('cut short at any place, or with a tail', async () => {
    const bed = await ready();
    for (const cut of [0, 3, 7, 30, 39, 40, 200, 400]) {
      const { bytes } = sealed(bed, innerRequest(bed, { body }));
      expect((await send(bed, bytes.subarray(0, cut))).status).toBe(400);
    }
    const { bytes } = sealed(bed, innerRequest(bed, { body }));
    expect((await send(bed, concatBytes(bytes, Uint8Array.of(0)))).status).toBe(400);
    expect(bed.upstream.seen).toEqual([]);
  });
});

describe('a server that goes wrong', () => {
  const edit: Parameters<typeof ready>[0] = {
    edit: (config) => ({
      ...config,
      upstream: { ...config.upstream, answerWithin: 300, idle: 300 },
    }),
  };
  const whole = new Set(['server-error', 'no-usage', 'long-events']);
  it.each(Object.keys(UPSTREAM_FAULTS))('%s', async (fault) => {
    const bed = await ready(edit);
    const asked = { body: { ...chat('a b c d', { stream: true }), model: `fault:${fault}` } };
    const request = sealed(bed, innerRequest(bed, asked));
    const came = await send(bed, request.bytes);
    const isBegun = fault === 'dies-mid-stream' || fault === 'hangs-mid-stream';
    if (isBegun || fault === 'short-body') {
      expect(came.whole).toBe(false);
      expect(came.trailers).toEqual({});
      expect(() => opened(request, came)).toThrow(/ended before the final chunk/);
      return;
    }
    const answer = opened(request, came);
    expect(came.whole).toBe(true);
    if (whole.has(fault)) return;
    expect(answer.status).toBeGreaterThanOrEqual(502);
    expect(textOf(answer)).not.toContain('CUDA');
  });

  it('events longer than a chunk come whole', async () => {
    const bed = await ready();
    const answer = await ask(bed, {
      body: { ...chat('a b', { stream: true }), model: 'fault:long-events' },
    });
    expect(textOf(answer).match(/data: \{/g)).toHaveLength(6);
    expect(
      verifyUsage(
        answer.came.trailers['postern-usage'] ?? '',
        keysOf(bed.agent.keyset()).receiptKey,
      ),
    ).toMatchObject({ counted: true, completionTokens: 4 });
  });
});

it('a client that goes away takes its request to the server along', async () => {
  const bed = await ready();
  const body = { ...chat('a b c d', { stream: true }), model: 'fault:hangs-mid-stream' };
  const request = sealed(bed, innerRequest(bed, { body }));
  let received = 0;
  await send(bed, request.bytes, {
    onData: (bytes, cutOff) => {
      received += bytes.length;
      if (received > 600) cutOff();
    },
  }).catch(() => undefined);
  await until(() => bed.agent.metrics.of('sessions_aborted') === 1);
  await until(() => bed.upstream.abandoned() === 1);
});

it('more sessions than there is room for are turned away', async () => {
  const bed = await ready({ written: { limits: { sessions: 1 } } });
  const body = { ...chat('a b c d', { stream: true }), model: 'fault:hangs' };
  const first = sealed(bed, innerRequest(bed, { body }));
  const gone = new AbortController();
  const running = send(bed, first.bytes, {
    onData: (_bytes, cutOff) => {
      gone.signal.addEventListener('abort', cutOff);
    },
  }).catch(() => undefined);
  await until(() => bed.upstream.seen.length === 1);
  const came = await send(bed, sealed(bed, innerRequest(bed, { body })).bytes);
  expect([came.status, came.headers['retry-after']]).toEqual([503, '5']);
  gone.abort();
  await running;
});

it('no byte of a prompt or an answer is in a log, an error or a metric', async () => {
  const canary = 'Canary-4f1d0c';
  const bed = await ready({
    edit: (config) => ({
      ...config,
      upstream: { ...config.upstream, idle: 200, answerWithin: 200 },
    }),
  });
  const faults = ['', ...Object.keys(UPSTREAM_FAULTS).map((fault) => `fault:${fault}`)];
  const outside: string[] = [];
  const fields: Field[] = [['idempotency-key', `${canary}-0123456789abcdef`]];
  for (const model of [...faults, canary]) {
    for (const stream of [true, false]) {
      const body = { ...chat(canary, { stream }), model };
      const request = sealed(
        bed,
        innerRequest(bed, { body, fields, path: '/v1/chat/completions' }),
      );
      const came = await send(bed, request.bytes);
      outside.push(JSON.stringify(came.headers), Buffer.from(came.body).toString('latin1'));
    }
  }
  const strange = sealed(
    bed,
    innerRequest(bed, { path: `/${canary}`, body: canary, method: canary.toUpperCase() }),
  );
  outside.push(Buffer.from((await send(bed, strange.bytes)).body).toString('latin1'));
  await send(bed, Buffer.from(canary), { headers: { 'postern-account': canary } });
  await send(bed, Buffer.from(canary), {
    address: 'attest',
    headers: { 'content-type': 'application/json' },
  });
  const metrics = await send(bed, new Uint8Array(), { address: 'metrics', method: 'GET' });
  const said = [...bed.lines, ...outside, Buffer.from(metrics.body).toString()].join('\n');
  expect(bed.lines.length).toBeGreaterThan(20);
  expect(said.toLowerCase()).not.toContain(canary.toLowerCase());
});
