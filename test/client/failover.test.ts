import { beforeAll, beforeEach, expect, it } from 'vitest';
import { createPostern } from '../../src/client/create-postern.ts';
import type { Postern } from '../../src/client/postern.ts';
import { type ClientBed, clientBed, NODE } from '../support/client/bed.ts';
import { GATEWAY, POOL, refusal } from '../support/client/gateway.ts';
import { StandInMachine } from '../support/client/machine.ts';
import { openAiServer } from '../support/client/openai-server.ts';

const SECOND = 'cc'.repeat(16);
let bed: ClientBed;

beforeAll(async () => {
  bed = await clientBed();
  await bed.gateway.admit(await StandInMachine.create(SECOND, openAiServer));
}, 120_000);

beforeEach(() => {
  bed.gateway.asked.length = 0;
});

const models = (postern: Postern) => postern.fetch(`${GATEWAY}/v1/models`);
const relayed = () => bed.gateway.paths().filter((path) => path.startsWith('POST /ohttp/'));

/** These have too much to do. */
function busy(...nodes: readonly string[]): void {
  bed.gateway.answering = async (asked, honest) =>
    asked.path.startsWith('/ohttp/') && nodes.some((node) => asked.path.endsWith(node))
      ? refusal(503, 'busy', { 'retry-after': '3' })
      : honest();
}

it.each([NODE, SECOND])('a request goes to another machine while %s is too busy', async (node) => {
  busy(node);
  const postern = await createPostern(bed.options);
  for (let i = 0; i < 8; i++) expect((await models(postern)).status).toBe(200);
  const other = node === NODE ? SECOND : NODE;
  expect(relayed().filter((path) => path.endsWith(other))).toHaveLength(8);
});

it('where all are, the gateway’s word of it is passed on, as such', async () => {
  busy(NODE, SECOND);
  const response = await models(await createPostern(bed.options));
  expect(response.status).toBe(503);
  expect(response.headers.get('postern-unauthenticated')).toBe('1');
  expect(response.headers.get('retry-after')).toBe('3');
  expect(new Set(relayed()).size).toBe(2);
});

it('each machine gets its own seal', async () => {
  busy(NODE);
  const postern = await createPostern(bed.options);
  for (let i = 0; i < 4; i++) await models(postern);
  const bodies = bed.gateway.asked.filter(({ path }) => path.startsWith('/ohttp/'));
  const encs = bodies.map(({ body }) => Buffer.from(body.subarray(7, 1127)).toString('hex'));
  expect(new Set(encs).size).toBe(bodies.length);
});

it('machines that came since the last proposal are asked for where all of that one are too busy', async () => {
  let isThere = false;
  bed.gateway.answering = async (asked, honest) => {
    if (asked.path.startsWith('/ohttp/') && asked.path.endsWith(NODE)) {
      isThere = true;
      return refusal(503, 'busy', { 'retry-after': '3' });
    }
    const answer = await honest();
    if (isThere || !asked.path.startsWith('/v1/candidates')) return answer;
    const said = (await answer.json()) as { candidates: { node: string }[] };
    const candidates = said.candidates.filter(({ node }) => node === NODE);
    return Response.json({ ...said, candidates });
  };
  const postern = await createPostern(bed.options);
  expect((await models(postern)).status).toBe(200);
  expect(relayed().map((path) => path.slice(-NODE.length))).toEqual([NODE, SECOND]);
});

it('a machine of two pools is asked for in the one that it was chosen from', async () => {
  bed.gateway.answering = async (asked, honest) => {
    const response = await honest();
    if (!asked.path.includes('model=m2')) return response;
    return Response.json({ ...(await response.json()), pool: 'another' });
  };
  const { pool: _, ...unnamed } = bed.options;
  const postern = await createPostern(unnamed);
  for (const model of ['m1', 'm2', 'm2', 'm2', 'm2', 'm2', 'm2', 'm2']) {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ model, messages: [] });
    const response = await postern.fetch(`${GATEWAY}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body,
    });
    await response.text();
  }
  const pools = relayed().map((path) => path.split('/')[2]);
  expect(pools).toEqual([POOL, ...Array.from({ length: 7 }, () => 'another')]);
});
