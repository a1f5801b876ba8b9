import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetChange } from '../../../src/gateway/fleet/store.ts';
import type { GatewayStore } from '../../../src/store/gateway-store.ts';
import {
  enrol,
  eventOf,
  everythingOf,
  fleetNode,
  fullNode,
  hexOf,
  nextOf,
  pendingIn,
  poolPolicyOf,
  sha256Of,
} from '../../support/fleet.ts';
import { batchOf, commitWhole, EMPTY_LOG, fenceOf } from '../../support/ledger-batches.ts';
import { type Bed, describeStores, withBed } from '../../support/store-beds.ts';

const spent = { digest: sha256Of('nonce'), until: 4_000 };

describeStores('a change', (kind) => {
  it('is made as a whole: node, hardware, what was spent, decision, policy and events', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, fullNode(1), fleetNode(2));
      const first = poolPolicyOf('general', 1);
      const next = nextOf(fullNode(1), { hardware: ['cpu:1', 'new'], dueAt: 7_000 });
      const node = fullNode(1).id;
      await store.apply({
        node: { expected: 1, next },
        remove: { id: hexOf(2, 16), expected: 1 },
        spend: spent,
        decision: { id: hexOf(7, 16), node },
        policy: { expected: undefined, next: first },
        events: [eventOf('node.renewed', 2_000, node), eventOf('policy.activated', 2_000)],
      });
      expect(await everythingOf(store)).toMatchObject({
        nodes: [next],
        owners: new Map([
          ['cpu:1', node],
          ['new', node],
        ]),
        policies: [first],
        decisions: [[hexOf(7, 16)]],
      });
      expect(await store.spendOnce(spent.digest, 1)).toBe(false);
      const events = await store.events(2, 9);
      expect(events).toEqual([
        { seq: 3, ...eventOf('node.renewed', 2_000, node) },
        { seq: 4, ...eventOf('policy.activated', 2_000) },
      ]);
      const second = poolPolicyOf('general', 2);
      await store.apply({ policy: { expected: first.digest, next: second }, events: [] });
      expect(await store.poolPolicy('general')).toEqual(second);
      await store.apply({
        policy: { expected: undefined, next: poolPolicyOf('a', 1) },
        events: [],
      });
      expect((await store.poolPolicies()).map(({ pool }) => pool)).toEqual(['a', 'general']);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('may be about a node that it leaves as it is', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, fleetNode(1));
      const about = { id: hexOf(1, 16), expected: 1 };
      await store.apply({ about, events: [eventOf('node.renewed', 5, about.id)] });
      expect(await store.node(about.id)).toEqual(fleetNode(1));
      expect(await store.lastEvent()).toBeGreaterThan(0);
    });
  });

  it('is made under the policy that decides in its pool, and may put another in its place', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const [first, second] = [poolPolicyOf('general', 1), poolPolicyOf('general', 2)];
      await store.apply({ policy: { expected: undefined, next: first }, events: [] });
      // What waits to decide does not decide yet.
      const waiting = pendingIn(first, 2);
      await store.apply({ policy: { expected: first.digest, next: waiting }, events: [] });
      const under = { pool: 'general', digest: first.digest };
      await store.apply({ under, node: { expected: 'new', next: one }, events: [] });
      await store.apply({
        under,
        policy: { expected: first.digest, next: second },
        events: [eventOf('policy.activated')],
      });
      const late = { under, node: { expected: 1, next: nextOf(one, {}) }, events: [] };
      await expect(store.apply(late)).rejects.toMatchObject({
        code: 'conflict',
        at: 'pools[general]',
      });
      expect(await store.node(one.id)).toEqual(one);
      await store.apply({ ...late, under: { pool: 'general', digest: second.digest } });
      expect(await store.node(one.id)).toEqual(nextOf(one, {}));
    });
  });

  it('frees name, key and hardware of what it removes, for another in the same change', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await enrol(store, fullNode(1));
      const heir = { ...fullNode(1), id: hexOf(9, 16) };
      await store.apply({
        remove: { id: hexOf(1, 16), expected: 1 },
        node: { expected: 'new', next: heir },
        events: [],
      });
      expect((await everythingOf(store)).nodes).toEqual([heir]);
      expect(await store.ownersOf(['cpu:1'])).toEqual(new Map([['cpu:1', heir.id]]));
    });
  });

  it('that changes nothing is one', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.apply({ events: [] });
      expect(await store.lastEvent()).toBe(0);
    });
  });
});

interface Refused {
  readonly name: string;
  readonly change: Partial<FleetChange>;
  readonly at: string;
}

