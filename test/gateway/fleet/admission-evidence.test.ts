import { beforeAll, expect, it } from 'vitest';
import { keysetDigest } from '../../../src/appraisal/binding/keyset.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { AdmissionEvidence } from '../../../src/gateway/fleet/admission-evidence.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import { parseSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { parseTlogProof } from '../../../src/ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../../src/ledger/proof/verify-proof.ts';
import { judgeCheckpoint } from '../../../src/ledger/trust/judge.ts';
import { parseTlogPolicy } from '../../../src/ledger/trust/tlog-policy.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
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
import { keysetBytes } from '../../support/keyset.ts';
import { CLASSIC } from '../../support/ledger-writing.ts';
import { testSigner } from '../../support/notes.ts';
import { SQLITE } from '../../support/store-beds.ts';

const witness = testSigner('witness.example/w', 'cosignature', 21);
const [logKey] = CLASSIC.keys;
if (logKey === undefined) throw new Error('no key');
const policy = parseTlogPolicy(
  utf8(`log ${writeVerifierKey(logKey)}\nwitness w ${writeVerifierKey(witness.key)}\nquorum w\n`),
);

const at = (minutes: number) =>
  `${new Date(SIMULATED_NOW + minutes * MINUTE).toISOString().slice(0, 19)}Z`;
const KEYSETS = [-1, -2].map((from) =>
  keysetBytes({ not_before: at(from * 60), not_after: at(600) }),
);
const digestOf = (keyset: Uint8Array | undefined) => toHex(keysetDigest(keyset ?? Uint8Array.of()));

/** The same machine under each of the keysets. */
let [one, two]: readonly Member[] = [];

beforeAll(async () => {
  const of = (keyset: Uint8Array | undefined) =>
    member('one', {
      edit: (plan) => {
        if (keyset) plan.keyset = keyset;
      },
    });
  one = await of(KEYSETS[0]);
  two = await of(KEYSETS[1]);
}, 120_000);

interface World extends FleetBed {
  readonly evidence: AdmissionEvidence;
  readonly id: string;
  /** How often records were opened since it was asked last. */
  readonly opened: () => number;
}

async function inWorld(act: (world: World) => Promise<void>): Promise<void> {
  if (one === undefined) throw new Error('no machine');
  const bed = await SQLITE.make();
  const fleet = await fleetBed(await bed.open(), { published: [one] });
  try {
    let blobs = 0;
    const store = new Proxy(fleet.store, {
      get: (target, name) => {
        if (name === 'blob') blobs++;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const evidence = new AdmissionEvidence(
      store,
      async () => policy,
      () => fleet.clock.now,
    );
    await fleet.fleet.activatePolicy('tdx', ADMIN, policyFile(one, 'tdx'), []);
    const { id } = await enrol(fleet, one, { name: 'one', pool: 'tdx' });
    const opened = () => {
      const count = blobs;
      blobs = 0;
      return count;
    };
    await act({ ...fleet, evidence, id, opened });
  } finally {
    await fleet.close();
    await bed.close();
  }
}

async function cosign({ store, clock }: World): Promise<void> {
  const head = await store.head();
  if (head === undefined) throw new Error('no head');
  const { text } = parseSignedNote(head.checkpoint);
  const line = signNote(text, witness, BigInt(Math.floor(clock.now / 1000)));
  await store.addCosignatures(head.size, [line]);
}

/** Shows its evidence, some minutes later. @returns its admission. */
async function renewed(world: World, machine = one, minutes = 2) {
  world.clock.now += minutes * MINUTE;
  if (machine === undefined) throw new Error('no machine');
  await attest(world, world.id, machine);
  const { standing } = await world.fleet.node(world.id);
  if (standing.state !== 'admitted') throw new Error(`is ${standing.state}`);
  const { keyset, ...admission } = standing.admission;
  if (keyset === undefined) throw new Error('no keyset');
  return { ...admission, keyset };
}

/** Of the admission that is shown: its decision, the size it is proven in, and whether that is cosigned. */
async function shown({ evidence, id }: World, admission: Awaited<ReturnType<typeof renewed>>) {
  const { decision, until, leaves } = await evidence.of(id, admission);
  const facts = leaves.map(({ entry, proof: bytes }) => {
    const proof = parseTlogProof(bytes);
    const { missing } = judgeCheckpoint(proof.checkpoint, policy);
    if (missing.length === 0) verifyTlogProof(proof, entry, policy);
    return { leaf: parseLeaf(entry), isWitnessed: missing.length === 0 };
  });
  expect(facts.map(({ leaf }) => leaf.type)).toEqual([
    'decision',
    'admission.granted',
    'key.bound',
  ]);
  const granted = facts.map(({ leaf }) => leaf).find(({ type }) => type === 'admission.granted');
  expect(granted).toMatchObject({ decision, until });
  return { decision, isWitnessed: facts.every((fact) => fact.isWitnessed) };
}

it('until witnesses have seen an admission, the one before is shown that they have', async () => {
  await inWorld(async (world) => {
    const first = await renewed(world);
    expect(await shown(world, first)).toEqual({ decision: first.decision, isWitnessed: false });
    await cosign(world);
    world.clock.now += 1000;
    expect(await shown(world, first)).toEqual({ decision: first.decision, isWitnessed: true });
    const second = await renewed(world);
    expect(await shown(world, second)).toEqual({ decision: first.decision, isWitnessed: true });
    const third = await renewed(world);
    expect(await shown(world, third)).toEqual({ decision: first.decision, isWitnessed: true });
    await cosign(world);
    world.clock.now += 1000;
    expect(await shown(world, third)).toEqual({ decision: third.decision, isWitnessed: true });
  });
});

it('an admission that has ended, or is of another keyset, is not shown in place of a newer one', async () => {
  await inWorld(async (world) => {
    const first = await renewed(world);
    await cosign(world);
    const late = await renewed(world, one, 14.5);
    expect(first.until - world.clock.now).toBeLessThan(MINUTE);
    expect(await shown(world, late)).toEqual({ decision: late.decision, isWitnessed: false });
    await cosign(world);
    const other = await renewed(world, two);
    expect(other.keyset).not.toBe(late.keyset);
    expect(await shown(world, other)).toEqual({ decision: other.decision, isWitnessed: false });
    // Back under the first: what was before the other does not go on.
    await cosign(world);
    const back = await renewed(world, one);
    expect(await shown(world, back)).toEqual({ decision: back.decision, isWitnessed: false });
  });
});

it('an admission that was taken back is not shown once the machine is let in anew', async () => {
  await inWorld(async (world) => {
    await renewed(world);
    await cosign(world);
    await world.fleet.quarantine(world.id, ADMIN, REASON);
    await world.fleet.release(world.id, ADMIN, REASON);
    const anew = await renewed(world);
    expect(await shown(world, anew)).toEqual({ decision: anew.decision, isWitnessed: false });
  });
});

it('a keyset is found behind as many decisions as come in its life', async () => {
  await inWorld(async (world) => {
    await renewed(world);
    for (let n = 0; n < 12; n++) await renewed(world, two, 1);
    expect(await world.evidence.keysetOf(world.id, digestOf(KEYSETS[0]))).toEqual(KEYSETS[0]);
    expect(await world.evidence.keysetOf(world.id, digestOf(KEYSETS[1]))).toEqual(KEYSETS[1]);
  });
});

it('for a keyset that a node never had, the archive is read once, and for each new decision', async () => {
  await inWorld(async (world) => {
    await renewed(world);
    const second = await renewed(world, two);
    // Its own, and then the one that is shown: nobody has to look at the one before.
    await world.evidence.of(world.id, second);
    expect(world.opened()).toBe(2);
    expect(await world.evidence.keysetOf(world.id, '00'.repeat(48))).toBeUndefined();
    expect(world.opened()).toBe(1);
    for (const name of ['01', '02', '03']) {
      expect(await world.evidence.keysetOf(world.id, name.repeat(48))).toBeUndefined();
    }
    expect(world.opened()).toBe(0);
    await renewed(world, one);
    expect(await world.evidence.keysetOf(world.id, '00'.repeat(48))).toBeUndefined();
    expect(world.opened()).toBe(1);
  });
});
