import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { keyringOfKeys } from '../../../src/appraisal/policy/signing/keyring.ts';
import { revisionOf } from '../../../src/appraisal/policy/signing/revision.ts';
import { makeRevocation } from '../../../src/appraisal/policy/signing/revocation.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { signEnvelope } from '../../../src/core/encoding/dsse-signatures.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { Fault } from '../../../src/core/fault.ts';
import type { PoolConfig } from '../../../src/gateway/fleet/pool.ts';
import { Ruling } from '../../../src/gateway/fleet/ruling.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
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
import { envelopeOf, person, written } from '../../support/signed-policy.ts';
import { type Bed, describeStores } from '../../support/store-beds.ts';

const owner = person();
const keyring = keyringOfKeys([{ owner: 'owner', publicKey: owner.publicKey }], 1);
const source = { keys: [utf8(owner.publicPem)], threshold: 1 };
const CONFIGS: readonly PoolConfig[] = [
  { name: 'tdx', identity: 'required', signers: { keyring, source } },
];
let machine: Member;

beforeAll(async () => {
  machine = await member('is let in by a policy');
}, 120_000);

describeStores('a policy that is revoked from later on', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let there: FleetBed;
  let file: Uint8Array;

  beforeAll(async () => {
    bed = await kind.make();
    const options = { configs: CONFIGS, published: [machine] };
    here = await fleetBed(await bed.open(), options);
    there = await fleetBed(await bed.open(), { ...options, clock: here.clock });
    const plain = readPolicy(policyFile(machine, 'tdx'));
    file = written(envelopeOf(utf8(canonicalJson(plain.policy as never)), [owner]));
    await here.fleet.activatePolicy('tdx', ADMIN, file, []);
  });

  afterAll(async () => {
    await here.close();
    await there.close();
    await bed.close();
  });

  const typesSince = async (seq: number) =>
    (await here.store.events(seq, 99)).map(({ type }) => type);

  it('lets in until then, and is said to be revoked once, by whichever gateway is first', async () => {
    const { id } = await enrol(here, machine, { name: 'one', pool: 'tdx' });
    expect((await attest(here, id, machine)).verdict).toBe('accept');
    const known = revisionOf(readPolicy(policyFile(machine, 'tdx')));
    const revocation = makeRevocation(known, 'its kernel was broken', here.clock.now + 2 * MINUTE);
    const before = await here.store.lastEvent();
    await here.fleet.activatePolicy('tdx', ADMIN, file, [written(signEnvelope(revocation, owner))]);
    await here.fleet.round();
    expect(await typesSince(before)).not.toContain('policy.revoked');
    expect((await attest(here, id, machine)).verdict).toBe('accept');

    here.clock.now += 3 * MINUTE;
    const size = (await here.store.head())?.size ?? 0;
    const then = await here.store.lastEvent();
    await Promise.all([here.fleet.round(), there.fleet.round()]);
    await Promise.all([here.fleet.round(), there.fleet.round()]);
    expect((await typesSince(then)).toSorted()).toEqual(['node.lapsed', 'policy.revoked']);
    const leaves = await here.store.leaves(size, (await here.store.head())?.size ?? 0);
    const said = leaves.map(({ entry }) => parseLeaf(entry));
    expect(said.map(({ type }) => type).toSorted()).toEqual([
      'admission.revoked',
      'policy.revoked',
    ]);
    expect(said).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining('its kernel was broken') }),
    );
    await expect(attest(here, id, machine)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('nor is it said again by a gateway that begins after it', async () => {
    const before = await here.store.lastEvent();
    const later = await fleetBed(await bed.open(), {
      configs: CONFIGS,
      published: [machine],
      clock: here.clock,
    });
    try {
      await later.fleet.round();
      expect(await typesSince(before)).toEqual([]);
    } finally {
      await later.close();
    }
  });
});

