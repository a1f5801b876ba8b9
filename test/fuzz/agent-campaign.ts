import { expect } from 'vitest';
import { makeGeneration } from '../../src/agent/keys/key-generation.ts';
import { KeyRing } from '../../src/agent/keys/key-ring.ts';
import {
  Allowed,
  OPENAI_REQUESTS,
  USUAL_REQUEST_HEADERS,
  USUAL_RESPONSE_HEADERS,
} from '../../src/agent/session/allowed.ts';
import { Bodies } from '../../src/agent/session/bodies.ts';
import { openSealed } from '../../src/agent/session/open-sealed.ts';
import { Places } from '../../src/agent/session/places.ts';
import { serveSession } from '../../src/agent/session/serve-session.ts';
import type { Upstream, UpstreamRequest } from '../../src/agent/upstream/upstream.ts';
import { AGENT_DEFAULTS } from '../../src/cli/agent/config.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { decodeResponse } from '../../src/sealed/bhttp/decode.ts';
import { encodeRequest } from '../../src/sealed/bhttp/encode.ts';
import { sealRequest } from '../../src/sealed/request.ts';
import { sealAll } from '../../src/sealed/seal-all.ts';
import { damageBytes } from './mutators/bytes.ts';
import { Random } from './random.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;

/** What became of the inputs of a campaign. */
export interface Tally {
  refused: number;
  problems: number;
  served: number;
}

/**
 * Sealed requests that were damaged: on the way, where none may be served, and by whoever sealed
 * them, where each has to be answered whole or refused, and only what is allowed is asked of the
 * server.
 */
export async function agentCampaign(seed: number, inputs: number): Promise<Tally> {
  const tally: Tally = { refused: 0, problems: 0, served: 0 };
  let bed = newBed();
  for (let i = 0; i < inputs; i++) {
    if (i % 5000 === 4999) bed = newBed();
    const random = new Random(seed, i);
    await (i % 2 === 0 ? damagedOnTheWay(bed, random, tally) : damagedInside(bed, random, tally));
  }
  return tally;
}

function newBed() {
  const keys = {
    ...AGENT_DEFAULTS.keys,
    life: 60 * MINUTE,
    overlap: 10 * MINUTE,
    inFlight: MINUTE,
    dateWindow: 2 * MINUTE,
  };
  const ring = new KeyRing(keys, { now: () => NOW, elapsed: () => 0 });
  const generation = makeGeneration({
    deployment: 'fuzz',
    agentConfigSha256: new Uint8Array(32),
    keys: { ...keys, suites: ['x25519'] },
    firstKeyId: 1,
    now: NOW,
    elapsed: 0,
    randomBytes,
    more: [],
  });
  ring.activate(generation);
  const config = generation.key(1)?.config;
  if (config === undefined) throw new Error('no key');
  const asked: UpstreamRequest[] = [];
  const upstream: Upstream = {
    call: async (request) => {
      asked.push(request);
      return { status: 200, headers: [['content-type', 'text/plain']], body: oneOf('hello') };
    },
  };
  const places = new Places({ ...keys, encapsulations: 20_000 }, () => 0);
  const bodies = new Bodies(64 * 1024 * 1024);
  return { ring, places, generation, config, asked, upstream, bodies };
}

type Bed = ReturnType<typeof newBed>;

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function* oneOf(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text);
}

const ALLOWED = new Allowed({
  requests: OPENAI_REQUESTS,
  requestHeaders: USUAL_REQUEST_HEADERS,
  responseHeaders: USUAL_RESPONSE_HEADERS,
});

function goodRequest({ generation }: Bed, random: Random): Uint8Array {
  return encodeRequest({
    method: 'POST',
    scheme: 'https',
    authority: 'pool',
    path: '/v1/chat/completions',
    fields: [
      ['date', new Date(NOW).toUTCString()],
      ['postern-keyset', `sha-384=${generation.digest}`],
      ['content-type', 'application/json'],
      ...(random.oneIn(3) ? [['idempotency-key', 'k'.repeat(32)] as const] : []),
    ],
    content: utf8(JSON.stringify({ model: 'm', stream: random.oneIn(2), messages: [] })),
    trailers: [],
  });
}

function changed(random: Random, bytes: Uint8Array): Uint8Array {
  let made = bytes;
  for (let n = random.between(1, 3); n > 0; n--) made = damageBytes(random, made);
  return made;
}

/** In pieces of whatever size. */
async function* pieces(random: Random, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = random.oneIn(2) ? bytes.length : random.between(1, 200);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

function openIn({ ring, places, bodies }: Bed, random: Random, bytes: Uint8Array) {
  const share = bodies.share();
  const options = { ring, places, account: '-', largest: 1024 * 1024, share };
  return openSealed(pieces(random, bytes), options).finally(share.release);
}

async function damagedOnTheWay(bed: Bed, random: Random, tally: Tally): Promise<void> {
  const sealer = sealRequest(bed.config);
  const good = concatBytes(sealer.header, sealAll(sealer, goodRequest(bed, random)));
  const bad = changed(random, good);
  const opened = await openIn(bed, random, bad);
  const isSame = Buffer.compare(Buffer.from(good), Buffer.from(bad)) === 0;
  expect(opened.is).toBe(isSame ? 'opened' : 'refused');
  tally.refused += 1;
}

async function damagedInside(bed: Bed, random: Random, tally: Tally): Promise<void> {
  const sealer = sealRequest(bed.config);
  const plain = changed(random, goodRequest(bed, random));
  const opened = await openIn(bed, random, concatBytes(sealer.header, sealAll(sealer, plain)));
  if (opened.is !== 'opened') throw new Error('an authentic request was not opened');
  const came: Uint8Array[] = [];
  bed.asked.length = 0;
  const end = await serveSession(
    opened,
    {
      account: '-',
      hint: undefined,
      generations: [bed.generation],
      ended: new AbortController().signal,
    },
    {
      rules: { allowed: ALLOWED, serves: 'openai', dateWindow: 2 * MINUTE },
      upstream: bed.upstream,
      bucket: 256,
      now: () => NOW,
      randomBytes,
    },
    { write: async (bytes) => void came.push(bytes) },
  );
  const opener = sealer.openResponse();
  const chunks = came.flatMap((bytes) => opener.push(bytes));
  const answer = decodeResponse(concatBytes(...chunks, opener.end()));
  expect([end.whole, answer.status]).toEqual([true, end.status]);
  for (const { method, target, headers } of bed.asked) {
    expect(ALLOWED.request(method, target)).toBe(true);
    for (const [name] of headers) expect(USUAL_REQUEST_HEADERS).toContain(name);
  }
  expect(bed.asked.length).toBe(end.problem ? 0 : 1);
  if (end.problem) tally.problems += 1;
  else tally.served += 1;
}
