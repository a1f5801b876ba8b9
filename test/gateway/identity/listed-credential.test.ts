import { expect, it } from 'vitest';
import type { Credential } from '../../../src/gateway/identity/credential.ts';
import {
  listCredentials,
  listedCredential,
} from '../../../src/gateway/identity/listed-credential.ts';
import { MemoryIdentityStore } from '../../support/memory-identity-store.ts';

const common = { role: 'validator', createdAt: 1, version: 3 } as const;
/** Substrate's //Alice. */
const alice = 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
/** RFC 8032 section 7.1, test 1. */
const other = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const sha256 = 'ab'.repeat(32);
const previous = { sha256: 'cd'.repeat(32), until: 150 };

const CREDENTIALS: readonly Credential[] = [
  { ...common, id: '01', name: 'a', proof: { kind: 'api-key', sha256 }, usedAt: 60_000 },
  { ...common, id: '02', name: 'b', proof: { kind: 'api-key', sha256, previous } },
  { ...common, id: '03', name: 'c', proof: { kind: 'sr25519', publicKey: alice }, expiresAt: 100 },
  { ...common, id: '04', name: 'd', proof: { kind: 'ed25519', publicKey: other }, revokedAt: 50 },
];

it('shows what admins need, and nothing to check a key against', async () => {
  const store = new MemoryIdentityStore();
  for (const credential of CREDENTIALS) await store.addCredential(credential);
  const listed = await listCredentials(store, 100);
  const said = { role: 'validator', createdAt: 1 };
  expect(listed).toEqual([
    { ...said, id: '01', name: 'a', state: 'in-force', proof: { kind: 'api-key' }, usedAt: 60_000 },
    {
      ...said,
      id: '02',
      name: 'b',
      state: 'in-force',
      proof: { kind: 'api-key', previousUntil: 150 },
    },
    {
      ...said,
      id: '03',
      name: 'c',
      state: 'expired',
      expiresAt: 100,
      proof: {
        kind: 'sr25519',
        publicKey: alice,
        hotkey: '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY',
      },
    },
    {
      ...said,
      id: '04',
      name: 'd',
      state: 'revoked',
      revokedAt: 50,
      proof: { kind: 'ed25519', publicKey: other },
    },
  ]);
});

it('is in force until its end, and no former key after that one’s', () => {
  const [, rotated, ending] = CREDENTIALS as [Credential, Credential, Credential];
  expect(listedCredential(rotated, 149).proof).toEqual({ kind: 'api-key', previousUntil: 150 });
  expect(listedCredential(rotated, 150).proof).toEqual({ kind: 'api-key' });
  expect(listedCredential(ending, 99).state).toBe('in-force');
  expect(listedCredential(ending, 100).state).toBe('expired');
});
