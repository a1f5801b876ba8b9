import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Member, member } from '../../support/fleet-bed.ts';
import { flood } from '../../support/flood.ts';
import {
  bearer,
  call,
  enrolAt,
  enrolmentBody,
  enrolmentChallenge,
  keyOnly,
} from '../../support/gateway-caller.ts';
import { expectLogLines } from '../../support/log-lines.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

const BOGUS = 10_000;
const MIB = 1024 * 1024;
let here: WholeGateway;
let nodes: { readonly id: string; readonly member: Member }[];

beforeAll(async () => {
  const members = await Promise.all(
    Array.from({ length: 8 }, (_, i) => member(`honest ${i}`, { endorsements: 'carried' })),
  );
  const [model] = members;
  if (model === undefined) throw new Error('no machine');
  const more = 'limits: { rates: { node: 100000, address: 100000, credential: 100000 } }';
  here = await wholeGateway({ model, more });
  nodes = [];
  for (const [i, one] of members.entries()) {
    nodes.push({ id: await enrolAt(here, one, `honest-${i}`), member: one });
  }
}, 120_000);

afterAll(() => here.close());

function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it('ten thousand enrolments that are made up leave eight honest nodes served, and nothing behind', async () => {
  await flood(here, 300, nodes);
  expectLogLines(here.said.splice(0));
  const [spent, before] = [here.rows('spent'), heap()];
  const { bogus, honest } = await flood(here, BOGUS, nodes);
  const grown = heap() - before;
  expect(new Set(honest)).toEqual(new Set([200]));
  expect(Object.values(bogus).reduce((sum, one) => sum + one, 0)).toBe(BOGUS);
  expect(Object.keys(bogus).every((status) => ['400', '401', '403', '429'].includes(status))).toBe(
    true,
  );
  expect([here.rows('nodes'), here.rows('challenge_keys')]).toEqual([nodes.length, 1]);
  expect(here.rows('spent') - spent).toBe(3 * honest.length);
  // Ours is the log of the whole flood, kept to be looked at.
  expectLogLines(here.said);
  expect(grown).toBeLessThan(96 * MIB);
});

it('a stolen key that brings machines in fills one pool to its bound, and an admin still may', async () => {
  let status = 201;
  let count = 0;
  const headers = { ...bearer(here.keys.node), 'content-type': 'application/json' };
  const enrol = async (key: string) => {
    const one = keyOnly();
    const { nonce } = await enrolmentChallenge(here, one, key);
    const body = enrolmentBody(one, { origin: here.origin, nonce, name: `stolen-${count}` });
    const asked = {
      method: 'POST',
      path: '/v1/nodes',
      headers: { ...headers, ...bearer(key) },
      body,
    };
    return (await call(here, asked)).status;
  };
  while (status === 201 && count < 5000) {
    status = await enrol(here.keys.node);
    if (status === 201) count++;
  }
  expect([status, count]).toEqual([409, 4096]);
  expect(await enrol(here.keys.admin)).toBe(201);
});
