import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import { isAdmitted } from '../../../src/gateway/fleet/node.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import { edited } from '../../support/bundle.ts';
import {
  ADMIN,
  attest,
  enrol,
  type FleetBed,
  fleetBed,
  GATEWAY,
  type Member,
  MINUTE,
  member,
  policyFile,
  REASON,
} from '../../support/fleet-bed.ts';
import { type Bed, describeStores } from '../../support/store-beds.ts';

let tdx: Member;
let tdxTwo: Member;
let snp: Member;
let gpu: Member;

beforeAll(async () => {
  tdx = await member('one');
  tdxTwo = await member('two');
  snp = await member('three', { cpu: 'snp' });
  gpu = await member('four', { gpus: 2, switches: 4 });
}, 120_000);

describeStores('a fleet', (kind) => {
  let bed: Bed;
  let here: FleetBed;

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [tdx, snp, gpu] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(tdx, 'tdx'), []);
    await here.fleet.activatePolicy('snp', ADMIN, policyFile(snp, 'snp'), []);
    await here.fleet.activatePolicy('gpu', ADMIN, policyFile(gpu, 'gpu'), []);
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  let count = 0;
  const fresh = async (pool: string, of: Member, more = {}): Promise<FleetNode> => {
    count++;
    const { privateKey: _, ...rest } = of;
    return enrol(here, { ...of, ...rest }, { name: `node-${count}`, pool, ...more });
  };
  const leavesSince = async (size: number) => {
    const head = await here.store.head();
    const leaves = await here.store.leaves(size, head?.size ?? 0);
    return leaves.map(({ entry }) => parseLeaf(entry));
  };
  const size = async () => (await here.store.head())?.size ?? 0;

  describe('admits', () => {
    let node: FleetNode;

    it('a machine that is what it says, and tells nobody before it is durable', async () => {
      const services = { ssh: 'node.example:22', tls: '[2001:db8::1]:443' };
      node = await fresh('tdx', tdx, { services });
      expect(node.services).toEqual(services);
      const before = await size();
      const answer = await attest(here, node.id, tdx);
      expect(answer).toMatchObject({ verdict: 'accept', authentic: true, reasons: [] });
      expect(isAdmitted(answer.node, here.clock.now)).toBe(true);
      expect(await here.store.node(node.id)).toEqual(answer.node);
      const leaves = await leavesSince(before);
      expect(leaves.map(({ type }) => type)).toEqual([
        'policy.published',
        'endorsements.seen',
        'decision',
        'admission.granted',
        'key.bound',
      ]);
      expect(leaves[2]).toMatchObject({ id: answer.decision, verdict: 'accept' });
    });

    it('by a token that ends with the admission, and says that no vendor vouches for a simulator', async () => {
      here.clock.now += 1000;
      const answer = await attest(here, node.id, tdx);
      const { payload, protectedHeader } = await jwtVerify(answer.token ?? '', here.tokenKey, {
        issuer: GATEWAY,
        audience: 'test',
        currentDate: new Date(here.clock.now),
      });
      expect(protectedHeader.typ).toBe('eat+jwt');
      expect(payload).toMatchObject({
        sub: node.id,
        jti: answer.decision,
        ear_status: 'warning',
      });
      const { standing } = answer.node;
      if (standing.state !== 'admitted') throw new Error('not admitted');
      expect(payload.exp).toBe(Math.floor(standing.admission.until / 1000));
    });

    it('again without saying once more what the log has said', async () => {
      here.clock.now += 1000;
      const before = await size();
      await attest(here, node.id, tdx);
      const types = (await leavesSince(before)).map(({ type }) => type);
      expect(types).toEqual(['decision', 'admission.granted']);
      const [event] = (await here.fleet.events((await here.fleet.lastEvent()) - 1, 1)) ?? [];
      expect(event).toMatchObject({ type: 'node.renewed', node: node.id });
    });

    it.each([
      ['snp', () => snp],
      ['gpu', () => gpu],
    ] as const)('a machine of %s', async (pool, of) => {
      const other = await fresh(pool, of());
      expect(await attest(here, other.id, of())).toMatchObject({ verdict: 'accept' });
    });
  });

  describe('refuses', () => {
    it('a machine whose hardware another node has, and says so to others', async () => {
      const { key, privateKey } = await member('a key of its own');
      const thief = await fresh('tdx', { ...tdx, key, privateKey });
      const before = await size();
      const answer = await attest(here, thief.id, tdx);
      expect(answer).toMatchObject({
        verdict: 'reject',
        authentic: true,
        reasons: [{ code: 'fleet.hardware.taken' }],
        node: { standing: { state: 'enrolled' }, failures: 1 },
      });
      expect(answer).not.toHaveProperty('token');
      expect((await leavesSince(before)).map(({ type }) => type)).toEqual([
        'decision',
        'admission.refused',
      ]);
      const [statement] = await here.fleet.misbehaviour((await here.fleet.lastEvent()) - 1, 9);
      const { payload } = await jwtVerify(statement?.statement ?? '', here.tokenKey, {
        typ: 'postern-misbehaviour+jwt',
        currentDate: new Date(here.clock.now),
      });
      expect(payload).toMatchObject({
        what: 'hardware.shared',
        decision: answer.decision,
        key: { publicKey: key.publicKey },
      });
    });

    it('a challenge that was answered, whoever answers it', async () => {
      const node = await fresh('tdx', tdxTwo);
      const { nonce, purpose } = await here.fleet.challenge(node.id);
      const bundle = tdxTwo.machine.bundle({ nonce, purpose });
      expect(await here.fleet.attest(node.id, { nonce, bundle })).toMatchObject({
        verdict: 'accept',
      });
      await expect(here.fleet.attest(node.id, { nonce, bundle })).rejects.toMatchObject({
        code: 'usage',
        at: 'nonce',
        detail: expect.stringContaining('answered before'),
      });
    });

    it('of many answers to one challenge at once, all but one', async () => {
      const node = await here.store.nodeByKey(tdxTwo.key.publicKey);
      const { nonce, purpose } = await here.fleet.challenge(node?.id ?? '');
      const bundle = tdxTwo.machine.bundle({ nonce, purpose });
      const all = await Promise.allSettled(
        Array.from({ length: 8 }, () => here.fleet.attest(node?.id ?? '', { nonce, bundle })),
      );
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('a challenge of another node', async () => {
      const [one, two] = [
        await here.store.nodeByKey(tdx.key.publicKey),
        await here.store.nodeByKey(tdxTwo.key.publicKey),
      ];
      const { nonce, purpose } = await here.fleet.challenge(one?.id ?? '');
      const bundle = tdxTwo.machine.bundle({ nonce, purpose });
      await expect(here.fleet.attest(two?.id ?? '', { nonce, bundle })).rejects.toMatchObject({
        at: 'nonce',
        detail: expect.stringContaining('no challenge of this gateway'),
      });
    });

    it('a challenge that is too old', async () => {
      const node = await here.store.nodeByKey(tdxTwo.key.publicKey);
      const { nonce, purpose } = await here.fleet.challenge(node?.id ?? '');
      here.clock.now += 2 * MINUTE + 1;
      const bundle = tdxTwo.machine.bundle({ nonce, purpose });
      await expect(here.fleet.attest(node?.id ?? '', { nonce, bundle })).rejects.toMatchObject({
        at: 'nonce',
        detail: expect.stringMatching(/was made 12\d s ago/),
      });
    });

    it('evidence that another challenge drew, and ends what the node had', async () => {
      const node = await here.store.nodeByKey(tdxTwo.key.publicKey);
      await attest(here, node?.id ?? '', tdxTwo);
      const { nonce, purpose } = await here.fleet.challenge(node?.id ?? '');
      const old = tdxTwo.machine.bundle({ nonce: new Uint8Array(32).fill(1), purpose });
      const before = await size();
      const answer = await here.fleet.attest(node?.id ?? '', { nonce, bundle: old });
      expect(answer).toMatchObject({
        verdict: 'reject',
        node: { standing: { state: 'lapsed' } },
      });
      expect(answer.reasons.map(({ code }) => code)).toContain('bundle.nonce');
      expect((await leavesSince(before)).map(({ type }) => type)).toEqual([
        'decision',
        'admission.revoked',
      ]);
    });

    it('evidence that was drawn for another purpose', async () => {
      const node = await here.store.nodeByKey(tdxTwo.key.publicKey);
      const { nonce } = await here.fleet.challenge(node?.id ?? '');
      const bundle = tdxTwo.machine.bundle({ nonce, purpose: 'client' });
      const answer = await here.fleet.attest(node?.id ?? '', { nonce, bundle });
      expect(answer.verdict).toBe('reject');
      expect(answer.reasons.map(({ code }) => code)).toContain('bundle.purpose');
    });

    it('what is no bundle, without a word in the ledger', async () => {
      const node = await here.store.nodeByKey(tdxTwo.key.publicKey);
      const { nonce } = await here.fleet.challenge(node?.id ?? '');
      const before = await size();
      const bundle = new TextEncoder().encode('{"v":1}');
      await expect(here.fleet.attest(node?.id ?? '', { nonce, bundle })).rejects.toMatchObject({
        code: 'malformed',
      });
      expect(await size()).toBe(before);
    });

    it('less than was declared', async () => {
      const { key, privateKey } = await member('declares more');
      const node = await fresh('gpu', {
        ...gpu,
        key,
        privateKey,
        inventory: { ...gpu.inventory, gpus: 8 },
      });
      const answer = await attest(here, node.id, gpu);
      expect(answer.reasons).toContainEqual({
        code: 'fleet.inventory.gpus',
        outcome: 'fail',
        path: 'inventory.gpus',
        text: 'declared 8, attested 2',
      });
    });
  });

  it('a GPU machine that leaves its devices out does not come back', async () => {
    const node = await here.store.nodeByKey(gpu.key.publicKey);
    const { nonce, purpose } = await here.fleet.challenge(node?.id ?? '');
    const without = edited(
      gpu.machine.bundle({ nonce, purpose }),
      ({ devices: _, ...rest }) => rest,
    );
    const answer = await here.fleet.attest(node?.id ?? '', { nonce, bundle: without });
    expect(answer.verdict).toBe('reject');
    expect(isAdmitted(answer.node, here.clock.now)).toBe(false);
  });

  describe('people', () => {
    let node: FleetNode;
    beforeAll(async () => {
      const found = await here.store.nodeByKey(tdx.key.publicKey);
      if (found === undefined) throw new Error('not enrolled');
      node = (await attest(here, found.id, tdx)).node;
    });

    it('put a node in quarantine at once, and it has to be admitted anew', async () => {
      const before = await size();
      const out = await here.fleet.quarantine(node.id, ADMIN, REASON);
      expect(isAdmitted(out, here.clock.now)).toBe(false);
      expect((await leavesSince(before)).map(({ type }) => type)).toEqual([
        'operator.override',
        'admission.revoked',
      ]);
      await expect(here.fleet.challenge(node.id)).rejects.toMatchObject({ code: 'conflict' });
      await here.fleet.release(node.id, ADMIN, REASON);
      expect(await here.store.node(node.id)).toMatchObject({ standing: { state: 'lapsed' } });
      expect((await attest(here, node.id, tdx)).verdict).toBe('accept');
    });

    it('revoke it for good', async () => {
      await here.fleet.revoke(node.id, ADMIN, REASON);
      for (const act of [
        () => here.fleet.challenge(node.id),
        () => here.fleet.release(node.id, ADMIN, REASON),
        () => here.fleet.quarantine(node.id, ADMIN, REASON),
        () => here.fleet.override(node.id, ADMIN, REASON, here.clock.now + MINUTE),
        () => here.fleet.revoke(node.id, ADMIN, REASON),
      ]) {
        await expect(act()).rejects.toMatchObject({ code: 'conflict' });
      }
    });

    it('and its hardware does not come back under another name', async () => {
      const { key, privateKey } = await member('another key');
      const again = await fresh('tdx', { ...tdx, key, privateKey });
      const answer = await attest(here, again.id, tdx);
      expect(answer.reasons).toMatchObject([{ code: 'fleet.hardware.taken' }]);
    });

    it('remove it, so that it may be enrolled again', async () => {
      await here.fleet.remove(node.id, ADMIN, REASON);
      const again = await fresh('tdx', tdx);
      expect((await attest(here, again.id, tdx)).verdict).toBe('accept');
    });

    it('override only what stayed open, in the open, and for a while', async () => {
      const found = await here.store.nodeByKey(tdx.key.publicKey);
      const id = found?.id ?? '';
      const soon = here.clock.now + MINUTE;
      // Accepted as it is, there is nothing to override.
      await expect(here.fleet.override(id, ADMIN, REASON, soon)).rejects.toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining('it was accept'),
      });
      await expect(
        here.fleet.override(id, ADMIN, REASON, here.clock.now + 25 * 60 * MINUTE),
      ).rejects.toMatchObject({ at: 'until' });
      await expect(here.fleet.override(id, ADMIN, 'short', soon)).rejects.toMatchObject({
        at: 'reason',
      });
      await expect(here.fleet.override(id, ADMIN, 'two\nlines of it', soon)).rejects.toMatchObject({
        at: 'reason',
      });
    });
  });

  it('every leaf stands in the log under its own hash, and the store finds no fault', async () => {
    const leaves = await here.store.leaves(0, await size());
    for (const { entry, hash } of leaves) {
      const want = createHash('sha256').update(Uint8Array.of(0)).update(entry).digest();
      expect(Buffer.from(hash)).toEqual(want);
    }
    expect(await here.store.faults()).toEqual([]);
  });
});
