import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import {
  ADMIN,
  attest,
  enrol,
  type FleetBed,
  fleetBed,
  type Member,
  MINUTE,
  member,
  policyFile,
} from '../../support/fleet-bed.ts';
import { type Bed, describeStores } from '../../support/store-beds.ts';

const ENDPOINT = 'https://node.example/attest';
let one: Member;
let two: Member;

beforeAll(async () => {
  one = await member('one');
  two = await member('two');
}, 120_000);

describeStores('evidence that comes to nothing again and again', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let node: FleetNode;

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [one] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(one, 'tdx'), []);
    here.endpoints.set(ENDPOINT, async (_endpoint, { purpose }) =>
      one.machine.bundle({ nonce: new Uint8Array(32), purpose }),
    );
    node = await enrol(here, one, { name: 'one', pool: 'tdx', endpoint: ENDPOINT });
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  it('from its endpoint keeps no machine from showing itself', async () => {
    for (let i = 0; i < 6; i++) expect((await here.fleet.call(node.id)).verdict).toBe('reject');
    expect((await here.fleet.node(node.id)).failures).toBe(6);
    expect((await attest(here, node.id, one)).verdict).toBe('accept');
    expect((await here.fleet.node(node.id)).failures).toBe(0);
  });

  it('of its own has to wait, which is said to be for now', async () => {
    const { id } = await enrol(here, two, { name: 'two', pool: 'tdx' });
    // Another's hardware.
    const bad = () => attest(here, id, one);
    for (let i = 0; i < 5; i++) expect((await bad()).verdict).toBe('reject');
    await expect(bad()).rejects.toMatchObject({
      code: 'too-soon',
      detail: expect.stringContaining('come again in'),
    });
    here.clock.now += 30 * MINUTE;
    expect((await attest(here, id, two)).verdict).toBe('accept');
  });
});
