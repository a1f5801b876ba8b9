import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answered,
  type Asked,
  whole as bytesOf,
  type Meddle,
  withBody,
} from '../../src/cli/demo/relay.ts';
import { withOwnKeys } from '../../src/cli/demo/swapped-key.ts';
import { PosternError, STAGES } from '../../src/client/errors.ts';
import type { Postern } from '../../src/client/postern.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../src/core/encoding/base64.ts';
import { fromBase64Url, toBase64Url } from '../../src/core/encoding/base64url.ts';
import { readOutcome } from '../support/client/outcome.ts';
import { chat, type SessionsWorld, saidIn, sessionsWorld } from '../support/sessions-world.ts';

const PROMPT = 'one two three four five six seven eight';
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

let world: SessionsWorld;
/** What an honest answer is. */
let honest: string;

beforeAll(async () => {
  world = await sessionsWorld();
  honest = saidIn((await readOutcome(chat(await world.client(), PROMPT))).text);
  expect(honest).toMatch(/data: \[DONE\]\n\n$/);
}, 240_000);

afterEach(() => {
  world.relay.meddle = (_asked, forward) => forward();
});

afterAll(() => world.close());

/** Changes the answers to requests whose path fits, as JSON. */
function changing<Document>(path: RegExp, change: (document: Document) => void): Meddle {
  return async (asked, forward) => {
    const answered = await forward();
    if (!path.test(asked.path) || answered.status !== 200) return answered;
    const document = JSON.parse(fromUtf8(await bytesOf(answered.body), 'body')) as Document;
    change(document);
    return withBody(answered, utf8(JSON.stringify(document)));
  };
}

const EVIDENCE = /^\/v1\/nodes\/[0-9a-f]{32}\/evidence$/;
const CANDIDATES = /^\/v1\/candidates/;

/** Changes the keyset of bundles, by its text. */
function changingKeyset(change: (text: string) => string): Meddle {
  return changing(EVIDENCE, ({ binding }: { binding: { keyset: string } }) => {
    const text = fromUtf8(fromBase64(binding.keyset, 'keyset'), 'keyset');
    binding.keyset = toBase64(utf8(change(text)));
  });
}

/** The other node's id, by a path that has one. */
async function otherThan(path: string): Promise<string> {
  const ids = (await world.world.nodes()).map(({ id }) => id);
  return ids.find((id) => !path.includes(id)) ?? '';
}

async function failureOf(act: Promise<unknown>): Promise<PosternError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PosternError);
  return error as PosternError;
}

/** An answer to requests of this kind that was given to another client before. */
async function recorded(path: RegExp): Promise<Uint8Array> {
  let kept: Uint8Array | undefined;
  world.relay.meddle = async (asked, forward) => {
    const answered = await forward();
    if (!path.test(asked.path)) return answered;
    kept = await bytesOf(answered.body);
    return withBody(answered, kept);
  };
  await (await chat(await world.client(), PROMPT)).text();
  if (kept === undefined) throw new Error('nothing of the kind passed');
  return kept;
}

function replacing(path: RegExp, bytes: Uint8Array): Meddle {
  return async (asked, forward) => {
    const answered = await forward();
    return path.test(asked.path) ? withBody(answered, bytes) : answered;
  };
}

