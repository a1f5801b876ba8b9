import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { schemaMisfits } from '../../../src/core/document/schema-misfits.ts';
import { EpochSchema, epochNonce } from '../../../src/protocol/session/epoch.ts';
import { verifyUsage } from '../../../src/protocol/session/usage.ts';
import {
  type AgentBed,
  type AgentBedOptions,
  agentBed,
  ask,
  Clock,
  innerRequest,
  keysOf,
  sealed,
  send,
  until,
} from '../../support/agent-bed.ts';
import { testFolder } from '../../support/test-folder.ts';
import { ENROLMENT_KEY, FakeGateway, NODE, ORIGIN, testSigner } from './fake-gateway.ts';

const MINUTE = 60_000;
const body = { model: 'simulated', messages: [{ role: 'user', content: 'a' }] };

const gateways: FakeGateway[] = [];
afterEach(() => {
  for (const { misfits } of gateways.splice(0)) expect(misfits).toEqual([]);
});

async function enrolledBed(
  mood: FakeGateway['mood'] = 'well',
  ttl = 60 * MINUTE,
  written: AgentBedOptions['written'] = {},
) {
  const clock = new Clock();
  const gateway = new FakeGateway(() => clock.now);
  gateways.push(gateway);
  gateway.mood = mood;
  gateway.ttl = ttl;
  const bed = await agentBed({
    written: {
      ...written,
      gateway: {
        origin: ORIGIN,
        pool: 'p',
        name: 'n',
        endpoint: 'https://203.0.113.7:8500/v1/attest',
        enrolmentKey: 'key',
      },
    },
    secrets: { enrolmentKey: ENROLMENT_KEY },
    deps: {
      fetch: gateway.fetch,
      signer: testSigner(),
    },
    clock,
  });
  return { bed, gateway, clock };
}

const inForce = (bed: AgentBed) => until(() => bed.agent.keyset() !== undefined);
const digestOf = (bed: AgentBed) => keysOf(bed.agent.keyset()).digest;

