import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { BundleAppraiser } from '../../../src/gateway/fleet/bundle-appraiser.ts';
import { VerifyingHere } from '../../../src/gateway/fleet/machine-verifier.ts';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import { Past } from '../../../src/gateway/fleet/past.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import { bundleAnchors } from '../../../src/simulator/bundle/anchors.ts';
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
  REASON,
} from '../../support/fleet-bed.ts';
import { type Bed, describeStores } from '../../support/store-beds.ts';

const ENDPOINT = 'https://node.example/attest';
let calls: Member;
let comes: Member;

beforeAll(async () => {
  calls = await member('is called');
  comes = await member('comes by itself');
}, 120_000);

describeStores('what goes on with a fleet', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let called: FleetNode;
  let coming: FleetNode;
  let answers: 'evidence' | 'nothing' | 'old evidence' | 'too late' = 'evidence';
  let asked = 0;

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [calls] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(calls, 'tdx'), []);
    here.endpoints.set(ENDPOINT, async (_endpoint, { nonce, purpose }) => {
      asked++;
      if (answers === 'nothing') throw new Fault('unreachable', 'endpoint', 'is silent');
      if (answers === 'too late') here.clock.now += 2 * MINUTE + 1;
      const fresh = answers !== 'old evidence';
      return calls.machine.bundle({ nonce: fresh ? nonce : new Uint8Array(32), purpose });
    });
    called = await enrol(here, calls, { name: 'called', pool: 'tdx', endpoint: ENDPOINT });
    coming = await enrol(here, comes, { name: 'coming', pool: 'tdx' });
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  const standing = async ({ id }: FleetNode) => (await here.store.node(id))?.standing;
  const typesSince = async (seq: number) =>
    (await here.fleet.events(seq, 99)).map(({ type, node }) =>
      node === undefined ? type : `${type} ${node === called.id ? 'called' : 'coming'}`,
    );
  const after = async (ms: number) => {
    here.clock.now += ms;
    const seq = await here.fleet.lastEvent();
    await here.fleet.round();
    return typesSince(seq);
  };

  it('a node with an endpoint is called, and admitted without having come', async () => {
    expect(await after(0)).toEqual(['node.admitted called']);
    expect(asked).toBe(1);
  });

  it('and called again before its admission is over, and not before it is due', async () => {
    await attest(here, coming.id, comes);
    expect(await after(1000)).toEqual([]);
    expect(await after(10 * MINUTE)).toEqual(['node.renewed called']);
  });

  it('one that comes by itself has its own time, and its grace, and lapses then', async () => {
    // Admitted for 15 minutes, 10 of which are over, and 5 of grace.
    expect(await after(9 * MINUTE)).not.toContain('node.lapsed coming');
    expect(await after(2 * MINUTE)).toContain('node.lapsed coming');
    expect(await standing(coming)).toMatchObject({ state: 'lapsed', code: 'admission.expired' });
    expect((await attest(here, coming.id, comes)).verdict).toBe('accept');
  });

  it('one that does not answer keeps what it has to its end, is remarked, and lapses', async () => {
    await here.fleet.call(called.id);
    answers = 'nothing';
    expect(await after(11 * MINUTE)).toContain('node.warned called');
    expect(await standing(called)).toMatchObject({ state: 'admitted' });
    const events: string[] = [];
    for (let minute = 0; minute < 20; minute++) events.push(...(await after(MINUTE)));
    expect(events).toContain('node.lapsed called');
    expect(events).not.toContain('node.warned called');
    answers = 'evidence';
    const later: string[] = [];
    for (let minute = 0; minute < 15; minute++) later.push(...(await after(MINUTE)));
    expect(later).toContain('node.admitted called');
  });

  it('old evidence from an endpoint accuses nobody, and what there is runs out by itself', async () => {
    await here.fleet.call(called.id);
    answers = 'old evidence';
    const events: string[] = [];
    for (let minute = 0; minute < 12; minute++) events.push(...(await after(MINUTE)));
    expect(events).toContain('node.refused called');
    expect(await standing(called)).toMatchObject({ state: 'admitted' });
    for (let minute = 0; minute < 10; minute++) events.push(...(await after(MINUTE)));
    expect(await standing(called)).toMatchObject({ state: 'lapsed', code: 'admission.expired' });
    expect(events).not.toContain('node.misbehaved called');
    answers = 'evidence';
  });

  it('an endpoint that answers too late is asked later and later', async () => {
    await here.fleet.call(called.id);
    answers = 'too late';
    const waits: number[] = [];
    let last = here.clock.now;
    while (waits.length < 8) {
      const before = asked;
      await after(1000);
      if (asked > before) {
        waits.push(here.clock.now - last);
        last = here.clock.now;
      }
    }
    // The first when it was due, and from then on 10 s, 20 s and so on, with 2 min for each answer.
    const beyond = waits.slice(1).map((wait) => wait - 2 * MINUTE);
    for (const [i, wait] of beyond.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(10 * MINUTE, 10_000 * 2 ** i) - 1000);
    }
    answers = 'evidence';
    expect((await here.fleet.call(called.id)).verdict).toBe('accept');
  });

  it('another policy looks at everybody again, without asking them', async () => {
    await here.fleet.call(called.id);
    await attest(here, coming.id, comes);
    const before = asked;
    const [now] = await here.fleet.policies();
    const next = policyFile(calls, 'tdx', (draft) => {
      Object.assign(draft.metadata, { revision: 2, previous: now?.digest });
      draft.spec.freshness.resultTtl = '14m';
    });
    const seq = await here.fleet.lastEvent();
    await here.fleet.activatePolicy('tdx', ADMIN, next, []);
    await here.fleet.round();
    expect((await typesSince(seq)).toSorted()).toEqual([
      'node.renewed called',
      'node.renewed coming',
      'policy.activated',
    ]);
    expect(asked).toBe(before);
  });

  it('a policy that they do not meet puts them out at once', async () => {
    const [now] = await here.fleet.policies();
    const next = policyFile(calls, 'tdx', (draft) => {
      Object.assign(draft.metadata, { revision: 3, previous: now?.digest });
      const { cpu } = draft.spec.evidence;
      if (cpu.type !== 'intel-tdx') throw new Error('a policy of another kind');
      for (const set of cpu.referenceSets) set.mrTd = 'ab'.repeat(48);
    });
    const head = await here.store.head();
    await here.fleet.activatePolicy('tdx', ADMIN, next, []);
    await here.fleet.round();
    expect([await standing(called), await standing(coming)]).toMatchObject([
      { state: 'lapsed' },
      { state: 'lapsed' },
    ]);
    const leaves = await here.store.leaves(head?.size ?? 0, (await here.store.head())?.size ?? 0);
    const types = leaves.map(({ entry }) => parseLeaf(entry).type);
    expect(types.filter((type) => type === 'admission.revoked')).toHaveLength(2);
  });

  it('an older policy never comes back', async () => {
    await expect(
      here.fleet.activatePolicy('tdx', ADMIN, policyFile(calls, 'tdx'), []),
    ).rejects.toMatchObject({ code: 'conflict', at: 'policy.metadata.revision' });
  });

  it('a quarantine with an end is over by itself, and admits nobody', async () => {
    const until = here.clock.now + MINUTE;
    await here.fleet.quarantine(coming.id, ADMIN, REASON, until);
    expect(await after(30_000)).not.toContain('node.released coming');
    expect(await after(31_000)).toContain('node.released coming');
    expect(await standing(coming)).toMatchObject({ state: 'lapsed', code: 'quarantine.over' });
  });

  describe('another gateway of the database', () => {
    it('sees within a second what this one did, and decides by the same policy', async () => {
      const other = await fleetBed(await bed.open(), { published: [calls], clock: here.clock });
      try {
        const heard = Promise.withResolvers<void>();
        other.fleet.onEvents(() => heard.resolve());
        await here.fleet.revoke(coming.id, ADMIN, REASON);
        await heard.promise;
        await expect(other.fleet.challenge(coming.id)).rejects.toMatchObject({ code: 'conflict' });
        expect((await other.fleet.policies()).map(({ revision }) => revision)).toEqual([3]);
      } finally {
        await other.close();
      }
    });
  });
});