describe('a relay that changes what a machine is verified by', () => {
  const cases: readonly (readonly [string, () => Meddle | Promise<Meddle>, string])[] = [
    [
      'its own keys in the keyset',
      () => async (asked, forward) => {
        const answered = await forward();
        if (!EVIDENCE.test(asked.path)) return answered;
        return withBody(answered, withOwnKeys(await bytesOf(answered.body), random));
      },
      'appraisal.reject',
    ],
    [
      'the keyset written anew, with the same meaning',
      () => changingKeyset((text) => `${text} `),
      'appraisal.reject',
    ],
    [
      'a keyset without the hybrid key',
      () =>
        changingKeyset((text) => {
          const keyset = JSON.parse(text) as { keys: { use: string; config: string }[] };
          const isHybrid = ({ use, config }: { use: string; config: string }) =>
            use === 'ohttp' && fromBase64Url(config, 'config')[1] === 0x64;
          return JSON.stringify({ ...keyset, keys: keyset.keys.filter((key) => !isHybrid(key)) });
        }),
      'appraisal.reject',
    ],
    [
      'a weaker suite in the configuration of the key',
      () =>
        changingKeyset((text) => {
          const keyset = JSON.parse(text) as { keys: { use: string; config: string }[] };
          for (const key of keyset.keys) {
            if (key.use !== 'ohttp') continue;
            const config = fromBase64Url(key.config, 'config');
            key.config = toBase64Url(config.with(-1, 1));
          }
          return JSON.stringify(keyset);
        }),
      'appraisal.reject',
    ],
    [
      'a bundle that was made for another client',
      async () => replacing(EVIDENCE, await recorded(EVIDENCE)),
      'freshness.challenge',
    ],
    [
      'the bundle of another machine',
      () => async (asked, forward) => {
        if (!EVIDENCE.test(asked.path)) return forward();
        return forward({ ...asked, path: `/v1/nodes/${await otherThan(asked.path)}/evidence` });
      },
      'ledger.rotated',
    ],
    [
      'no proofs of the ledger',
      () =>
        changing(CANDIDATES, ({ candidates }: { candidates: { proofs: unknown[] }[] }) => {
          for (const one of candidates) one.proofs = [];
        }),
      'ledger.leaves',
    ],
    [
      'the proofs of another machine',
      () =>
        changing(CANDIDATES, ({ candidates }: { candidates: { proofs: unknown[] }[] }) => {
          const all = candidates.map(({ proofs }) => proofs);
          for (const [i, one] of candidates.entries()) one.proofs = all.at(i - 1) ?? [];
        }),
      'ledger.decision',
    ],
    [
      'another policy',
      () =>
        changing(/^\/v1\/pools\//, (document: { file: string }) => {
          const envelope = JSON.parse(fromUtf8(fromBase64(document.file, 'file'), 'file')) as {
            payload: string;
          };
          const policy = fromUtf8(fromBase64(envelope.payload, 'payload'), 'payload');
          envelope.payload = toBase64(utf8(policy.replace('"forbid"', '"any"')));
          document.file = toBase64(utf8(JSON.stringify(envelope)));
        }),
      'policy.signatures',
    ],
    [
      'a log that was signed by somebody else',
      () =>
        changing(
          CANDIDATES,
          ({ candidates }: { candidates: { proofs: { proof: string }[] }[] }) => {
            for (const { proofs } of candidates) {
              for (const one of proofs) {
                const text = fromUtf8(fromBase64(one.proof, 'proof'), 'proof');
                // The last character of the signature before its padding.
                one.proof = toBase64(utf8(text.replace(/(— \S+ [^\n]{40})./, '$1_')));
              }
            }
          },
        ),
      'ledger.malformed',
    ],
  ];

  it.each(cases)('%s', async (_, meddle, want) => {
    world.relay.meddle = await meddle();
    const { code, stage, trust } = await failureOf(world.client());
    expect(code).toBe(want);
    expect(trust).toBe(STAGES[stage]);
    expect(trust).toContain('no request was sent');
  });
});