const [one, two] = [fullNode(1), fullNode(2)];
const DECISION = hexOf(6, 16);
const becomes = (more: object, expected: number | 'new' = 1) => ({
  node: { expected, next: { ...nextOf(one, {}), ...more } },
});

/**
 * Of a fleet of nodes 1 and 2, where `spent` was, `DECISION` was about node 2, and pool `general`
 * has a policy with another that waits.
 */
const CONFLICTS: readonly Refused[] = [
  {
    name: 'an id that is taken',
    change: { node: { expected: 'new', next: fleetNode(1, { name: 'x' }) } },
    at: `nodes[${one.id}]`,
  },
  {
    name: 'a node of a later version',
    change: { node: { expected: 1, next: nextOf(two, {}) } },
    at: `nodes[${two.id}]`,
  },
  {
    name: 'a node of an earlier version',
    change: becomes({ version: 3 }, 2),
    at: `nodes[${one.id}]`,
  },
  {
    name: 'a node that is not there',
    change: { node: { expected: 1, next: nextOf(fleetNode(3), {}) } },
    at: `nodes[${hexOf(3, 16)}]`,
  },
  {
    name: 'to remove a node of another version',
    change: { remove: { id: one.id, expected: 2 } },
    at: `nodes[${one.id}]`,
  },
  {
    name: 'to remove a node that is not there',
    change: { remove: { id: hexOf(3, 16), expected: 1 } },
    at: `nodes[${hexOf(3, 16)}]`,
  },
  {
    name: 'the name of another',
    change: { node: { expected: 'new', next: fleetNode(3, { name: 'node-2' }) } },
    at: 'nodes.name',
  },
  { name: 'to be named as another', change: becomes({ name: 'node-2' }), at: 'nodes.name' },
  {
    name: 'the key of another, under whatever algorithm',
    change: {
      node: {
        expected: 'new',
        next: fleetNode(3, { key: { algorithm: 'sr25519', publicKey: one.key.publicKey } }),
      },
    },
    at: 'nodes.key',
  },
  {
    name: 'what is about a node that has changed',
    change: { ...becomes({}), about: { id: hexOf(2, 16), expected: 1 } },
    at: `nodes[${hexOf(2, 16)}]`,
  },
  {
    name: 'what is about a node that is gone',
    change: { ...becomes({}), about: { id: hexOf(3, 16), expected: 1 } },
    at: `nodes[${hexOf(3, 16)}]`,
  },
  { name: 'what was spent', change: { ...becomes({}), spend: spent }, at: 'spent' },
  {
    name: 'hardware of another',
    change: becomes({ hardware: ['cpu:1', 'gpu:2'] }),
    at: 'hardware[gpu:2]',
  },
  {
    name: 'hardware of another for a new node',
    change: { node: { expected: 'new', next: fleetNode(3, { hardware: ['cpu:2', 'new'] }) } },
    at: 'hardware[cpu:2]',
  },
  {
    name: 'a first policy where there is one',
    change: { policy: { expected: undefined, next: poolPolicyOf('general', 2) } },
    at: 'pools[general]',
  },
  {
    name: 'a policy over another than the one that was read',
    change: { policy: { expected: `sha256:${hexOf(0, 32)}`, next: poolPolicyOf('general', 2) } },
    at: 'pools[general]',
  },
  {
    name: 'a later policy where there is none',
    change: { policy: { expected: `sha256:${hexOf(0, 32)}`, next: poolPolicyOf('other', 2) } },
    at: 'pools[other]',
  },
  {
    name: 'what was decided under another policy than the one that decides by now',
    change: { ...becomes({}), under: { pool: 'general', digest: `sha256:${hexOf(0, 32)}` } },
    at: 'pools[general]',
  },
  {
    name: 'what was decided under a policy that waits to decide',
    change: {
      ...becomes({}),
      under: { pool: 'general', digest: poolPolicyOf('general', 2).digest },
    },
    at: 'pools[general]',
  },
  {
    name: 'what was decided under a policy where there is none',
    change: {
      ...becomes({}),
      under: { pool: 'other', digest: poolPolicyOf('general', 1).digest },
    },
    at: 'pools[other]',
  },
  {
    name: 'what was decided under the policy that the same change activates',
    change: {
      ...becomes({}),
      under: { pool: 'other', digest: poolPolicyOf('other', 1).digest },
      policy: { expected: undefined, next: poolPolicyOf('other', 1) },
    },
    at: 'pools[other]',
  },
  {
    name: 'a decision of an id that is taken',
    change: { ...becomes({}), decision: { id: DECISION, node: one.id } },
    at: `decisions[${DECISION}]`,
  },
  {
    name: 'a decision about a node that is not there',
    change: { decision: { id: hexOf(8, 16), node: hexOf(3, 16) } },
    at: `nodes[${hexOf(3, 16)}]`,
  },
  {
    name: 'a decision about a node that the same change removes',
    change: {
      remove: { id: one.id, expected: 1 },
      decision: { id: hexOf(8, 16), node: one.id },
    },
    at: `nodes[${one.id}]`,
  },
];

