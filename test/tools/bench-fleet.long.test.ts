import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FleetEvidence, simulateFleet } from '../../tools/bench/gateway/fleet-evidence.ts';
import {
  admissionsOver,
  type FleetRow,
  rounds,
  verifications,
} from '../../tools/bench/gateway/fleet-rows.ts';
import { GrowingFleet } from '../../tools/bench/gateway/growing-fleet.ts';
import { type Bed, describeStores } from '../support/store-beds.ts';

const SEEN = ['loopP50Ms', 'loopP99Ms', 'loopMaxMs', 'rssMiB', 'heapMiB'];
const ROWS: readonly (readonly [string, FleetRow, readonly string[], object])[] = [
  ['rounds', rounds, ['due'], { due: 10 }],
  ['verifications', verifications, ['atOnce', 'p50Ms', 'p99Ms'], { atOnce: 8 }],
  ['admissions', admissionsOver, ['atOnce'], { atOnce: 16 }],
];

describeStores('the bench of a fleet', (kind) => {
  let bed: Bed;
  let evidence: FleetEvidence;
  let fleet: GrowingFleet;

  beforeAll(async () => {
    bed = await kind.make();
    evidence = await simulateFleet(8);
    fleet = await GrowingFleet.open(bed.place, evidence);
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
    await bed?.close();
  });

  it.each(ROWS)(
    'has %s at a fleet of so many, which is as large after them',
    async (name, run, own, says) => {
      const heat = { now: () => performance.now(), rounds: 1 };
      const { perSecond, against, also = {} } = await run(name, fleet, 10, heat);
      expect(perSecond).toBeGreaterThan(0);
      expect(against).toBe('limit.gateway.appraise');
      expect(Object.keys(also)).toEqual([...own, ...SEEN]);
      expect(Object.values(also).every((value) => value > 0 && Number.isFinite(value))).toBe(true);
      expect(also).toMatchObject(says);
      const { admitted, enrolled } = await fleet.gateway.store.countNodes();
      expect([admitted, enrolled]).toEqual([10, 0]);
    },
  );

  it('grows by nodes that are there and never due', async () => {
    await fleet.growTo(100);
    expect((await fleet.gateway.store.countNodes()).admitted).toBe(100);
    expect(fleet.called).toBe(64);
  });
});