/** Of an answer: the nonce, then chunk by chunk with its length before it. */
function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const pieces = [bytes.subarray(0, 32)];
  for (let at = 32; at < bytes.length; ) {
    const [first = 0, second = 0] = bytes.subarray(at);
    const width = 1 << (first >> 6);
    const length = width === 1 ? first & 0x3f : ((first & 0x3f) << 8) | second;
    // The final chunk has no length, and goes to the end.
    const end = length === 0 ? bytes.length : at + width + length;
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

describe('a relay that changes what comes back', () => {
  const RELAYED = /^\/ohttp\//;
  type Change = (pieces: Uint8Array[]) => readonly (Uint8Array | undefined)[];
  let postern: Postern;
  beforeAll(async () => {
    postern = await world.client({ resume: false });
  }, 60_000);

  const sealed: readonly (readonly [string, Change, string])[] = [
    [
      'two chunks in another order',
      (p) => [...p.slice(0, 2), p[3], p[2], ...p.slice(4)],
      'open.decrypt',
    ],
    ['a chunk dropped', (p) => [...p.slice(0, 2), ...p.slice(3)], 'open.decrypt'],
    ['a chunk twice', (p) => [...p.slice(0, 3), p[2], ...p.slice(3)], 'open.decrypt'],
    ['the end left out', (p) => p.slice(0, -1), 'incomplete.cut'],
    ['a clean end in the middle', (p) => [...p.slice(0, 3), p.at(-1)], 'open.decrypt'],
    ['cut within a chunk', (p) => [...p.slice(0, 3), p[3]?.subarray(0, 5)], 'incomplete.cut'],
    ['nothing', () => [], 'incomplete.cut'],
    [
      'a changed byte',
      (p) => [...p.slice(0, 3), p[3]?.with(7, (p[3][7] ?? 0) ^ 1), ...p.slice(4)],
      'open.decrypt',
    ],
  ];

  it.each(sealed)('%s', async (_, change, want) => {
    world.relay.meddle = async (asked, forward) => {
      const answered = await forward();
      if (!RELAYED.test(asked.path)) return answered;
      const pieces = change([...piecesOf(await bytesOf(answered.body))]);
      return withBody(answered, concatBytes(...pieces.filter((piece) => piece !== undefined)));
    };
    const { code, text, error } = await readOutcome(chat(postern, PROMPT));
    expect(code).toBe(want);
    expect(honest.startsWith(saidIn(text))).toBe(true);
    expect((error as PosternError).trust).toBe(STAGES[(error as PosternError).stage]);
  });

  it('an answer of before', async () => {
    world.relay.meddle = replacing(RELAYED, await recorded(RELAYED));
    expect((await readOutcome(chat(postern, PROMPT))).code).toBe('open.decrypt');
  });

  it('the answer of a request that was sent twice', async () => {
    world.relay.meddle = async (asked, forward) => {
      if (RELAYED.test(asked.path)) await bytesOf((await forward()).body);
      return forward();
    };
    const { text, status } = await readOutcome(chat(postern, PROMPT));
    expect(text).not.toContain('You said');
    expect(status).not.toBe(200);
  });

  it('the answer of another machine', async () => {
    world.relay.meddle = async (asked, forward) => {
      if (!RELAYED.test(asked.path)) return forward();
      const [, root, pool] = asked.path.split('/');
      return forward({ ...asked, path: `/${root}/${pool}/${await otherThan(asked.path)}` });
    };
    expect((await readOutcome(chat(postern, PROMPT))).code).toBe('relay.key-changed');
  });

  const json = { 'content-type': 'application/json' };
  const problem = { 'content-type': 'application/problem+json' };
  const own: readonly (readonly [string, number, Answered['headers'], string, string])[] = [
    ['an answer in clear text', 200, json, '{"choices":[]}', 'open.plaintext'],
    [
      'the same, called an event stream',
      200,
      { 'content-type': 'text/event-stream' },
      'data: [DONE]\n\n',
      'open.plaintext',
    ],
    ['an error that does not say whose it is', 500, json, '{}', 'relay.unmarked'],
    [
      'a key that it says is not served',
      422,
      problem,
      '{"type":"https://iana.org/assignments/http-problem-types#ohttp-key"}',
      'relay.key-changed',
    ],
    ['a redirect', 307, { location: 'http://127.0.0.1:9/' }, '', 'relay.unreachable'],
  ];
  it.each(own)('%s', async (_, status, headers, text, want) => {
    const asked: Asked[] = [];
    world.relay.meddle = async (request, forward) => {
      if (!RELAYED.test(request.path)) return forward();
      asked.push(request);
      return withBody({ status, headers, body: (async function* () {})() }, utf8(text));
    };
    expect((await readOutcome(chat(postern, PROMPT))).code).toBe(want);
    // Nothing weaker was tried: each request begins with the hybrid suite.
    for (const { body } of asked) {
      expect([...body.subarray(1, 7)]).toEqual([0x64, 0x7a, 0, 1, 0, 2]);
    }
  });

  it('nothing of all that keeps the next request from its answer', async () => {
    expect(saidIn((await readOutcome(chat(postern, PROMPT))).text)).toBe(honest);
  });
});

describe('a connection that breaks', () => {
  it('is made again, and the answer goes on where it was', async () => {
    const postern = await world.client();
    let [cut, resumed] = [false, 0];
    world.relay.meddle = async (asked, forward) => {
      if (asked.path.includes('?chunk=')) resumed++;
      const answered = await forward();
      if (!asked.path.startsWith('/ohttp/') || cut) return answered;
      cut = true;
      const bytes = answered.body[Symbol.asyncIterator]();
      return {
        ...answered,
        body: (async function* () {
          const { value } = await bytes.next();
          if (value) yield value.subarray(0, value.length - 5);
          throw new Error('cut');
        })(),
      };
    };
    const { text, code } = await readOutcome(chat(postern, PROMPT));
    expect([code, saidIn(text)]).toEqual([undefined, honest]);
    expect(resumed).toBe(1);
  });
});
