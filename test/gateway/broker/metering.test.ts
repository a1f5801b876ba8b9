import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UsageClaims } from '../../../src/protocol/session/usage.ts';
import { type BrokerBed, brokerBed, POOL, send, take, until } from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest, sessionOf } from '../../support/fake-agent.ts';

let bed: BrokerBed;
let agent: FakeAgent;
let node: string;
let seed = 0;

beforeAll(async () => {
  bed = await brokerBed();
  agent = await FakeAgent.start();
  node = bed.admit(agent);
});
afterAll(async () => {
  await agent.stop();
  await bed.close();
});
afterEach(() => {
  agent.serve = (request, response) => agent.answer(request, response);
});

const fates = async () =>
  Object.fromEntries(
    [...(await bed.metrics.text()).matchAll(/statements_total\{fate="(\w+)"\} (\d+)/g)].map(
      ([, fate, count]) => [fate, Number(count)],
    ),
  );

/** Has the agent sign otherwise. @returns what became of it. */
async function fateOf(usage: (claims: UsageClaims) => string | undefined, as = `client:${++seed}`) {
  const before = await fates();
  agent.serve = async (request, response) => {
    const body = await bodyOf(request);
    agent.begin(response);
    agent.finish(request, response, body, usage);
  };
  const body = sealedRequest(++seed);
  await take(bed, { path: `/ohttp/${POOL}/${node}`, body, as });
  let fate = '';
  await until(async () => {
    const after = await fates();
    fate = Object.keys(after).find((name) => after[name] !== (before[name] ?? 0)) ?? '';
    return fate !== '';
  });
  return { fate, session: sessionOf(body), as };
}

const stranger = generateKeyPairSync('ed25519').privateKey;
const HEX = 'ab'.repeat(32);

