import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../src/appraisal/policy/schema/policy.ts';
import { revisionOf } from '../../src/appraisal/policy/signing/revision.ts';
import {
  makeRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from '../../src/appraisal/policy/signing/revocation.ts';
import { createPostern } from '../../src/client/create-postern.ts';
import { type Memory, memoryInProcess } from '../../src/client/memory.ts';
import type { PosternOptions } from '../../src/client/options.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { type ClientBed, clientBed } from '../support/client/bed.ts';
import { GATEWAY } from '../support/client/gateway.ts';
import { codeOfRejection } from '../support/client/outcome.ts';
import type { Editable } from '../support/policy.ts';
import {
  alice,
  bob,
  carol,
  envelopeOf,
  mallory,
  type Person,
  written,
} from '../support/signed-policy.ts';

let bed: ClientBed;
let memory: Memory;

beforeAll(async () => {
  bed = await clientBed();
}, 120_000);

beforeEach(() => {
  memory = memoryInProcess();
  bed.gateway.policy = undefined;
});

/** A revision of the policy that the machine meets. */
function revision(
  number: number,
  change: (policy: Editable<Policy>) => void = () => undefined,
): Uint8Array {
  const policy = structuredClone(readPolicy(bed.policy).policy) as Editable<Policy>;
  policy.metadata.revision = number;
  if (number > 1) policy.metadata.previous = `sha256:${'00'.repeat(32)}`;
  change(policy);
  return readPolicy(utf8(JSON.stringify(policy))).canonical;
}

function hand(policy: Uint8Array, signers: readonly Person[] = [alice, bob]): void {
  bed.gateway.policy = { file: written(envelopeOf(policy, signers)) };
}

function signed(more: object = {}): PosternOptions {
  const keys = [alice, bob, carol].map(({ publicPem }) => publicPem);
  const signers = { keys, threshold: 2 };
  const policy = { name: 'test', signers, leastRevision: 1, ...more };
  return { ...bed.options, memory, policy };
}

function keyring(activationDelay: string): Uint8Array {
  const keys = Object.entries({ alice, bob, carol }).map(([owner, { publicPem }]) => ({
    owner,
    publicKey: publicPem,
  }));
  return utf8(JSON.stringify({ v: 1, name: 'test', threshold: 2, keys, activationDelay }));
}

describe('a policy that is pinned by its digest', () => {
  const pinned = () => ({ ...bed.options, policy: { digest: readPolicy(bed.policy).digest } });

  it('is taken from the gateway, signed or not', async () => {
    bed.gateway.policy = { file: bed.policy };
    const postern = await createPostern(pinned());
    expect(postern.verification().policy?.pinnedBy).toBe('digest');
    hand(bed.policy, [mallory]);
    expect(await codeOfRejection(createPostern(pinned()))).toBeUndefined();
  });

  it('is no other', async () => {
    bed.gateway.policy = { file: revision(2) };
    expect(await codeOfRejection(createPostern(pinned()))).toBe('policy.digest');
  });

  it('is not there', async () => {
    expect(await codeOfRejection(createPostern(pinned()))).toBe('policy.refused');
  });
});

describe('a policy that is pinned by its signers', () => {
  it('is shown with them', async () => {
    hand(revision(1));
    const { policy } = (await createPostern(signed())).verification();
    expect(policy).toMatchObject({
      revision: 1,
      pinnedBy: 'signers',
      signedBy: ['key 1', 'key 2'],
    });
  });

  it.each([
    ['that too few signed', [alice], 'policy.signatures'],
    ['that others signed', [alice, mallory], 'policy.signatures'],
  ])('%s', async (_, signers, want) => {
    hand(revision(1), signers);
    expect(await codeOfRejection(createPostern(signed()))).toBe(want);
  });

  it('of another name, and of a revision before the least', async () => {
    hand(revision(1));
    expect(await codeOfRejection(createPostern(signed({ name: 'other' })))).toBe('policy.name');
    expect(await codeOfRejection(createPostern(signed({ leastRevision: 2 })))).toBe(
      'policy.revision',
    );
  });

  it('goes on to later revisions, and never back', async () => {
    hand(revision(1));
    await createPostern(signed());
    hand(revision(3));
    expect((await createPostern(signed())).verification().policy?.revision).toBe(3);
    hand(revision(2));
    expect(await codeOfRejection(createPostern(signed()))).toBe('policy.rollback');
    hand(
      revision(3, (policy) => {
        policy.metadata.owners = ['somebody else'];
      }),
    );
    expect(await codeOfRejection(createPostern(signed()))).toBe('policy.fork');
  });

  it('is asked for again where a machine does not meet the one at hand', async () => {
    hand(revision(1));
    const postern = await createPostern(signed());
    const before = bed.machine.keys;
    bed.machine.rotate(9);
    await bed.gateway.admit(bed.machine);
    hand(revision(2));
    bed.gateway.now += 601_000;
    await postern.fetch(`${GATEWAY}/v1/models`);
    expect(postern.verification().policy?.revision).toBe(2);
    bed.machine.keys = before;
    await bed.gateway.admit(bed.machine);
    bed.gateway.now -= 601_000;
  });

  it('is asked for again by a clock that was turned back', async () => {
    hand(revision(1));
    bed.gateway.now += 60_000;
    const postern = await createPostern(signed());
    hand(revision(2));
    bed.gateway.now -= 60_000;
    await postern.verify();
    expect(postern.verification().policy?.revision).toBe(2);
  });

  it('waits for a new revision as long as its keyring says', async () => {
    const options = () => signed({ signers: { keyring: keyring('2h') } });
    hand(revision(1));
    await createPostern(options());
    hand(revision(2));
    expect((await createPostern(options())).verification().policy?.revision).toBe(1);
    const start = bed.gateway.now;
    const text = await memory.get(`policy/${GATEWAY}/test`);
    const earlier = text?.replace(/"since":\d+/, `"since":${start - 7_200_000}`);
    expect(await memory.set(`policy/${GATEWAY}/test`, earlier ?? '', text)).toBe(true);
    expect((await createPostern(options())).verification().policy?.revision).toBe(2);
  });

  it('stays revoked when the gateway no longer says so', async () => {
    hand(revision(1));
    const policy = bed.gateway.policy as { file: Uint8Array };
    const { payload } = makeRevocation(
      revisionOf(readPolicy(revision(1))),
      'its kernel was broken',
      bed.gateway.now,
    );
    const revocation = envelopeOf(payload, [alice, bob], REVOCATION_PAYLOAD_TYPE);
    const none = envelopeOf(payload, [mallory], REVOCATION_PAYLOAD_TYPE);
    bed.gateway.policy = { ...policy, revocations: [written(none)] };
    expect(await codeOfRejection(createPostern(signed()))).toBeUndefined();
    bed.gateway.policy = { ...policy, revocations: [written(none), written(revocation)] };
    for (let i = 0; i < 2; i++) {
      expect(await codeOfRejection(createPostern(signed()))).toBe('policy.signatures');
      bed.gateway.policy = policy;
    }
    hand(revision(2));
    expect(await codeOfRejection(createPostern(signed()))).toBeUndefined();
  });

  it.each(['policy', 'revocations'])(
    'is not taken where what is remembered of %s can’t be read',
    async (what) => {
      hand(revision(1));
      await memory.set(`${what}/${GATEWAY}/test`, '{"v":2}', undefined);
      expect(await codeOfRejection(createPostern(signed()))).toBe('policy.malformed');
    },
  );
});