describeStores('what answers at an endpoint and is another machine', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let called: FleetNode;
  let answering: Member;

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [calls] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(calls, 'tdx'), []);
    answering = calls;
    here.endpoints.set(ENDPOINT, async (_endpoint, { nonce, purpose }) =>
      answering.machine.bundle({ nonce, purpose }),
    );
    called = await enrol(here, calls, { name: 'called', pool: 'tdx', endpoint: ENDPOINT });
    await here.fleet.round();
    expect(await standing()).toMatchObject({ state: 'admitted' });
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  const standing = async () => (await here.store.node(called.id))?.standing;
  const misbehaved = async () => here.store.events(0, 99, 'node.misbehaved');

  it.each(['whoever it is', 'of another node'])('accuses nobody, %s', async (whose) => {
    if (whose === 'of another node') {
      const { id } = await enrol(here, comes, { name: 'coming', pool: 'tdx' });
      expect((await attest(here, id, comes)).verdict).toBe('accept');
    }
    answering = comes;
    const size = (await here.store.head())?.size ?? 0;
    expect((await here.fleet.call(called.id)).verdict).toBe('reject');
    const leaves = await here.store.leaves(size, size + 9);
    expect(leaves.map(({ entry }) => parseLeaf(entry).type)).toEqual([
      'decision',
      'admission.refused',
    ]);
    expect(await misbehaved()).toEqual([]);
    expect(await standing()).toMatchObject({ state: 'admitted' });
    answering = calls;
    expect((await here.fleet.call(called.id)).verdict).toBe('accept');
  });
});

