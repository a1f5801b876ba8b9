import { availableParallelism, loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { freshPath } from '../../cli/gateway/gateways.ts';
import { Random } from '../../fuzz/random.ts';
import { type Bed, describeStores, SQLITE } from '../../support/store-beds.ts';
import { Aftermath, expectAudited, idsOfFate } from './aftermath.ts';
import { Campaign, shuffledHalf, withFate } from './campaign.ts';
import { Endpoints } from './endpoints.ts';
import { Front } from './front.ts';
import { copyGatewayFolder, type GatewayFolder, makeGatewayFolder } from './gateway-folder.ts';
import { type GatewayProcess, killGateways, startGateway } from './gateway-process.ts';
import { Observer } from './observer.ts';
import { type Machine, population } from './population.ts';
import { type Measured, Revocations, revocationLines } from './revocations.ts';

const SEED = Number(process.env['POSTERN_CAMPAIGN_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const MACHINES = Number(process.env['POSTERN_CAMPAIGN_MACHINES'] ?? 1000);
/** From this machine's clock to a moment at which what vendors say is in date. */
const AHEAD = SIMULATED_NOW - Date.now();

let machines: readonly Machine[];
beforeAll(async () => {
  machines = await population(MACHINES, new Random(SEED, 0));
}, 1_200_000);

describe(`${MACHINES} machines (seed ${SEED})`, () => {
  describeStores('a fleet goes through its fates', (kind) => {
    const random = new Random(SEED, 1);
    const dir = freshPath('gate');
    const lines: string[] = [];
    let bed: Bed | undefined;
    let endpoints: Endpoints;
    let folder: GatewayFolder;
    let database: string | undefined;
    /** Of the gateway that ended last: what it has published is all there is. */
    const place = () => ({ dir: campaign.front.gateways.at(-1)?.dir ?? dir, database });
    let campaign: Campaign;
    let observer: Observer;
    let aftermath: Aftermath;
    const started: string[] = [];

    beforeAll(async () => {
      bed = await kind.make();
      database = 'url' in bed.place ? bed.place.url : undefined;
      folder = await makeGatewayFolder(dir, machines, database);
      endpoints = await Endpoints.open();
      const names = database === undefined ? ['A'] : ['A', 'B'];
      const gateways = await Promise.all(names.map((name, i) => start(name, i === 0)));
      const front = new Front(gateways, random, AHEAD);
      campaign = new Campaign(front, { kind: 'api-key', text: folder.adminKey }, endpoints);
      observer = new Observer(front, folder.adminKey);
    }, 1_200_000);

    afterAll(async () => {
      // What was wrong was told by the test of its end.
      await observer?.close().catch(() => undefined);
      await killGateways();
      await aftermath?.close();
      await endpoints?.close();
      await bed?.close();
    }, 120_000);

    /** Of several, each has a folder of its own; of one, it has the database in it. */
    function start(name: string, isFirst = false): Promise<GatewayProcess> {
      started.push(name);
      const isAlone = database === undefined;
      const own = isFirst || isAlone ? folder : copyGatewayFolder(folder, `${dir}-${name}`);
      return startGateway(name, { dir: own.dir, ahead: AHEAD, ...(database && { database }) });
    }

    /** In the midst of it all a gateway is killed, and a fresh one takes its place. */
    async function through(
      all: readonly Machine[],
      act: (machine: Machine) => Promise<void>,
      killed?: number,
    ): Promise<void> {
      const { gateways } = campaign.front;
      const victim = gateways[killed ?? -1];
      let replaced: Promise<void> | undefined;
      await campaign.all(all, act, (done) => {
        if (victim === undefined || killed === undefined || done < all.length / 2) return;
        replaced ??= (async () => {
          await observer.see(victim);
          expect(await victim.kill()).toMatchObject({ signal: 'SIGKILL' });
          observer.kills++;
          gateways[killed] = await start(`${victim.name}2`);
        })();
        // Where the fleet fails first, that is what is told.
        replaced.catch(() => undefined);
      });
      await replaced;
    }

    /** Each gateway of several is killed once; one alone when everybody is in already. */
    it('enrols, attests, is quarantined, released, overridden and revoked, and gateways are killed', async () => {
      const begun = Date.now();
      await through(
        machines,
        (machine) => campaign.begin(machine),
        database === undefined ? undefined : 0,
      );
      const met = Date.now();
      lines.push(`enrolled and shown for the first time in ${(met - begun) / 1000} s`);
      await through(machines, (machine) => campaign.goOn(machine), database === undefined ? 0 : 1);
      lines.push(`the rest of their fates in ${(Date.now() - met) / 1000} s`);
    });

    it(`who is revoked is refused, ${kind === SQLITE ? 'at the same gateway, the only one' : 'at the other gateway'}`, async () => {
      const doomed = withFate(machines, 'revoked');
      const [here, there] = campaign.front.gateways;
      if (here === undefined) throw new Error('no gateway');
      const revocations = new Revocations(campaign, here, there ?? here);
      try {
        const measure = async (some: readonly Machine[]) => {
          const all: Measured[] = [];
          for (const one of some) all.push(await revocations.measure(campaign.lifeOf(one)));
          return all;
        };
        const half = Math.ceil(doomed.length / 2);
        const quiet = await measure(doomed.slice(0, half));
        const steady = shuffledHalf(withFate(machines, 'steady'), random);
        const [busy] = await Promise.all([
          measure(doomed.slice(half)),
          campaign.all(steady, (machine) => campaign.goOn(machine)),
        ]);
        const { where } = revocations;
        lines.push(
          ...revocationLines('with nothing else to do', where, quiet),
          ...revocationLines('while others show themselves again', where, busy),
          ...revocationLines('all of them', where, [...quiet, ...busy]),
        );
        const measured = quiet.length + busy.length;
        expect(measured).toBe(doomed.length);
        expect(measured).toBeGreaterThanOrEqual(MACHINES >= 1000 ? 100 : 1);
      } finally {
        await revocations.close();
      }
    });

    it('comes to its end when it is told to, with a log that is one tree', async () => {
      for (const gateway of campaign.front.gateways) await observer.see(gateway);
      await observer.close();
      expect([...observer.most.keys()].sort()).toEqual(started.toSorted());
      for (const gateway of campaign.front.gateways) {
        expect(await gateway.stop()).toMatchObject({ code: 0, signal: null });
      }
      aftermath = await Aftermath.open(place());
      aftermath.expectOneTree(observer);
      expect(aftermath.count('gateway.started')).toBe(started.length);
    });

    it('has written down what it answered, and admitted nobody without a leaf', async () => {
      await aftermath.expectKept(campaign);
      await aftermath.expectAdmissions();
    });

    it('has everybody where its fate has put it, and no hardware twice', async () => {
      await aftermath.expectFleet(campaign);
      const forgers = new Set(idsOfFate(campaign, 'forger'));
      expect((await aftermath.misbehaved()).intersection(forgers)).toEqual(forgers);
    });

    it('decides all of it again in the same way, and finds nothing wrong with what is stored', async () => {
      const begun = Date.now();
      const replayed = await expectAudited(place());
      expect(replayed).toBe(aftermath.count('decision'));
      lines.push(`${replayed} decisions made again in ${(Date.now() - begun) / 1000} s`);
    });

    it('says how it went', () => {
      const again = [...campaign.front.again].map(([why, count]) => `  ${count} × ${why}`);
      // biome-ignore lint/suspicious/noConsole: what was measured is for people
      console.log(
        [
          `${kind.name}, ${machines.length} machines, seed ${SEED}, ${started.length} gateways in all, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}:`,
          `${aftermath.size} leaves, ${campaign.decisions.size} decisions answered, ${endpoints.calls} calls of machines, ${observer.checkpoints.size} checkpoints seen`,
          ...lines,
          ...observer.lines(),
          ...(again.length > 0 ? ['asked again:', ...again] : []),
        ].join('\n'),
      );
      expect([...campaign.front.again.keys()].filter((why) => why.includes('Unexpected'))).toEqual(
        [],
      );
    });
  });
});
