import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerBed, brokerBed, send, take, until } from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest } from '../../support/fake-agent.ts';

let bed: BrokerBed;
let agent: FakeAgent;
const challenges: string[] = [];

beforeAll(async () => {
  bed = await brokerBed({
    pools: [
      { name: 'eu-pool', models: ['small', 'large'], region: 'eu' },
      { name: 'us-pool', models: ['large'], region: 'us' },
      { name: 'empty', models: ['none'] },
    ],
    limits: {
      each: { requests: 1000, streams: 2, tokens: 10, evidence: 2 },
      nodeEvidence: 3,
    },
    deps: {
      callEvidence: async (_endpoint, { nonce, purpose, session }) => {
        const of = session ? ` ${Buffer.from(session).toString('hex')}` : '';
        challenges.push(`${purpose} ${Buffer.from(nonce).toString('hex')}${of}`);
        return Buffer.from('{"v":1}');
      },
      endorse: async (bundle) => Buffer.concat([bundle, Buffer.from(' ')]),
    },
  });
  agent = await FakeAgent.start();
  bed.admit(agent, { pool: 'eu-pool' });
  bed.admit(agent, { pool: 'eu-pool', name: 'box', services: { ssh: '[2001:db8::1]:22' } });
  bed.admit(agent, { pool: 'us-pool' });
});
afterAll(async () => {
  await agent.stop();
  await bed.close();
});

const get = async (path: string, as = 'client') => {
  const { status, body } = await take(bed, { method: 'GET', path, as });
  return { status, body: JSON.parse(body.toString()) };
};
const [EU1, EU2, US] = [1, 2, 3].map((n) => n.toString(16).padStart(32, '0')) as [
  string,
  string,
  string,
];

describe('candidates', () => {
  it('are nodes of a pool that serves the model, by weight, with what proves them', async () => {
    const { status, body } = await get('/v1/candidates?model=small');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      pool: 'eu-pool',
      model: 'small',
      ledger: { origin: 'log.example' },
    });
    const nodes = body.candidates.map(({ node }: { node: string }) => node);
    expect(nodes.sort()).toEqual([EU1, EU2]);
    const sum = body.candidates.reduce(
      (all: number, one: { weight: number }) => all + one.weight,
      0,
    );
    expect(sum).toBeCloseTo(1);
    expect(body.candidates[0]).toMatchObject({
      region: 'eu',
      keysetSha384: agent.keysetSha384,
      proofs: [{ entry: 'AQ==', proof: 'Ag==' }],
    });
  });

  it('keep to a region and to a count', async () => {
    expect((await get('/v1/candidates?model=large&region=us')).body).toMatchObject({
      pool: 'us-pool',
      candidates: [{ node: US, region: 'us' }],
    });
    expect((await get('/v1/candidates?pool=eu-pool&count=1')).body.candidates).toHaveLength(1);
    expect((await get('/v1/candidates?pool=empty')).body.candidates).toEqual([]);
  });

  it('are one node of a pool, with where its services are', async () => {
    expect((await get(`/v1/candidates?pool=eu-pool&node=${EU2}`)).body.candidates).toMatchObject([
      { node: EU2, name: 'box', services: { ssh: '[2001:db8::1]:22' } },
    ]);
    expect((await get(`/v1/candidates?pool=us-pool&node=${EU2}`)).body.candidates).toEqual([]);
  });

  it.each([['box'], ['BOX'], [EU2], ['[2001:db8::1]:22'], ['2001:db8::1']])(
    'are those of a pool that are called %s, however many it has',
    async (name) => {
      const query = `name=${encodeURIComponent(name)}&count=1`;
      const { body } = await get(`/v1/candidates?pool=eu-pool&${query}`);
      expect(body.candidates).toMatchObject([{ node: EU2 }]);
      expect((await get(`/v1/candidates?pool=us-pool&${query}`)).body.candidates).toEqual([]);
    },
  );

  it.each([
    ['?name=box', 400],
    ['?model=large&name=box', 400],
    ['?pool=eu-pool&name=', 400],
    [`?node=${'ab'.repeat(16)}`, 400],
    [`?model=large&node=${'ab'.repeat(16)}`, 400],
    ['?pool=eu-pool&node=box', 400],
    ['?model=small&region=us', 404],
    ['?pool=none', 404],
    ['', 400],
    ['?model=small&count=0', 400],
  ])('%s: %i', async (query, status) => {
    expect((await get(`/v1/candidates${query}`)).status).toBe(status);
  });

  it('are for clients, and models are for everybody', async () => {
    expect((await get('/v1/candidates?model=small', 'admin')).status).toBe(403);
    const { body } = await get('/v1/models', 'x');
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(['small', 'large', 'none']);
  });
});