describeStores('evidence of before, looked at once more', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let id: string;
  let revision = 1;
  /** What happens to the node while that evidence is fetched. */
  let meanwhile: () => Promise<unknown>;

  beforeAll(async () => {
    bed = await kind.make();
    const store = await bed.open();
    const past = new Past(store);
    const evidenceOf = async (decision: string) => {
      const found = await past.evidenceOf(decision);
      await meanwhile();
      return found;
    };
    here = await fleetBed(store, { published: [comes], deps: { past: { evidenceOf } } });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(comes, 'tdx'), []);
    ({ id } = await enrol(here, comes, { name: 'coming', pool: 'tdx' }));
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  const shownAgainWhile = async (act: () => Promise<unknown>) => {
    meanwhile = async () => undefined;
    await attest(here, id, comes);
    meanwhile = act;
    const [now] = await here.fleet.policies();
    revision++;
    const next = policyFile(comes, 'tdx', (draft) => {
      Object.assign(draft.metadata, { revision, previous: now?.digest });
    });
    await here.fleet.activatePolicy('tdx', ADMIN, next, []);
    await here.fleet.round();
    return (await here.store.node(id))?.standing;
  };

  it('lets no machine back in that newer evidence spoke against meanwhile', async () => {
    const standing = await shownAgainWhile(async () => {
      const { nonce, purpose } = await here.fleet.challenge(id);
      const bundle = comes.machine.bundle({ nonce: new Uint8Array(32), purpose });
      expect((await here.fleet.attest(id, { nonce, bundle })).verdict).toBe('reject');
    });
    expect(standing).toMatchObject({ state: 'lapsed' });
  });

  it('nor one that was put out meanwhile, and let out of quarantine', async () => {
    const standing = await shownAgainWhile(async () => {
      await here.fleet.quarantine(id, ADMIN, REASON);
      await here.fleet.release(id, ADMIN, REASON);
    });
    expect(standing).toMatchObject({ state: 'lapsed', code: 'operator.release' });
  });

  it('and takes no newer admission’s place', async () => {
    let newer: string | undefined;
    const standing = await shownAgainWhile(async () => {
      here.clock.now += 1000;
      newer = (await attest(here, id, comes)).decision;
    });
    expect(standing).toMatchObject({ state: 'admitted', admission: { decision: newer } });
  });
});