describe('an agent with a gateway', () => {
  it('enrols, shows its keys, and only then tells clients', async () => {
    const { bed, gateway } = await enrolledBed();
    await inForce(bed);
    expect(gateway.asked.slice(0, 4)).toEqual([
      'POST /v1/challenges',
      'POST /v1/nodes',
      'POST /v1/nodes/:node/challenges',
      'POST /v1/nodes/:node/attestations',
    ]);
    expect(gateway.admitted).toEqual([digestOf(bed)]);
    expect(gateway.enrolled).toMatchObject([
      {
        name: 'n',
        pool: 'p',
        endpoint: 'https://203.0.113.7:8500/v1/attest',
        inventory: { cpu: 'snp', gpus: 0, switches: 0 },
      },
    ]);
  });

  it('tells where what it serves is reached, and nothing of what it does not serve', async () => {
    const ssh = { folder: join(testFolder(), 'ssh'), address: '203.0.113.7:22' };
    const tls = { listen: '127.0.0.1:0', names: ['a.example'], forward: '127.0.0.1:1' };
    const told = async (more: AgentBedOptions['written']) => {
      const { bed, gateway } = await enrolledBed('well', 60 * MINUTE, more);
      await inForce(bed);
      return (gateway.enrolled[0] as { services?: unknown }).services;
    };
    expect(await told({})).toBeUndefined();
    expect(await told({ tls })).toBeUndefined();
    expect(await told({ ssh, tls })).toEqual({ ssh: '203.0.113.7:22' });
    expect(await told({ tls: { ...tls, address: 'a.example:8443' } })).toEqual({
      tls: 'a.example:8443',
    });
  });

  it.each(['down', 'rejects', 'other-purpose'] as const)(
    'that is %s: nobody is told keys',
    async (mood) => {
      const { bed, gateway, clock } = await enrolledBed(mood);
      await until(() => bed.agent.metrics.of('gateway_failures') === 1);
      expect(bed.agent.keyset()).toBeUndefined();
      const call = utf8(JSON.stringify({ nonce: '5a'.repeat(32), purpose: 'client' }));
      const headers = { 'content-type': 'application/json' };
      expect((await send(bed, call, { address: 'attest', headers })).status).toBe(503);
      gateway.mood = 'well';
      // Half of the first wait is over by chance, not all of it.
      clock.advance(1000);
      expect(bed.agent.keyset()).toBeUndefined();
      clock.advance(1000);
      await inForce(bed);
    },
  );

  it('shows new keys before clients are told them, and keeps the old ones meanwhile', async () => {
    const { bed, gateway, clock } = await enrolledBed();
    await inForce(bed);
    const first = digestOf(bed);
    gateway.mood = 'rejects';
    clock.advance(51 * MINUTE);
    await until(() => bed.agent.metrics.of('gateway_failures') > 0);
    expect(digestOf(bed)).toBe(first);
    gateway.mood = 'well';
    clock.advance(MINUTE);
    await until(() => digestOf(bed) !== first);
    expect(gateway.admitted.at(-1)).toBe(digestOf(bed));
  });

  it('renews its admission before it ends', async () => {
    const { bed, gateway, clock } = await enrolledBed('well', 8 * MINUTE);
    await inForce(bed);
    clock.advance(6 * MINUTE);
    await until(() => gateway.admitted.length >= 2);
    expect(gateway.admitted[1]).toBe(digestOf(bed));
  });

  it('asks again where its admission was taken back', async () => {
    const { bed, gateway, clock } = await enrolledBed();
    await inForce(bed);
    await until(() => gateway.asked.includes('GET /checkpoint'));
    gateway.mood = 'lapsed';
    clock.advance(MINUTE + 1);
    await until(() => gateway.admitted.length === 2);
  });

  it('enrols again with a gateway that forgot it', async () => {
    const { bed, gateway, clock } = await enrolledBed();
    await inForce(bed);
    await until(() => gateway.asked.includes('GET /checkpoint'));
    gateway.mood = 'forgot';
    clock.advance(MINUTE + 1);
    await until(() => bed.agent.metrics.of('gateway_failures') === 1);
    clock.advance(MINUTE);
    await until(() => gateway.enrolled.length === 2);
  });

  it('answers its challenges at the endpoint, and no other gateway’s', async () => {
    const { bed } = await enrolledBed();
    await inForce(bed);
    const statusOf = async (purpose: string) => {
      const call = utf8(JSON.stringify({ nonce: '5a'.repeat(32), purpose }));
      const headers = { 'content-type': 'application/json' };
      return (await send(bed, call, { address: 'attest', headers })).status;
    };
    expect(await statusOf(`admission:${ORIGIN}`)).toBe(200);
    expect(await statusOf('admission:https://other.example')).toBe(403);
  });
});

describe('an epoch', () => {
  it('is made of a checkpoint that somebody cosigned', async () => {
    const { bed, gateway, clock } = await enrolledBed();
    await inForce(bed);
    await until(() => bed.lines.some((line) => line.includes('not-cosigned')));
    const get = () => send(bed, new Uint8Array(), { address: 'epoch', method: 'GET' });
    expect((await get()).status).toBe(404);
    gateway.checkpoint += '— witness.example AAAAAWFi\n';
    clock.advance(5 * MINUTE);
    await until(() => bed.lines.some((line) => line.includes('epoch made')));
    const { checkpoint, bundle } = JSON.parse(Buffer.from((await get()).body).toString());
    expect(checkpoint).toBe(gateway.checkpoint);
    const { binding, devices } = parseBundle(new Uint8Array(Buffer.from(bundle, 'base64')));
    const bound = bindingOf(binding, devices);
    expect(bound.purpose).toBe('epoch:log.example/1');
    expect(toHex(bound.nonce ?? new Uint8Array())).toBe(toHex(epochNonce(utf8(checkpoint))));
    expect(toHex(bound.keyset?.sha384 ?? new Uint8Array())).toBe(digestOf(bed));
  });

  it('is made of a checkpoint that as many cosigned by ML-DSA-44 as a policy may name', async () => {
    const { bed, gateway } = await enrolledBed();
    const line = Buffer.alloc(4 + 8 + 2420, 1).toString('base64');
    for (let i = 0; i < 32; i++) gateway.checkpoint += `— witness.example/${i} ${line}\n`;
    await inForce(bed);
    await until(() => bed.lines.some((text) => text.includes('epoch made')));
    const answer = await send(bed, new Uint8Array(), { address: 'epoch', method: 'GET' });
    const epoch = JSON.parse(Buffer.from(answer.body).toString());
    expect(epoch.checkpoint).toBe(gateway.checkpoint);
    expect(schemaMisfits(EpochSchema, epoch)).toEqual([]);
  });
});