describe('a usage statement', () => {
  it('that is the enclave’s is taken, and billed', async () => {
    const { fate, session } = await fateOf((claims) => agent.sign(claims));
    expect(fate).toBe('taken');
    const found = (await bed.store.usage(0, 99)).filter((one) => one.session === session);
    expect(found).toMatchObject([{ node, tokens: 7, nth: 1 }]);
    expect(await bed.store.unmetered(session, node)).toBeUndefined();
  });

  it.each<[string, string, (claims: UsageClaims) => string | undefined]>([
    ['that is not there', 'unsigned', () => undefined],
    ['that is none', 'malformed', () => 'x'],
    ['of a stranger’s key', 'signature', (claims) => agent.sign(claims, stranger)],
    [
      'that was altered',
      'signature',
      (claims) => {
        const [head, , mark] = agent.sign(claims).split('.');
        const more = Buffer.from(JSON.stringify({ ...claims, promptTokens: 1e6 }));
        return `${head}.${more.toString('base64url')}.${mark}`;
      },
    ],
    ['about another session', 'session', (claims) => agent.sign({ ...claims, session: HEX })],
    ['about another account', 'account', (claims) => agent.sign({ ...claims, account: 'other' })],
    [
      'under a keyset that the node was never admitted with',
      'keyset',
      (claims) => agent.sign({ ...claims, keyset: 'ab'.repeat(48) }),
    ],
    [
      'whose first has one before it',
      'malformed',
      (claims) => agent.sign({ ...claims, prev: HEX }),
    ],
  ])('%s is refused as %s, and bills nothing', async (_name, want, usage) => {
    const { fate, session } = await fateOf(usage);
    expect(fate).toBe(want);
    const all = await bed.store.usage(0, 99);
    expect(all.filter((one) => one.session === session)).toEqual([]);
    await until(async () => (await bed.store.unmetered(session, node)) !== undefined);
  });

  it('that breaks its chain is refused, and leaves a trace with both', async () => {
    const as = 'client:chain';
    const good: string[] = [];
    const keep = (claims: UsageClaims) => {
      good.push(agent.sign(claims));
      return good.at(-1);
    };
    await fateOf(keep, as);
    const { fate } = await fateOf((claims) => agent.sign({ ...claims, prev: HEX }), as);
    expect(fate).toBe('contradicts');
    expect(bed.contradictions.at(-1)?.[0]).toBe(good[0]);
    const again = await fateOf((claims) => agent.sign({ ...claims, seq: 1, prev: null }), as);
    expect(again.fate).toBe('contradicts');
    expect(bed.contradictions.length).toBe(2);
  });

  it('of an aborted session is handed in by the node itself, once, and by no other', async () => {
    let claims: UsageClaims | undefined;
    agent.serve = async (request, response) => {
      const body = await bodyOf(request);
      agent.begin(response);
      claims = agent.claims(request.headers['postern-account'] as string, body);
    };
    const body = sealedRequest(++seed);
    const sent = send(bed, { path: `/ohttp/${POOL}/${node}`, body, as: 'client:gone' });
    await sent.response;
    sent.request.destroy();
    await until(async () => (await bed.store.unmetered(sessionOf(body), node)) !== undefined);
    if (claims === undefined) throw new Error('nothing came');
    const usage = [agent.sign({ ...claims, outcome: 'aborted' })];
    const handIn = async (as: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await take(bed, {
        path: '/v1/usage',
        as,
        headers,
        body: Buffer.from(JSON.stringify({ usage })),
      });
      return answer.status === 200 ? JSON.parse(answer.body.toString()).fates : answer.status;
    };
    expect(await handIn('client:gone')).toBe(403);
    expect(await handIn(`node:${'ab'.repeat(16)}`)).toEqual(['session']);
    expect(await handIn(`node:${node}`)).toEqual(['taken']);
    // Its session is done with.
    expect(await handIn(`node:${node}`)).toEqual(['session']);
  });

  it('of a session that a gateway had open when it fell is taken by whoever is there', async () => {
    let statement = '';
    agent.serve = async (request, response) => {
      const body = await bodyOf(request);
      const account = request.headers['postern-account'] as string;
      statement = agent.sign({ ...agent.claims(account, body), outcome: 'aborted' });
      agent.begin(response);
    };
    const body = sealedRequest(++seed);
    const session = sessionOf(body);
    const sent = send(bed, { path: `/ohttp/${POOL}/${node}`, body, as: `client:${++seed}` });
    await sent.response;
    await until(async () => (await bed.store.unmetered(session, node)) !== undefined);
    // Of the session itself this one knows nothing, as one that was started again.
    const anew = await brokerBed({ deps: { store: bed.store } });
    try {
      anew.admit(agent, { id: node });
      expect(await anew.broker.handIn(node, [statement])).toEqual(['taken']);
      sent.request.destroy();
      await until(async () => (await bed.broker.handIn(node, [statement]))[0] === 'session');
      expect(await bed.store.unmetered(session, node)).toBeUndefined();
    } finally {
      await anew.close();
    }
  });

  it('is billed of each of two nodes that were sent the same encapsulation, and blames neither', async () => {
    const second = await FakeAgent.start(new FakeAgent({ deployment: 'the-second' }));
    const other = bed.admit(second);
    const blamed = bed.contradictions.length;
    const as = `client:${++seed}`;
    const body = sealedRequest(++seed);
    await take(bed, { path: `/ohttp/${POOL}/${node}`, body, as });
    await take(bed, { path: `/ohttp/${POOL}/${other}`, body, as });
    const ofBoth = async () =>
      (await bed.store.usage(0, 999)).filter((one) => one.session === sessionOf(body));
    await until(async () => (await ofBoth()).length === 2);
    expect((await ofBoth()).map((one) => one.node).sort()).toEqual([node, other].sort());
    expect(bed.contradictions.length).toBe(blamed);
    await second.stop();
  });

  it('that comes late of one node is not missed for another that was sent the same', async () => {
    const second = await FakeAgent.start();
    const other = bed.admit(second);
    const as = `client:${++seed}`;
    const body = sealedRequest(++seed);
    await take(bed, { path: `/ohttp/${POOL}/${node}`, body, as });
    let statement = '';
    second.serve = async (request, response) => {
      const came = await bodyOf(request);
      const account = request.headers['postern-account'] as string;
      statement = second.sign({ ...second.claims(account, came), outcome: 'aborted' });
      second.begin(response);
    };
    const sent = send(bed, { path: `/ohttp/${POOL}/${other}`, body, as });
    await sent.response;
    sent.request.destroy();
    await until(async () => (await bed.store.unmetered(sessionOf(body), other)) !== undefined);
    expect(await bed.broker.handIn(other, [statement])).toEqual(['taken']);
    await second.stop();
  });

  it('is taken of an answer that its client left without reading the end', async () => {
    agent.serve = async (request, response) => {
      const body = await bodyOf(request);
      agent.begin(response);
      const part = Buffer.alloc(64 * 1024, 5);
      let full = 0;
      while (full < 10) {
        full = response.writableNeedDrain ? full + 1 : 0;
        if (full === 0) response.write(part);
        await new Promise((resolve) => setTimeout(resolve, full === 0 ? 0 : 20));
      }
      agent.finish(request, response, body);
      isWhole.resolve();
    };
    const isWhole = Promise.withResolvers<void>();
    const body = sealedRequest(++seed);
    const as = `client:${++seed}`;
    const { request, response } = send(bed, { path: `/ohttp/${POOL}/${node}`, body, as });
    (await response).pause().on('error', () => {});
    await isWhole.promise;
    request.destroy();
    await until(async () =>
      (await bed.store.usage(0, 999)).some((one) => one.session === sessionOf(body)),
    );
    expect(await bed.store.unmetered(sessionOf(body), node)).toBeUndefined();
  });

  it('is seen by its own account, and by those who may see all', async () => {
    const { session, as } = await fateOf((claims) => agent.sign(claims));
    const get = async (who: string) =>
      JSON.parse((await take(bed, { method: 'GET', path: '/v1/usage', as: who })).body.toString());
    const own = await get(as);
    expect(own.items).toHaveLength(1);
    expect(own.items[0]).toMatchObject({ node });
    const claims = JSON.parse(
      Buffer.from(own.items[0].usage.split('.')[1], 'base64url').toString(),
    );
    expect(claims.session).toBe(session);
    expect((await get('client:nobody')).items).toEqual([]);
    expect((await get('auditor')).items.length).toBeGreaterThan(1);
  });
});
