import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Credential,
  type KeyQuotas,
  principalOf,
} from '../../../src/gateway/identity/credential.ts';
import { createApiKey, revokeCredential } from '../../../src/gateway/identity/credentials.ts';
import { changeQuotas } from '../../../src/gateway/identity/key-quotas.ts';
import { MemoryIdentityStore } from '../../support/memory-identity-store.ts';

const NOW = 1_700_000_000_000;
let draws = 0;
const store = { now: () => NOW, randomBytes: (n: number) => new Uint8Array(n).fill(++draws) };
let deps = { ...store, store: new MemoryIdentityStore() };

beforeEach(() => {
  deps = { ...store, store: new MemoryIdentityStore() };
});

async function keyWith(quotas?: KeyQuotas): Promise<Credential> {
  const wish = { name: 'a client', role: 'client', ...(quotas && { quotas }) } as const;
  return (await createApiKey(wish, deps)).credential;
}

describe('quotas of a key', () => {
  it('are what it was made with, and what is known of who asks', async () => {
    const made = await keyWith({ streams: 2, tokens: 'unlimited' });
    expect(principalOf(made)).toMatchObject({ quotas: { streams: 2, tokens: 'unlimited' } });
    expect(principalOf(await keyWithout())).not.toHaveProperty('quotas');
  });

  const keyWithout = async () => {
    deps = { ...deps, store: new MemoryIdentityStore() };
    return keyWith();
  };

  it('change one by one, and give way to the default', async () => {
    const { id } = await keyWith({ streams: 2, evidence: 3 });
    const changed = await changeQuotas(id, { streams: 'default', tokens: 9 }, deps);
    expect([changed.quotas, changed.version]).toEqual([{ evidence: 3, tokens: 9 }, 2]);
    expect(await deps.store.credential(id)).toEqual(changed);
    const none = await changeQuotas(id, { evidence: 'default', tokens: 'default' }, deps);
    expect(none).not.toHaveProperty('quotas');
  });

  it('are not given to what is not there, has ended, or is no client', async () => {
    const conflict = { code: 'conflict' };
    const { id } = await keyWith();
    await revokeCredential(id, deps);
    await expect(changeQuotas(id, { streams: 1 }, deps)).rejects.toMatchObject(conflict);
    await expect(changeQuotas('00', { streams: 1 }, deps)).rejects.toMatchObject({
      code: 'missing',
    });
    const wish = { name: 'watcher', role: 'auditor' } as const;
    const { credential } = await createApiKey(wish, deps);
    await expect(changeQuotas(credential.id, { streams: 1 }, deps)).rejects.toMatchObject({
      code: 'usage',
      at: 'credential.quotas',
    });
  });
});