describe('usage', () => {
  it('of sessions that broke is handed in, and what went with the answer is not', async () => {
    const { bed, gateway } = await enrolledBed();
    await inForce(bed);
    await ask(bed, { body });
    const broken = { ...body, model: 'fault:dies-mid-stream', stream: true };
    await send(bed, sealed(bed, innerRequest(bed, { body: broken })).bytes);
    await until(() => gateway.usage.length === 1);
    const { receiptKey } = keysOf(bed.agent.keyset());
    expect(verifyUsage(gateway.usage[0] ?? '', receiptKey)).toMatchObject({
      outcome: 'failed',
      seq: 2,
      model: 'fault:dies-mid-stream',
      counted: false,
    });
    // It says how much it was at its end: whoever breaks it off has had this much nevertheless.
    expect(verifyUsage(gateway.usage[0] ?? '', receiptKey).completionTokens).toBeGreaterThan(0);
  });

  it('is handed in again where its session was not noted down yet, and not for ever', async () => {
    const { bed, gateway } = await enrolledBed();
    await inForce(bed);
    const broken = { ...body, model: 'fault:dies-mid-stream', stream: true };
    const breakOne = () => send(bed, sealed(bed, innerRequest(bed, { body: broken })).bytes);
    gateway.usageFates.push('session', 'lost');
    await breakOne();
    await until(() => {
      bed.clock.advance(1000);
      return gateway.usage.length === 1;
    });
    gateway.usageFates.push(...Array.from({ length: 10 }, () => 'session' as const));
    await breakOne();
    await until(() => {
      bed.clock.advance(60_000);
      return bed.agent.metrics.of('usage_lost') === 1;
    });
    expect(gateway.usage).toHaveLength(1);
  });

  it('is kept while the gateway is away, and handed in at the end', async () => {
    const { bed, gateway } = await enrolledBed();
    await inForce(bed);
    gateway.mood = 'down';
    const broken = { ...body, model: 'fault:dies-mid-stream', stream: true };
    for (let i = 0; i < 3; i++) {
      await send(bed, sealed(bed, innerRequest(bed, { body: broken })).bytes);
    }
    await until(() => bed.agent.metrics.of('sessions_failed') === 3);
    gateway.mood = 'well';
    await bed.agent.close();
    expect(gateway.usage).toHaveLength(3);
    expect(bed.agent.keyset()).toBeUndefined();
  });
});

describe('an agent that ends before a silent gateway', () => {
  it('does not wait for what it asked it', async () => {
    const { bed, gateway } = await enrolledBed('silent');
    await until(() => gateway.asked.length > 0);
    await bed.agent.close();
    expect(bed.lines.at(-1)).toContain('agent closed');
  });

  it('waits no longer with usage than with sessions', async () => {
    const { bed, gateway, clock } = await enrolledBed();
    await inForce(bed);
    gateway.mood = 'silent';
    const broken = { ...body, model: 'fault:dies-mid-stream', stream: true };
    await send(bed, sealed(bed, innerRequest(bed, { body: broken })).bytes);
    await until(() => gateway.asked.at(-1) === 'POST /v1/usage');
    const closing = bed.agent.close();
    await until(() => gateway.asked.filter((one) => one === 'POST /v1/usage').length === 2);
    clock.advance(bed.config.limits.closeWithin);
    await closing;
    expect(bed.agent.metrics.of('usage_lost')).toBe(1);
    gateway.mood = 'well';
  });
});

it('nothing of a gateway’s node, key or nonce is needed to read the log', async () => {
  const { bed } = await enrolledBed();
  await inForce(bed);
  const lines = bed.lines.map((line) => JSON.parse(line));
  expect(lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining([
      'agent listening',
      'keys made',
      'enrolled',
      'admitted',
      'keys in force',
    ]),
  );
  expect(lines.find(({ msg }) => msg === 'enrolled')).toMatchObject({ node: NODE });
  expect(bed.lines.join('')).not.toContain(ENROLMENT_KEY);
});