const { file } = poolPolicyOf('p', 2);
const waiting = { digest: poolPolicyOf('p', 2).digest, file, seenAt: 1, from: 2 };
const standing = { state: 'revoked', since: 1, code: 'x', reason: 'y', by: 'z' };

const WRONG: readonly Refused[] = [
  {
    name: 'a version that does not follow',
    change: becomes({ version: 4 }),
    at: 'node.next.version',
  },
  {
    name: 'a new node of another version than 1',
    change: { node: { expected: 'new', next: { ...fleetNode(3), version: 2 } } },
    at: 'node.next.version',
  },
  { name: 'an id that is none', change: becomes({ id: 'X' }), at: 'node.next.id' },
  { name: 'a name that can not be stored', change: becomes({ name: 'a\0' }), at: 'node.next.name' },
  { name: 'an empty pool', change: becomes({ pool: '' }), at: 'node.next.pool' },
  {
    name: 'half of a character',
    change: becomes({ hardware: ['\ud800'] }),
    at: 'node.next.hardware[0]',
  },
  { name: 'a member too many', change: becomes({ admitted: true }), at: 'node.next.admitted' },
  { name: 'a member too few', change: becomes({ pool: undefined }), at: 'node.next.pool' },
  { name: 'no standing', change: becomes({ standing: undefined }), at: 'node.next.standing' },
  {
    name: 'a standing that there is not',
    change: becomes({ standing: { state: 'trusted', since: 1 } }),
    at: 'node.next.standing.state',
  },
  {
    name: 'a standing with what is another’s',
    change: becomes({ standing: { ...standing, until: 5 } }),
    at: 'node.next.standing.until',
  },
  {
    name: 'an admission without its end',
    change: becomes({
      standing: { state: 'admitted', since: 1, admission: { id: 'x', decision: 'y' } },
    }),
    at: 'node.next.standing.admission.until',
  },
  { name: 'a due time that is none', change: becomes({ dueAt: 1.5 }), at: 'node.next.dueAt' },
  {
    name: 'hardware that is not sorted',
    change: becomes({ hardware: ['b', 'a'] }),
    at: 'node.next.hardware[1]',
  },
  {
    name: 'hardware that is there twice',
    change: becomes({ hardware: ['a', 'a'] }),
    at: 'node.next.hardware[1]',
  },
  {
    name: 'a digest that is none',
    change: { spend: { digest: sha256Of('x').toUpperCase(), until: 1 } },
    at: 'spend.digest',
  },
  {
    name: 'the removal of nobody',
    change: { remove: { id: '', expected: 1 } },
    at: 'remove.id',
  },
  {
    name: 'a policy under something that is no digest',
    change: {
      policy: { expected: undefined, next: { ...poolPolicyOf('p', 1), digest: 'sha256:1' } },
    },
    at: 'policy.next.digest',
  },
  {
    name: 'a policy that waits without its time',
    change: {
      policy: {
        expected: undefined,
        next: { ...poolPolicyOf('p', 1), pending: { ...waiting, from: Number.NaN } },
      },
    },
    at: 'policy.next.pending.from',
  },
  {
    name: 'a policy that waits under something that is no digest',
    change: {
      policy: {
        expected: undefined,
        next: { ...poolPolicyOf('p', 1), pending: { ...waiting, digest: 'x' } },
      },
    },
    at: 'policy.next.pending.digest',
  },
  {
    name: 'a decision without an id',
    change: { decision: { id: '', node: one.id } },
    at: 'decision.id',
  },
  {
    name: 'a decision about nobody',
    change: { decision: { id: hexOf(8, 16), node: 'x' } },
    at: 'decision.node',
  },
  {
    name: 'no pool to be under the policy of',
    change: { under: { pool: '', digest: poolPolicyOf('general', 1).digest } },
    at: 'under.pool',
  },
  {
    name: 'to be under something that is no digest',
    change: { under: { pool: 'general', digest: '' } },
    at: 'under.digest',
  },
  {
    name: 'an event of no type that there is',
    change: {
      events: [eventOf('node.enrolled'), { ...eventOf('node.enrolled'), type: 'x' as never }],
    },
    at: 'events[1].type',
  },
  {
    name: 'an event with what can not be told',
    change: { events: [{ ...eventOf('node.enrolled'), data: { a: { b: 1 } as never } }] },
    at: 'events[0].data.a',
  },
  {
    name: 'an event of no time',
    change: { events: [eventOf('node.enrolled', Number.NaN)] },
    at: 'events[0].at',
  },
];