describeStores('machines that never answer', (kind) => {
  const SILENT = 40;
  let bed: Bed;
  let here: FleetBed;
  let called: FleetNode;
  let asked = 0;

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [calls] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(calls, 'tdx'), []);
    here.endpoints.set(ENDPOINT, async (_endpoint, { nonce, purpose }) =>
      calls.machine.bundle({ nonce, purpose }),
    );
    called = await enrol(here, calls, { name: 'called', pool: 'tdx', endpoint: ENDPOINT });
    await here.fleet.round();
    const silent = 'https://silent.example/attest';
    here.endpoints.set(silent, async () => {
      asked++;
      // Eight at once take as long as one.
      here.clock.now += 20_000 / 8;
      throw new Fault('unreachable', 'endpoint', 'is silent');
    });
    for (let i = 0; i < SILENT; i++) {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
      const key = { algorithm: 'ed25519' as const, publicKey: raw.toString('hex') };
      const more = { name: `silent-${i}`, pool: 'tdx', endpoint: silent };
      await enrol(here, { ...calls, key, privateKey }, more);
    }
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  it('put off nobody who is admitted', async () => {
    here.clock.now += 10 * MINUTE;
    const seq = await here.store.lastEvent();
    await here.fleet.round(() => asked > 0);
    const renewed = await here.store.events(seq, 1, 'node.renewed');
    expect(renewed).toMatchObject([{ node: called.id }]);
  });
});

describeStores('a machine that an operator let in while a vendor was away', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let called: FleetNode;
  let isAway: boolean;
  let snp: Member;

  beforeAll(async () => {
    snp = await member('revoked by nobody yet', { cpu: 'snp' });
  });

  beforeEach(async () => {
    bed = await kind.make();
    const anchors = bundleAnchors(snp.machine.roots);
    const appraiser = new BundleAppraiser({
      anchors,
      verifying: new VerifyingHere(anchors),
      limits: { atOnce: 8, waiting: 9 },
      find: async () => {
        const { crl, ...others } = snp.machine.published;
        return isAway || crl === undefined ? others : { ...others, crl };
      },
    });
    here = await fleetBed(await bed.open(), { published: [snp], deps: { appraiser } });
    await here.fleet.activatePolicy('snp', ADMIN, policyFile(snp, 'snp'), []);
    here.endpoints.set(ENDPOINT, async (_endpoint, { nonce, purpose }) =>
      snp.machine.bundle({ nonce, purpose }),
    );
    called = await enrol(here, snp, { name: 'called', pool: 'snp', endpoint: ENDPOINT });
    isAway = true;
    expect((await here.fleet.call(called.id)).verdict).toBe('indeterminate');
    const until = here.clock.now + 60 * MINUTE;
    await here.fleet.override(called.id, ADMIN, REASON, until);
  });

  afterEach(async () => {
    await here.close();
    await bed.close();
  });

  const standingAfter = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      here.clock.now += MINUTE;
      await here.fleet.round();
    }
    return (await here.store.node(called.id))?.standing;
  };

  it('stays for as long as the vendor is, and no longer than was said', async () => {
    const override = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(await standingAfter(50)).toMatchObject({ state: 'admitted', admission: { override } });
    expect(await standingAfter(20)).toMatchObject({ state: 'lapsed', code: 'admission.expired' });
  });

  it('is asked on, and admitted by its evidence once the vendor is back', async () => {
    isAway = false;
    const standing = await standingAfter(20);
    if (standing?.state !== 'admitted') throw new Error('not admitted');
    expect(standing.admission).toHaveProperty('keyset');
    expect(standing.admission).not.toHaveProperty('override');
  });
});