describeStores('a revision that waits for its time', (kind) => {
  const DELAY = 10 * MINUTE;
  const waiting: readonly PoolConfig[] = [
    {
      name: 'tdx',
      identity: 'required',
      signers: { keyring: { ...keyring, activationDelay: DELAY }, source },
    },
  ];
  const signed = (file: Uint8Array) =>
    written(envelopeOf(utf8(canonicalJson(readPolicy(file).policy as never)), [owner]));

  it('decides by then, also where the gateway that it was handed to is gone', async () => {
    const bed = await kind.make();
    const options = { configs: waiting, published: [machine] };
    const here = await fleetBed(await bed.open(), options);
    const there = await fleetBed(await bed.open(), { ...options, clock: here.clock });
    try {
      const { digest: previous } = await here.fleet.activatePolicy(
        'tdx',
        ADMIN,
        signed(policyFile(machine, 'tdx')),
        [],
      );
      const next = policyFile(machine, 'tdx', (draft) => {
        Object.assign(draft.metadata, { revision: 2, previous });
      });
      await there.fleet.round();
      const still = await here.fleet.activatePolicy('tdx', ADMIN, signed(next), []);
      expect(still).toMatchObject({ revision: 1, pending: { from: here.clock.now + DELAY } });
      await here.close();
      for (let minute = 0; minute <= 10; minute++) {
        here.clock.now += MINUTE;
        await there.fleet.round();
      }
      expect(await there.fleet.policies()).toMatchObject([{ revision: 2 }]);
    } finally {
      await there.close();
      await bed.close();
    }
  });
});

describeStores('a revocation whose moment comes while machines are looked at', (kind) => {
  it('waits for none of them', async () => {
    const bed = await kind.make();
    const here = await fleetBed(await bed.open(), { configs: CONFIGS, published: [machine] });
    const answered = Promise.withResolvers<Uint8Array>();
    const isAsked = Promise.withResolvers<void>();
    try {
      const plain = readPolicy(policyFile(machine, 'tdx'));
      const file = written(envelopeOf(utf8(canonicalJson(plain.policy as never)), [owner]));
      const at = here.clock.now + 2 * MINUTE;
      const revocation = makeRevocation(revisionOf(plain), 'its kernel was broken', at);
      await here.fleet.activatePolicy('tdx', ADMIN, file, []);
      await here.fleet.activatePolicy('tdx', ADMIN, file, [
        written(signEnvelope(revocation, owner)),
      ]);
      const endpoint = 'https://node.example/attest';
      here.endpoints.set(endpoint, () => {
        isAsked.resolve();
        return answered.promise;
      });
      await enrol(here, machine, { name: 'one', pool: 'tdx', endpoint });
      const round = here.fleet.round();
      await isAsked.promise;
      here.clock.now = at + 1;
      const before = await here.store.lastEvent();
      await here.fleet.rule();
      const [said] = await here.store.events(before, 9);
      expect(said).toMatchObject({ type: 'policy.revoked' });
      answered.reject(new Fault('unreachable', 'endpoint', 'is silent'));
      await round;
    } finally {
      await here.close();
      await bed.close();
    }
  });
});

describe('a pool whose revocation another gateway has just changed', () => {
  const policyOf = (pool: string) => ({
    ...{
      pool,
      name: pool,
      revision: 1,
      digest: `sha256:${pool.repeat(64)}`,
      file: new Uint8Array(),
    },
    ...{ revocations: [], activatedAt: 0 },
  });

  it('keeps nobody from the others, and is read anew', async () => {
    const said: string[] = [];
    const failed: string[] = [];
    let loads = 0;
    const ruling = new Ruling(
      {
        now: () => 1000,
        observe: { failed: ({ at }: Fault) => failed.push(at) },
        store: {},
        ledger: {
          append: async (_entries: unknown, change: { under: { pool: string } }) => {
            const { pool } = change.under;
            if (pool === 'a') throw new Fault('conflict', 'pools[a]', 'another decides');
            said.push(pool);
          },
        },
      } as never,
      {
        revoked: () => ['a', 'b'].map((pool) => ({ stored: policyOf(pool), revoked: 'is broken' })),
        takeTurned: () => [],
        duePending: () => [],
        load: async () => {
          loads++;
        },
      } as never,
    );
    await ruling.keep();
    expect([said, failed, loads]).toEqual([['b'], ['pools[a]'], 1]);
    await ruling.keep();
    expect([said, failed, loads]).toEqual([['b'], ['pools[a]', 'pools[a]'], 2]);
  });
});
