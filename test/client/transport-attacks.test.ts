import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostern } from '../../src/client/create-postern.ts';
import { STAGES } from '../../src/client/errors.ts';
import type { PosternOptions } from '../../src/client/options.ts';
import type { Postern } from '../../src/client/postern.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { type ClientBed, clientBed, NODE } from '../support/client/bed.ts';
import { GATEWAY, POOL, refusal, sealedAnswer } from '../support/client/gateway.ts';
import { readOutcome } from '../support/client/outcome.ts';

const STREAM = JSON.stringify({ model: 'm1', messages: [], stream: true });
const WHOLE = /data: \[DONE\]\n\n$/;

/** Of an answer's pieces, of which there are eight. */
type Pieces = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, ...Uint8Array[]];
type Change = (pieces: Pieces) => readonly (Uint8Array | undefined)[];

let bed: ClientBed;
let postern: Postern;

beforeAll(async () => {
  bed = await clientBed();
}, 120_000);

beforeEach(async () => {
  bed.gateway.answering = (_asked, honest) => honest();
  bed.gateway.asked.length = 0;
  bed.gateway.breaks.length = 0;
  bed.machine.claims = (claims) => claims;
  bed.machine.billed = (claims) => claims;
  postern = await createPostern({ ...bed.options, resume: false });
});

