import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerLimits } from '../../../src/gateway/broker/deps.ts';
import {
  type BrokerBedOptions,
  brokerBed,
  POOL,
  send,
  take,
  until,
} from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest } from '../../support/fake-agent.ts';

const closing: (() => Promise<void>)[] = [];
let seed = 0;
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function opened(quotas: BrokerBedOptions['quotas'], each: Partial<BrokerLimits['each']>) {
  const usual = { requests: 1000, streams: 50, tokens: undefined, evidence: 100 };
  const limits = { each: { ...usual, ...each }, nodeEvidence: 100 };
  const bed = await brokerBed({ limits, ...(quotas && { quotas }) });
  const agent = await FakeAgent.start();
  closing.push(async () => {
    await agent.stop();
    await bed.close();
  });
  const node = bed.admit(agent);
  const path = `/ohttp/${POOL}/${node}`;
  const asked = (as: string) => ({ path, body: sealedRequest(++seed), as: `client:${as}` });
  return { bed, agent, node, asked, ask: (as: string) => take(bed, asked(as)) };
}

const detailOf = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString()).detail;

describe('a quota of a key’s own goes before that of each key', () => {
  it('in sessions a minute', async () => {
    const { bed, ask } = await opened(
      { few: { requests: 1 }, many: { requests: 4 } },
      { requests: 2 },
    );
    const answers = async (as: string, count: number) => {
      const statuses: number[] = [];
      for (let i = 0; i < count; i++) statuses.push((await ask(as)).status ?? 0);
      return statuses;
    };
    expect(await answers('few', 2)).toEqual([200, 429]);
    expect(await answers('usual', 3)).toEqual([200, 200, 429]);
    expect(await answers('many', 5)).toEqual([200, 200, 200, 200, 429]);
    const own = 'too many sessions a minute, by the key’s own quota';
    expect([detailOf(await ask('few')), detailOf(await ask('many'))]).toEqual([own, own]);
    const usual = 'too many sessions a minute, by the quota of each key';
    expect(detailOf(await ask('usual'))).toBe(usual);
    // Their tokens come back as fast as each may.
    bed.clock.now += 30_000;
    expect(await answers('few', 1)).toEqual([429]);
    expect(await answers('many', 3)).toEqual([200, 200, 429]);
  });

  it('in sessions a minute, which somebody who sets the clock back does not take from it', async () => {
    const { bed, ask } = await opened({ few: { requests: 1 } }, {});
    expect((await ask('few')).status).toBe(200);
    bed.clock.setBack = 3_600_000;
    bed.clock.now += 60_000;
    expect((await ask('few')).status).toBe(200);
  });

  it('in streams at once', async () => {
    const { bed, agent, asked, ask } = await opened({ wide: { streams: 2 } }, { streams: 1 });
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const running = ['usual', 'wide', 'wide'].map((as) => send(bed, asked(as)));
    for (const { response } of running) expect((await response).statusCode).toBe(200);
    expect(detailOf(await ask('usual'))).toBe(
      'has 1 streams, and may have no more at once, by the quota of each key',
    );
    expect(detailOf(await ask('wide'))).toBe(
      'has 2 streams, and may have no more at once, by the key’s own quota',
    );
    for (const { request } of running) request.destroy();
  });

  it('in tokens a day', async () => {
    const { ask } = await opened(
      { small: { tokens: 1 }, all: { tokens: 'unlimited' } },
      { tokens: 10 },
    );
    expect((await ask('small')).status).toBe(200);
    await until(async () => (await ask('small')).status === 429);
    expect(detailOf(await ask('small'))).toBe(
      'has used up its 1 tokens of the day, by the key’s own quota',
    );
    await until(async () => (await ask('usual')).status === 429);
    expect(detailOf(await ask('usual'))).toBe(
      'has used up its 10 tokens of the day, by the quota of each key',
    );
    for (let i = 0; i < 5; i++) expect((await ask('all')).status).toBe(200);
  });

  it('in challenges a minute', async () => {
    const { bed, node } = await opened({ curious: { evidence: 2 } }, { evidence: 1 });
    const ask = (as: string) =>
      take(bed, {
        path: `/v1/nodes/${node}/evidence`,
        as: `client:${as}`,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ nonce: '5a'.repeat(32), purpose: 'client' })),
      });
    for (const [as, count] of [
      ['usual', 1],
      ['curious', 2],
    ] as const) {
      for (let i = 0; i < count; i++) expect((await ask(as)).status).toBe(200);
      expect((await ask(as)).status).toBe(429);
    }
  });
});