describe('evidence', () => {
  const ask = (node: string, as: string, purpose = 'client', session?: string) =>
    take(bed, {
      path: `/v1/nodes/${node}/evidence`,
      as,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ nonce: '5a'.repeat(32), purpose, session })),
    });

  it('is asked for with the client’s own challenge, so often and no more', async () => {
    const answer = await ask(EU1, 'client:a');
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"v":1} ']);
    expect(answer.headers['content-type']).toBe('application/vnd.postern.bundle+json');
    expect(challenges.at(-1)).toBe(`client ${'5a'.repeat(32)}`);
    expect((await ask(EU1, 'client:a', 'admission:https://gate.example')).status).toBe(400);
    expect((await ask('ab'.repeat(16), 'client:a')).status).toBe(404);
    // Of a connection of the client's own, which it has to name.
    for (const session of [undefined, 'ab'.repeat(19), 'ab'.repeat(65), 'AB'.repeat(32)]) {
      expect((await ask(EU1, 'client:a', 'ssh-session', session)).status).toBe(400);
    }
    expect((await ask(EU1, 'client:a', 'client', 'ab'.repeat(32))).status).toBe(400);
    expect((await ask(US, 'client:d', 'ssh-session', 'ab'.repeat(32))).status).toBe(200);
    expect(challenges.at(-1)).toBe(`ssh-session ${'5a'.repeat(32)} ${'ab'.repeat(32)}`);
    expect((await ask(EU2, 'client:a')).status).toBe(200);
    expect((await ask(EU2, 'client:a')).status).toBe(429);
    // Of one node no more than so many, whoever asks.
    expect((await ask(EU1, 'client:b')).status).toBe(200);
    expect((await ask(EU1, 'client:b')).status).toBe(200);
    expect((await ask(EU1, 'client:c')).status).toBe(429);
  });

  it('of an epoch is asked for once in a while', async () => {
    for (let n = 0; n < 3; n++) {
      const { status, body } = await get(`/v1/nodes/${EU1}/epoch`);
      expect([status, body.checkpoint]).toEqual([200, 'log.example\n1\n']);
      expect(Buffer.from(body.bundle, 'base64').toString()).toBe('{"v":1} ');
    }
    expect(agent.epochs).toBe(1);
    bed.clock.now += 60_001;
    await get(`/v1/nodes/${EU1}/epoch`);
    expect(agent.epochs).toBe(2);
  });
});

describe('a key may', () => {
  it('have so many streams at once', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const path = `/ohttp/eu-pool/${EU1}`;
    const open = [1, 2].map((n) => send(bed, { path, body: sealedRequest(n), as: 'client:s' }));
    await Promise.all(open.map(({ response }) => response));
    expect((await take(bed, { path, body: sealedRequest(3), as: 'client:s' })).status).toBe(429);
    for (const { request } of open) request.destroy();
    agent.serve = (request, response) => agent.answer(request, response);
    await until(async () => {
      const body = sealedRequest(Math.random() * 1e6);
      return (await take(bed, { path, body, as: 'client:s' })).status === 200;
    });
  });

  it('use so many tokens a day, whichever gateway counted them', async () => {
    const path = `/ohttp/eu-pool/${EU1}`;
    const ask = (n: number) => take(bed, { path, body: sealedRequest(n), as: 'client:t' });
    expect((await ask(101)).status).toBe(200);
    expect((await ask(102)).status).toBe(200);
    await until(async () => (await ask(Math.random() * 1e6)).status === 429);
    const refused = await ask(103);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    bed.clock.now += 86_400_000;
    bed.admit(agent, { id: EU1, pool: 'eu-pool' });
    expect((await ask(104)).status).toBe(200);
  });
});
