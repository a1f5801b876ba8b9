import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { forgetAdmissions } from '../../../src/gateway/fleet/after-restore.ts';
import type { IssuedChallenge } from '../../../src/gateway/fleet/service.ts';
import { WriterLedger } from '../../../src/gateway/fleet/writer-ledger.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import {
  ADMIN,
  attest,
  enrol,
  fleetBed,
  type Member,
  member,
  policyFile,
  REASON,
} from '../../support/fleet-bed.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

let one: Member;
let two: Member;

beforeAll(async () => {
  one = await member('one');
  two = await member('two');
}, 120_000);

describeStores('after a restore', (kind) => {
  it('nobody is admitted who has not shown evidence anew, and no open challenge is good', async () => {
    await withBed(kind, async (bed) => {
      const here = await fleetBed(await bed.open(), { published: [one] });
      let id = '';
      let open: IssuedChallenge;
      try {
        await here.fleet.activatePolicy('tdx', ADMIN, policyFile(one, 'tdx'), []);
        id = (await enrol(here, one, { name: 'one', pool: 'tdx' })).id;
        const other = await enrol(here, two, { name: 'two', pool: 'tdx' });
        await attest(here, id, one);
        await attest(here, other.id, two);
        await here.fleet.revoke(other.id, ADMIN, REASON);
        open = await here.fleet.challenge(id);
        const size = (await here.store.head())?.size ?? 0;
        const seq = await here.store.lastEvent();
        const ledger = new WriterLedger(here.writer, { origin: 'o', engine: 'postern/0.1.0' });
        const deps = {
          store: here.store,
          ledger,
          now: () => here.clock.now,
          randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
        };
        expect(await forgetAdmissions(deps)).toBe(1);
        expect(await forgetAdmissions(deps)).toBe(0);
        expect((await here.store.node(id))?.standing).toMatchObject({
          state: 'lapsed',
          code: 'ledger.restored',
        });
        expect((await here.store.node(other.id))?.standing.state).toBe('revoked');
        const leaves = await here.store.leaves(size, (await here.store.head())?.size ?? 0);
        expect(leaves.map(({ entry }) => parseLeaf(entry))).toMatchObject([
          { type: 'admission.revoked', code: 'ledger.restored' },
        ]);
        expect((await here.store.events(seq, 9)).map(({ type }) => type)).toEqual(['node.lapsed']);
      } finally {
        await here.close();
      }
      // Who runs on the copy begins after it.
      const later = await fleetBed(await bed.open(), { published: [one], clock: here.clock });
      try {
        later.clock.now += 2000;
        const { nonce, purpose } = open;
        const bundle = one.machine.bundle({ nonce, purpose });
        await expect(later.fleet.attest(id, { nonce, bundle })).rejects.toMatchObject({
          at: 'nonce',
        });
        expect((await attest(later, id, one)).verdict).toBe('accept');
      } finally {
        await later.close();
      }
    });
  });
});
