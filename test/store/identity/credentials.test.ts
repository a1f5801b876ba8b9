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
    ...more,
  };
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
      const gone = credentialOf(3, { revokedAt: 5, name: 'credential-1' });
      for (const one of [plain, full, gone]) await store.addCredential(one);
      expect(await store.credentials()).toEqual([gone, full, plain]);
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
      expect(await again.credentials()).toEqual([gone, full, plain]);
      expect(await again.faults()).toEqual([]);
    });
  });

  it('are replaced, and give up name and key once they are revoked, for good', async () => {
    await withBed(kind, async (bed) => {
      const store = await bed.open();
      const first = credentialOf(1, { proof: key });
      await store.addCredential(first);
      const used = { ...first, usedAt: 60_000 };
      await store.replaceCredential(used);
      expect(await store.credential(first.id)).toEqual(used);
      const revoked = { ...used, revokedAt: 70_000 };
      await store.replaceCredential(revoked);
      expect(await store.credentialByKey(key.publicKey)).toBeUndefined();
      // Somebody had read it before.
      const late = store.replaceCredential({ ...first, usedAt: 120_000 });
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        at: `credentials[${first.id}]`,
      });
      await store.replaceCredential({ ...revoked, usedAt: 61_000 });
      const heir = credentialOf(2, { name: first.name, proof: key });
      await store.addCredential(heir);
      expect(await store.credentialByKey(key.publicKey)).toEqual(heir);
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
      credential: credentialOf(3),
      at: `credentials[${hexOf(3, 8)}]`,
      act: 'replaceCredential',
    },
    {
      name: 'one in place of itself under the name of another',
      credential: credentialOf(2, { proof: key, name: 'credential-1' }),
      at: 'credentials.name',
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
});
