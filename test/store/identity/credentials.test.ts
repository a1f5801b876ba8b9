import { expect, it } from 'vitest';
import type { Credential } from '../../../src/gateway/identity/credential.ts';
import { hexOf, sha256Of } from '../../support/fleet.ts';
import { describeStores, withBed } from '../../support/store-beds.ts';

function credentialOf(n: number, more: Partial<Credential> = {}): Credential {
  return {
    id: hexOf(n, 8),
    name: `credential-${n}`,
    role: 'validator',
    proof: { kind: 'api-key', sha256: sha256Of(`${n}`) },
    createdAt: 1_000 - n,
    version: 1,
    ...more,
  };
}

/** What comes next of a credential, by whoever has read it. */
function nextOf(read: Credential, more: Partial<Credential>): Credential {
  return { ...read, ...more, version: read.version + 1 };
}

const key = { kind: 'sr25519', publicKey: hexOf(7, 32) } as const;

interface Refused {
  readonly name: string;
  readonly credential: Credential;
  readonly at: string;
  readonly act?: 'replaceCredential' | 'addCredential';
}

describeStores('credentials', (kind) => {
  it('come back as they were stored, oldest first, by id and by public key', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const plain = credentialOf(1);
      const full = credentialOf(2, {
        role: 'node',
        proof: key,
        pool: 'général',
        expiresAt: 9_000,
        usedAt: 60_000,
      });
      const client = credentialOf(4, {
        role: 'client',
        quotas: { requests: 1, streams: 2, tokens: 'unlimited', evidence: 4 },
      });
      const gone = credentialOf(3, { revokedAt: 5, name: 'credential-1' });
      for (const one of [plain, full, gone, client]) await store.addCredential(one);
      expect(await store.credentials()).toEqual([client, gone, full, plain]);
      expect(await store.credential(full.id)).toEqual(full);
      expect(await store.credential(gone.id)).toEqual(gone);
      expect(await store.credentialByKey(key.publicKey)).toEqual(full);
      // The digest of an API key is no public key.
      expect(await store.credentialByKey(sha256Of('1'))).toBeUndefined();
      for (const nobody of [hexOf(9, 8), '', 'x\0', '\ud800']) {
        expect(await store.credential(nobody)).toBeUndefined();
        expect(await store.credentialByKey(nobody)).toBeUndefined();
      }
      const again = await bed.open();
      expect(await again.credentials()).toEqual([client, gone, full, plain]);
      const fewer = nextOf(client, { quotas: { tokens: 5 } });
      await again.replaceCredential(fewer);
      expect(await store.credential(client.id)).toEqual(fewer);
      expect(await again.faults()).toEqual([]);
    });
  });

  it('are replaced by whoever has read the last of them, and give up name and key once revoked', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const first = credentialOf(1, { proof: key });
      await store.addCredential(first);
      const renamed = nextOf(first, { name: 'other', pool: 'p', expiresAt: 9_000 });
      await store.replaceCredential(renamed);
      expect(await other.credential(first.id)).toEqual(renamed);
      const revoked = nextOf(renamed, { revokedAt: 70_000 });
      await other.replaceCredential(revoked);
      expect(await store.credentialByKey(key.publicKey)).toBeUndefined();
      // Somebody had read it before, and would undo that.
      const late = store.replaceCredential(nextOf(renamed, { name: 'rotated' }));
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        at: `credentials[${first.id}]`,
      });
      expect(await store.credential(first.id)).toEqual(revoked);
      const annotated = nextOf(revoked, { expiresAt: 5 });
      await store.replaceCredential(annotated);
      expect(await store.credential(first.id)).toEqual(annotated);
      const heir = credentialOf(2, { name: first.name, proof: key });
      await store.addCredential(heir);
      expect(await store.credentialByKey(key.publicKey)).toEqual(heir);
      expect(await store.faults()).toEqual([]);
    });
  });

  it('remember their last use beside all else: it is no change, and no change touches it', async () => {
    await withBed(kind, async (bed) => {
      const [store, other] = [await bed.open(), await bed.open()];
      const first = credentialOf(1);
      await store.addCredential(first);
      await store.replaceCredential(nextOf(first, { usedAt: 90_000 }));
      expect(await store.credential(first.id)).toEqual({ ...first, version: 2 });
      await store.noteUse(first.id, 0);
      expect(await store.credential(first.id)).toEqual({ ...first, version: 2, usedAt: 0 });
      await store.noteUse(first.id, 60_000);
      const used = { ...first, version: 2, usedAt: 60_000 };
      for (const at of [0, 59_999, 60_000]) await other.noteUse(first.id, at);
      expect(await store.credential(first.id)).toEqual(used);
      // Who has read it before it was used goes on, whatever he says of its use.
      for (const usedAt of [undefined, 1, 120_000]) {
        const { usedAt: _, ...read } = (await other.credential(first.id)) ?? first;
        await store.noteUse(first.id, 60_000);
        await store.replaceCredential(nextOf(read, usedAt === undefined ? {} : { usedAt }));
      }
      expect(await store.credential(first.id)).toEqual({ ...used, version: 5 });
      const revoked = { ...used, version: 6, revokedAt: 70_000 };
      await store.replaceCredential(revoked);
      await Promise.all([80_000, 100_000, 90_000].map((at) => other.noteUse(first.id, at)));
      expect(await store.credential(first.id)).toEqual({ ...revoked, usedAt: 100_000 });
      for (const nobody of [hexOf(9, 8), '', 'x\0', '\ud800']) await store.noteUse(nobody, 5);
      expect(await store.credentials()).toHaveLength(1);
      await expect(store.noteUse(first.id, Number.NaN)).rejects.toMatchObject({
        code: 'usage',
        at: 'at',
      });
      expect(await store.faults()).toEqual([]);
    });
  });

  it.each<Refused>([
    { name: 'an id that is taken', credential: credentialOf(1), at: `credentials[${hexOf(1, 8)}]` },
    {
      name: 'the name of another',
      credential: credentialOf(3, { name: 'credential-1' }),
      at: 'credentials.name',
    },
    {
      name: 'the key of another, under whatever algorithm',
      credential: credentialOf(3, { proof: { ...key, kind: 'ed25519' } }),
      at: 'credentials.key',
    },
    {
      name: 'the API key of another',
      credential: credentialOf(3, { proof: { kind: 'api-key', sha256: sha256Of('1') } }),
      at: 'credentials.key',
    },
    {
      name: 'one that is not there',
      credential: credentialOf(3, { version: 2 }),
      at: `credentials[${hexOf(3, 8)}]`,
      act: 'replaceCredential',
    },
    {
      name: 'one in place of itself under the name of another',
      credential: credentialOf(2, { proof: key, name: 'credential-1', version: 2 }),
      at: 'credentials.name',
      act: 'replaceCredential',
    },
    {
      name: 'one in place of itself under the key of another',
      credential: credentialOf(1, { proof: key, version: 2 }),
      at: 'credentials.key',
      act: 'replaceCredential',
    },
    {
      name: 'one of the version that is there already',
      credential: credentialOf(2, { proof: key, revokedAt: 5 }),
      at: `credentials[${hexOf(2, 8)}]`,
      act: 'replaceCredential',
    },
    {
      name: 'one of a version that nobody has read the one before of',
      credential: credentialOf(2, { proof: key, version: 3 }),
      at: `credentials[${hexOf(2, 8)}]`,
      act: 'replaceCredential',
    },
  ])('are refused for $name', async ({ credential, at, act = 'addCredential' }) => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      await store.addCredential(credentialOf(1));
      await store.addCredential(credentialOf(2, { proof: key }));
      const before = await store.credentials();
      await expect(store[act](credential)).rejects.toMatchObject({ code: 'conflict', at });
      expect(await store.credentials()).toEqual(before);
    });
  });

  it('are refused as wrong in themselves, at the member', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const wrong: readonly [Partial<Record<keyof Credential, unknown>>, string][] = [
        [{ id: 'x' }, 'id'],
        [{ name: '' }, 'name'],
        [{ role: 'root' }, 'role'],
        [{ role: undefined }, 'role'],
        [{ proof: { kind: 'none' } }, 'proof.kind'],
        [{ proof: { kind: 'api-key', publicKey: hexOf(1, 32) } }, 'proof.sha256'],
        [{ proof: { ...key, publicKey: 'A'.repeat(64) } }, 'proof.publicKey'],
        [{ createdAt: -1 }, 'createdAt'],
        [{ expiresAt: Number.POSITIVE_INFINITY }, 'expiresAt'],
        [{ quotas: { requests: 0 } }, 'quotas.requests'],
        [{ quotas: { streams: 'unlimited' } }, 'quotas.streams'],
        [{ quotas: { tokens: 'many' } }, 'quotas.tokens'],
        [{ quotas: { other: 1 } }, 'quotas.other'],
        [{ version: 0 }, 'version'],
        [{ version: undefined }, 'version'],
      ];
      for (const [members, at] of wrong) {
        const credential = { ...credentialOf(1), ...members } as Credential;
        const fault = { code: 'usage', at: `credential.${at}` };
        await expect(store.addCredential(credential)).rejects.toMatchObject(fault);
        await expect(store.replaceCredential(credential)).rejects.toMatchObject(fault);
      }
      expect(await store.credentials()).toEqual([]);
    });
  });

  it('that many add at once under one name are one', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const answers = await Promise.allSettled(
        stores.map((store, i) => store.addCredential(credentialOf(i + 1, { name: 'the one' }))),
      );
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const answer of answers) {
        if (answer.status === 'rejected') {
          expect(answer.reason).toMatchObject({ code: 'conflict', at: 'credentials.name' });
        }
      }
      expect(await stores[0]?.credentials()).toHaveLength(1);
    });
  });

  it('that many change at once are changed by one of them', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3].map(() => bed.open()));
      const first = credentialOf(1);
      await stores[0]?.addCredential(first);
      const answers = await Promise.allSettled(
        stores.map((store, i) => store.replaceCredential(nextOf(first, { expiresAt: i }))),
      );
      const done = answers.map(({ status }) => status).indexOf('fulfilled');
      expect(await stores[0]?.credentials()).toEqual([nextOf(first, { expiresAt: done })]);
      for (const answer of answers.toSpliced(done, 1)) {
        expect(answer).toMatchObject({
          reason: { code: 'conflict', at: `credentials[${first.id}]` },
        });
      }
    });
  });
});