describeStores('a change is refused, and nothing of it is made,', (kind) => {
  let bed: Bed;
  let store: GatewayStore;
  beforeAll(async () => {
    bed = await kind.make();
    store = await bed.open();
    await enrol(store, one, two);
    await store.apply({
      node: { expected: 1, next: nextOf(two, {}) },
      spend: spent,
      decision: { id: DECISION, node: two.id },
      policy: { expected: undefined, next: pendingIn(poolPolicyOf('general', 1), 2) },
      events: [eventOf('policy.activated')],
    });
  });
  afterAll(() => bed.close());

  /** With something of each other kind that would have been made. */
  const whole = (change: Partial<FleetChange>): FleetChange => ({
    spend: { digest: sha256Of('fresh'), until: 9 },
    policy: { expected: undefined, next: poolPolicyOf('fresh', 1) },
    events: [eventOf('node.warned')],
    ...change,
  });

  it.each(CONFLICTS)('for $name', async ({ change, at }) => {
    const before = await everythingOf(store);
    await expect(store.apply(whole(change))).rejects.toMatchObject({ code: 'conflict', at });
    expect(await everythingOf(store)).toEqual(before);
  });

  it.each(WRONG)('as wrong in itself, for $name', async ({ change, at }) => {
    const before = await everythingOf(store);
    const fault = { code: 'usage', at: `change.${at}` };
    await expect(store.apply(whole(change))).rejects.toMatchObject(fault);
    expect(await everythingOf(store)).toEqual(before);
  });

  describe('together with the batch that it came with,', () => {
    it.each(CONFLICTS)('for $name', async ({ change, at }) => {
      const fence = await fenceOf(store, 'writer');
      const { batch } = batchOf(fence, EMPTY_LOG, ['leaf-0']);
      const before = await everythingOf(store);
      const companions = [{ events: [eventOf('node.warned')] }, whole(change)];
      const committing = commitWhole(store, { ...batch, companions });
      await expect(committing).rejects.toMatchObject({ code: 'conflict', at });
      expect(await everythingOf(store)).toEqual(before);
      expect(await store.head()).toBeUndefined();
      await store.releaseLease(fence);
    });

    it('as wrong in itself', async () => {
      const fence = await fenceOf(store, 'writer');
      const { batch } = batchOf(fence, EMPTY_LOG, ['leaf-0']);
      const companions = [whole({}), whole({ remove: { id: '', expected: 1 } })];
      await expect(commitWhole(store, { ...batch, companions })).rejects.toMatchObject({
        code: 'usage',
        at: 'batch.companions[1].remove.id',
      });
      expect(await store.head()).toBeUndefined();
      await store.releaseLease(fence);
    });
  });

  it('and what was tried can still be done, once', async () => {
    expect(await store.spendOnce(sha256Of('fresh'), 9)).toBe(true);
    expect(await store.faults()).toEqual([]);
  });
});

describeStores('changes that come with a batch', (kind) => {
  it('are made in their order, and seen with its leaves', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const fence = await fenceOf(store, 'writer');
      const { batch } = batchOf(fence, EMPTY_LOG, ['a', 'b']);
      const later = nextOf(one, { failures: 9 });
      const bytes = new Uint8Array(1_000_000).subarray(10, 20);
      await commitWhole(store, {
        ...batch,
        companions: [
          { node: { expected: 'new', next: one }, events: [eventOf('node.enrolled')] },
          { node: { expected: 1, next: later }, events: [eventOf('node.admitted')] },
          {
            policy: { expected: undefined, next: { ...poolPolicyOf('p', 1), file: bytes } },
            events: [],
          },
        ],
      });
      expect(await store.node(one.id)).toEqual(later);
      expect((await store.events(0, 9)).map(({ type }) => type)).toEqual([
        'node.enrolled',
        'node.admitted',
      ]);
      expect((await store.poolPolicy('p'))?.file).toEqual(new Uint8Array(10));
      expect(await store.leaves(0, 9)).toHaveLength(2);
      expect(await store.faults()).toEqual([]);
    });
  });
});