function chat(client = postern, init: RequestInit = {}): Promise<Response> {
  return client.fetch(`${GATEWAY}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-1' },
    body: STREAM,
    ...init,
  });
}

/** What comes back for sealed requests, in pieces: the nonce, then each chunk. */
function answerWith(change: (pieces: readonly Uint8Array[]) => readonly Uint8Array[]): void {
  bed.gateway.answering = async (asked, honest) => {
    if (asked.method !== 'POST' || !asked.path.startsWith('/ohttp/')) return honest();
    const pieces = await bed.machine.answer(asked.body);
    return sealedAnswer(change(pieces ?? []));
  };
}

/** Instead of an answer. */
function relayWith(response: () => Response): void {
  bed.gateway.answering = async (asked, honest) =>
    asked.path.startsWith('/ohttp/') ? response() : honest();
}

it('reads the whole of an honest answer', async () => {
  const { text, code } = await readOutcome(chat());
  expect(code).toBeUndefined();
  expect(text).toMatch(WHOLE);
});

describe('a relay that changes the answer', () => {
  let whole = '';
  beforeAll(async () => {
    whole = (await readOutcome(chat(await createPostern(bed.options)))).text;
  }, 120_000);
  const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
  it.each([
    ['a changed nonce', (p) => [flip(p[0], 3), ...p.slice(1)], 'open.decrypt'],
    ['a changed head', (p) => [p[0], flip(p[1], 9), ...p.slice(2)], 'open.decrypt'],
    ['a changed chunk', (p) => [...p.slice(0, 3), flip(p[3], 9), ...p.slice(4)], 'open.decrypt'],
    ['two chunks swapped', (p) => [...p.slice(0, 2), p[3], p[2], ...p.slice(4)], 'open.decrypt'],
    ['a chunk dropped', (p) => [...p.slice(0, 2), ...p.slice(3)], 'open.decrypt'],
    ['a chunk twice', (p) => [...p.slice(0, 3), p[2], ...p.slice(3)], 'open.decrypt'],
    ['no final chunk', (p) => p.slice(0, -1), 'incomplete.cut'],
    ['the end in the middle', (p) => [...p.slice(0, 3), ...p.slice(-1)], 'open.decrypt'],
    ['a chunk behind the end', (p) => [...p, p[2]], 'open.decrypt'],
    ['a cut within a chunk', (p) => [...p.slice(0, 4), p[4].subarray(0, 5)], 'incomplete.cut'],
    [
      'a cut within the final chunk',
      (p) => [...p.slice(0, -1), p.at(-1)?.slice(0, -3)],
      'open.decrypt',
    ],
    ['nothing', () => [], 'incomplete.cut'],
    ['half a nonce', (p) => [p[0].subarray(0, 7)], 'incomplete.cut'],
    [
      'a chunk of a terabyte',
      (p) => [p[0], Uint8Array.of(0xc0, 0, 1, 0, 0, 0, 0, 0)],
      'open.oversized',
    ],
  ] as [string, Change, string][])('%s', async (_, change, want) => {
    answerWith((pieces) => change([...pieces] as Pieces).filter((piece) => piece !== undefined));
    const { text, code, error } = await readOutcome(chat());
    expect(code).toBe(want);
    expect(whole.startsWith(text)).toBe(true);
    const stage = want.split('.')[0] as keyof typeof STAGES;
    expect(String(error)).toContain(STAGES[stage]);
  });

  it('an answer that was given before', async () => {
    let recorded: readonly Uint8Array[] = [];
    answerWith((pieces) => {
      recorded = pieces;
      return pieces;
    });
    expect((await readOutcome(chat())).code).toBeUndefined();
    answerWith(() => recorded);
    expect((await readOutcome(chat())).code).toBe('open.decrypt');
  });

  it('pieces of any size are the same answer', async () => {
    answerWith((pieces) => Array.from(concatBytes(...pieces), (byte) => Uint8Array.of(byte)));
    expect((await readOutcome(chat())).text).toMatch(WHOLE);
  });
});

describe('a relay that answers itself', () => {
  const json = { 'content-type': 'application/json' };
  const sealed = { 'content-type': 'message/ohttp-chunked-res' };
  it.each([
    ['200 in clear text', () => new Response('{}', { headers: json }), 'open.plaintext'],
    ['200 without a type', () => new Response(new Uint8Array(3)), 'open.plaintext'],
    [
      '200 in clear text, marked',
      () => new Response('{}', { headers: { ...json, 'postern-unauthenticated': '1' } }),
      'open.plaintext',
    ],
    [
      '200 sealed, marked as its own',
      () => new Response('', { headers: { ...sealed, 'postern-unauthenticated': '1' } }),
      'open.plaintext',
    ],
    ['201 sealed', () => new Response('x', { status: 201, headers: sealed }), 'relay.unmarked'],
    ['204', () => new Response(null, { status: 204 }), 'relay.unmarked'],
    [
      'an error without a mark',
      () => new Response('{}', { status: 500, headers: json }),
      'relay.unmarked',
    ],
    [
      'an error that is no problem document',
      () => new Response('no', { status: 503, headers: { 'postern-unauthenticated': '1' } }),
      'relay.unmarked',
    ],
    [
      'nobody',
      () => {
        throw new TypeError('fetch failed');
      },
      'relay.unreachable',
    ],
    [
      'what calls itself an abort',
      () => {
        throw new DOMException('aborted', 'AbortError');
      },
      'relay.unreachable',
    ],
  ] as [string, () => Response, string][])('%s', async (_, response, want) => {
    relayWith(response);
    expect((await readOutcome(chat())).code).toBe(want);
  });

  it('is shown as itself where it says so, with nothing but the problem', async () => {
    relayWith(() =>
      refusal(429, 'too-many-requests', { 'retry-after': '7', 'set-cookie': 'a=b', 'x-more': '1' }),
    );
    const response = await chat();
    expect(response.status).toBe(429);
    expect([...response.headers]).toEqual([
      ['content-type', 'application/problem+json'],
      ['postern-unauthenticated', '1'],
      ['retry-after', '7'],
    ]);
  });

  it('a stream that calls its failure an abort is not the reader’s doing', async () => {
    bed.gateway.answering = async (asked, honest) => {
      if (!asked.path.startsWith('/ohttp/')) return honest();
      const pieces = (await bed.machine.answer(asked.body)) ?? [];
      let next = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const piece = pieces[next++];
          if (piece && next < 5) controller.enqueue(piece);
          else controller.error(new DOMException('aborted', 'AbortError'));
        },
      });
      return new Response(body, { headers: sealed });
    };
    expect((await readOutcome(chat())).code).toBe('incomplete.cut');
  });
});

describe('keys that change', () => {
  it('are verified anew, and the request is sent once more', async () => {
    bed.machine.rotate(7);
    await bed.gateway.admit(bed.machine);
    const { text } = await readOutcome(chat());
    expect(text).toMatch(WHOLE);
    const paths = bed.gateway.paths();
    expect(paths.filter((path) => path.startsWith('POST /ohttp'))).toHaveLength(2);
    expect(paths.filter((path) => path.endsWith('/evidence'))).toHaveLength(1 + 1);
  });

  it('twice in a row are an error, and nothing weaker is tried', async () => {
    const problem = { type: 'https://iana.org/assignments/http-problem-types#ohttp-key' };
    relayWith(
      () =>
        new Response(JSON.stringify(problem), {
          status: 422,
          headers: { 'content-type': 'application/problem+json' },
        }),
    );
    expect((await readOutcome(chat())).code).toBe('relay.key-changed');
    const sealed = bed.gateway.asked.filter(({ path }) => path.startsWith('/ohttp/'));
    expect(sealed).toHaveLength(2);
    for (const { body } of sealed)
      expect([...body.subarray(1, 7)]).toEqual([0x64, 0x7a, 0, 1, 0, 2]);
  });
});

describe('receipts', () => {
  const other = 'ab'.repeat(32);
  it.each([
    ['of another session', { session: other }, 'receipt.session'],
    ['of another keyset', { keyset: 'cd'.repeat(48) }, 'receipt.keyset'],
    ['of another model', { model: 'm2' }, 'receipt.model'],
    ['of no model', { model: '' }, 'receipt.model'],
    ['of another question', { requestSha256: other }, 'receipt.requestSha256'],
    ['of another answer', { responseSha256: other }, 'receipt.responseSha256'],
    ['of another status', { status: 500 }, 'receipt.status'],
    ['of an answer that failed', { outcome: 'failed' as const }, 'receipt.outcome'],
  ])('%s', async (_, change, want) => {
    bed.machine.claims = (claims) => ({ ...claims, ...change });
    expect((await readOutcome(chat())).code).toBe(want);
  });

  it('that bill by another count', async () => {
    bed.machine.billed = (claims) => ({ ...claims, completionTokens: 5000 });
    expect((await readOutcome(chat())).code).toBe('receipt.usage');
  });

  it('of another machine', async () => {
    const { receipt } = bed.machine.keys;
    const { keys } = (await clientBed()).machine;
    bed.machine.keys = { ...bed.machine.keys, receipt: keys.receipt };
    expect((await readOutcome(chat())).code).toBe('receipt.malformed');
    bed.machine.keys = { ...bed.machine.keys, receipt };
  });
});

describe('what comes out of the seal', () => {
  it.each([
    ['a header with a line break', [['x-a', 'b\r\nset-cookie: c']]],
    ['a header of two names', [['x-a: b', 'c']]],
  ] as const)('%s is never written', async (_, fields) => {
    const { serve } = bed.machine;
    bed.machine.serve = () => ({ fields, parts: [] });
    expect((await readOutcome(chat())).code).toBeDefined();
    bed.machine.serve = serve;
  });

  it('no header of the machine’s speaks for the gateway, nor about a connection', async () => {
    const { serve } = bed.machine;
    bed.machine.serve = () => ({
      fields: [
        ['postern-unauthenticated', '1'],
        ['set-cookie', 'a=b'],
        ['x-own', 'kept'],
      ],
      parts: [],
    });
    const response = await chat();
    expect([...response.headers]).toEqual([['x-own', 'kept']]);
    await response.text();
    bed.machine.serve = serve;
  });

  it('an encoding is not passed on as content', async () => {
    const { serve } = bed.machine;
    bed.machine.serve = () => ({ fields: [['content-encoding', 'gzip']], parts: [] });
    expect((await readOutcome(chat())).code).toBe('open.encoding');
    bed.machine.serve = serve;
  });

  it('a status without a body is there once its end is', async () => {
    const asked = () => postern.fetch(`${GATEWAY}/v1/nothing`, { method: 'DELETE' });
    expect((await asked()).status).toBe(204);
    answerWith((pieces) => pieces.slice(0, -1));
    expect((await readOutcome(asked())).code).toBe('incomplete.cut');
  });
});

describe('an answer goes on after its connection broke', () => {
  const resuming = (): Promise<Postern> => createPostern({ ...bed.options } as PosternOptions);

  it.each([
    ['within the nonce', [7]],
    ['behind the nonce', [32]],
    ['within the first chunk', [60]],
    ['between and within chunks, three times', [250, 130, 11]],
  ])('%s', async (_, breaks) => {
    const client = await resuming();
    bed.gateway.breaks.push(...breaks);
    const { text, code } = await readOutcome(chat(client));
    expect(code).toBeUndefined();
    expect(text).toMatch(WHOLE);
    const resumed = bed.gateway.asked.filter(({ path }) => path.includes('?chunk='));
    expect(resumed).toHaveLength(breaks.length);
  });

  it('but not for ever', async () => {
    const client = await resuming();
    bed.gateway.breaks.push(...Array.from({ length: 9 }, () => 40));
    expect((await readOutcome(chat(client))).code).toBe('incomplete.cut');
    expect(bed.gateway.asked.filter(({ path }) => path.includes('?chunk='))).toHaveLength(5);
  });

  it.each([
    ['nothing of it', () => refusal(404, 'missing')],
    ['a page of something in between', () => new Response('<h1>Bad Gateway', { status: 502 })],
    ['a page in its place', () => new Response('<h1>Welcome')],
  ])('nor where there is %s: then its end is missing', async (_, response) => {
    const client = await resuming();
    bed.gateway.answering = async (asked, honest) =>
      asked.path.includes('?chunk=') ? response() : honest();
    bed.gateway.breaks.push(330);
    const { code, error } = await readOutcome(chat(client));
    expect(code).toBe('incomplete.cut');
    expect(String(error)).toContain(STAGES.incomplete);
  });

  it('nor from another place, or with another’s answer', async () => {
    const client = await resuming();
    bed.gateway.answering = async (asked, honest) => {
      if (!asked.path.includes('?chunk=')) return honest();
      const wrong = asked.path.replace(/\d+$/, (chunk) => String(Number(chunk) + 1));
      bed.gateway.answering = (_asked, plain) => plain();
      return bed.gateway.fetch(`${GATEWAY}${wrong}`);
    };
    bed.gateway.breaks.push(330);
    expect((await readOutcome(chat(client))).code).toBe('open.decrypt');
  });
});

describe('who gives up', () => {
  it('before there is an answer, is told so in the words of the signal', async () => {
    const controller = new AbortController();
    bed.gateway.answering = async (asked, honest) => {
      if (asked.path.startsWith('/ohttp/')) controller.abort(new Error('enough'));
      return honest();
    };
    await expect(chat(postern, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('before a machine is there, does not wait for one', async () => {
    const controller = new AbortController();
    const apiKey = async () => {
      controller.abort(new Error('enough'));
      return 'key-1';
    };
    const { pool: _, ...unnamed } = bed.options;
    const client = await createPostern({ ...unnamed, apiKey });
    bed.gateway.answering = () => new Promise(() => undefined);
    const headers = { 'content-type': 'application/json' };
    const asked = chat(client, { signal: controller.signal, headers });
    await expect(asked).rejects.toThrow('enough');
  });

  it('before there is an answer, ends what the relay began of one', async () => {
    const client = await createPostern({ ...bed.options });
    const controller = new AbortController();
    bed.gateway.answering = async (asked, honest) => {
      if (asked.path.startsWith('/ohttp/') && asked.method === 'POST') controller.abort();
      return honest();
    };
    await expect(chat(client, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const [session] = [...bed.machine.sessions].slice(-1);
    await expect
      .poll(() => bed.gateway.paths())
      .toContain(`DELETE /ohttp/${POOL}/${NODE}/${session}`);
  });

  it('is no different from who can’t go on', async () => {
    const client = await createPostern({ ...bed.options });
    answerWith((pieces) => [...pieces.slice(0, 3), ...pieces.slice(4)]);
    expect((await readOutcome(chat(client))).code).toBe('open.decrypt');
    await expect
      .poll(() => bed.gateway.paths().filter((path) => path.startsWith('DELETE')))
      .toHaveLength(1);
  });

  it('is not told how the relay took that', async () => {
    const client = await createPostern({ ...bed.options });
    const rejected: unknown[] = [];
    const note = (error: unknown) => rejected.push(error);
    process.on('unhandledRejection', note);
    const torn = new ReadableStream({ start: (stream) => stream.error(new Error('torn')) });
    bed.gateway.answering = async (asked, honest) =>
      asked.method === 'DELETE' ? new Response(torn) : honest();
    const controller = new AbortController();
    await chat(client, { signal: controller.signal });
    controller.abort();
    await expect
      .poll(() => bed.gateway.paths().filter((path) => path.startsWith('DELETE')))
      .toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(rejected).toEqual([]);
  });

  it('while it is read, ends the relay’s answer too', async () => {
    const client = await createPostern({ ...bed.options });
    const controller = new AbortController();
    const response = await chat(client, { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(
      (async () => {
        while (!(await reader?.read())?.done);
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' });
    await expect
      .poll(() => bed.gateway.paths().filter((path) => path.startsWith('DELETE')))
      .toHaveLength(1);
  });
});

describe('what is not sent', () => {
  it.each([
    ['to another host', 'https://api.openai.com/v1/chat/completions', 'seal.address'],
    ['to another path of the gateway', `${GATEWAY}/chat`, 'seal.address'],
  ])('%s', async (_, address, want) => {
    expect((await readOutcome(postern.fetch(address))).code).toBe(want);
  });

  it.each([
    ['order-1', 'seal.idempotency-key'],
    ['with some blanks in it, alas', 'seal.idempotency-key'],
    ['x'.repeat(65), 'seal.idempotency-key'],
    ['stainless-node-retry-0b0b0b0b-0c0c-4d0d-8e0e-0f0f0f0f0f0f', undefined],
  ])('an idempotency key that no machine takes: %s', async (key, want) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const { code, error } = await readOutcome(chat(postern, { headers }));
    expect(code).toBe(want);
    if (want) expect(String(error)).toContain('22 to 64');
  });

  it('more than is allowed', async () => {
    const client = await createPostern({ ...bed.options, largestRequest: 10 });
    expect((await readOutcome(chat(client))).code).toBe('seal.malformed');
  });
});

it('a request is held no longer than until its answer begins', async () => {
  const sent: WeakRef<Blob>[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (init?.body instanceof Blob) sent.push(new WeakRef(init.body));
    return bed.gateway.fetch(input, init);
  };
  const client = await createPostern({ ...bed.options, fetch });
  const reader = (await chat(client)).body?.getReader();
  await reader?.read();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await expect
    .poll(() => {
      collect();
      return sent.map((one) => one.deref());
    })
    .toEqual([undefined]);
  await reader?.cancel();
});

it('a model that is no name is refused by the machine, and the answer says so', async () => {
  const { serve } = bed.machine;
  bed.machine.serve = () => ({ status: 400, fields: [], parts: [] });
  bed.machine.claims = (claims) => ({ ...claims, model: '' });
  bed.machine.billed = (claims) => ({ ...claims, model: '' });
  const { pool: _, ...unnamed } = bed.options;
  const client = await createPostern(unnamed);
  const { status, code } = await readOutcome(
    chat(client, { body: JSON.stringify({ model: 'модель', messages: [] }) }),
  );
  expect([status, code]).toEqual([400, undefined]);
  bed.machine.serve = serve;
});

it('a model that is no name is in no receipt of a machine that serves anything', async () => {
  bed.machine.claims = (claims) => ({ ...claims, model: '' });
  bed.machine.billed = (claims) => ({ ...claims, model: '' });
  const body = JSON.stringify({ model: 'модель', messages: [], stream: true });
  expect((await readOutcome(chat(postern, { body }))).code).toBeUndefined();
});

it('a refusal that is larger than any is an error of this client’s', async () => {
  const { serve } = bed.machine;
  bed.machine.serve = () => ({
    status: 400,
    fields: [['content-type', 'application/problem+json']],
    parts: Array.from({ length: 5 }, () => new Uint8Array(16_000).fill(0x20)),
  });
  expect((await readOutcome(chat())).code).toBe('open.malformed');
  bed.machine.serve = serve;
});

it('a machine that refuses the date tells its own, once', async () => {
  const { serve } = bed.machine;
  const type = 'https://iana.org/assignments/http-problem-types#date';
  const theirs = bed.gateway.now + 3_600_000;
  bed.machine.serve = (request, machine) => {
    const date = Date.parse(request.fields.find(([name]) => name === 'date')?.[1] ?? '');
    if (Math.abs(date - theirs) < 120_000) return serve(request, machine);
    return {
      status: 400,
      fields: [
        ['content-type', 'application/problem+json'],
        ['date', new Date(theirs).toUTCString()],
      ],
      parts: [new TextEncoder().encode(JSON.stringify({ type }))],
    };
  };
  expect((await readOutcome(chat())).text).toMatch(WHOLE);
  bed.machine.serve = serve;
});
