import { once } from 'node:events';
import { beforeAll, expect, it } from 'vitest';
import { nodeDirectory } from '../../../src/cli/gateway/node-directory.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { brokerBed, send, take, until } from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent, sealedRequest } from '../../support/fake-agent.ts';
import {
  ADMIN,
  attest,
  enrol,
  type FleetBed,
  fleetBed,
  type Member,
  member,
  policyFile,
  REASON,
} from '../../support/fleet-bed.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

let one: Member;
let agent: FakeAgent;

beforeAll(async () => {
  const hour = (hours: number) =>
    `${new Date(SIMULATED_NOW + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
  agent = await FakeAgent.start(new FakeAgent({ not_before: hour(-1), not_after: hour(1) }));
  one = await member('one', {
    edit: (plan) => {
      plan.keyset = agent.keyset;
    },
  });
  return () => agent.stop();
}, 120_000);

interface Machine {
  readonly here: FleetBed;
  readonly id: string;
  /** Does something that the other gateway is told of only when it is done. */
  readonly unseen: (acts: () => Promise<void>) => Promise<void>;
}
type Act = (machine: Machine) => Promise<unknown>;

describeStores('two gateways of one database', (kind) => {
  it.each<readonly [string, Act, number]>([
    ['revoked', ({ here, id }) => here.fleet.revoke(id, ADMIN, REASON), 503],
    [
      'put out and let in again, before the other has looked,',
      async ({ here, id, unseen }) => {
        await unseen(async () => {
          await here.fleet.quarantine(id, ADMIN, REASON);
          await here.fleet.release(id, ADMIN, REASON);
          here.clock.now += 1000;
          expect(await attest(here, id, one)).toMatchObject({ verdict: 'accept' });
        });
      },
      200,
    ],
  ])('a machine that is %s at one has its streams cut at the other', async (_, act, after) => {
    await withBed(kind, async (bed) => {
      const here = await fleetBed(await bed.open(), { published: [one] });
      const store = await bed.open();
      const { clock } = here;
      const now = () => clock.now;
      const listeners = new Set<() => void>();
      let isHeld = false;
      const tellAll = () => {
        if (!isHeld) for (const tell of listeners) tell();
      };
      const stop = await store.watchEvents(tellAll);
      const unseen = async (acts: () => Promise<void>) => {
        isHeld = true;
        await acts();
        isHeld = false;
        tellAll();
      };
      const failures: unknown[] = [];
      const there = await brokerBed({
        pools: [{ name: 'tdx', models: ['some-model'] }],
        deps: {
          store,
          now,
          nodes: nodeDirectory({
            store,
            now,
            onEvents: (callback) => {
              listeners.add(callback);
              return () => void listeners.delete(callback);
            },
            witnesses: async () => undefined,
            onFailure: (error) => failures.push(error),
          }),
        },
      });
      try {
        await here.fleet.activatePolicy('tdx', ADMIN, policyFile(one, 'tdx'), []);
        const { endpoint } = agent;
        const { id } = await enrol(here, one, { name: 'one', pool: 'tdx', endpoint });
        expect(await attest(here, id, one)).toMatchObject({ verdict: 'accept' });
        const path = `/ohttp/tdx/${id}`;
        // It was let in at the other gateway: this one comes to know.
        await until(async () => {
          const { status } = await take(there, { path, body: sealedRequest(++seed) });
          return status === 200;
        });
        agent.serve = async (request, response) => {
          await bodyOf(request);
          agent.begin(response);
        };
        const answer = await send(there, { path, body: sealedRequest(++seed) }).response;
        const broken = new Promise((resolve) => answer.once('close', resolve));
        await once(
          answer.on('error', () => {}),
          'data',
        );
        await act({ here, id, unseen });
        await broken;
        expect(answer.complete).toBe(false);
        agent.serve = (request, response) => agent.answer(request, response);
        const next = await take(there, { path, body: sealedRequest(++seed) });
        expect(next.status).toBe(after);
        expect(failures).toEqual([]);
      } finally {
        agent.serve = (request, response) => agent.answer(request, response);
        await there.close();
        await stop();
        await here.close();
      }
    });
  });
});

let seed = 0;
