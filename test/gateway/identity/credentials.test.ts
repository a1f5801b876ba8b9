import { beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { apiKeyDigest, isApiKey } from '../../../src/gateway/identity/api-key.ts';
import type { ApiKeyProof, Credential } from '../../../src/gateway/identity/credential.ts';
import {
  addPublicKey,
  type CredentialDeps,
  createApiKey,
  LONGEST_OVERLAP,
  revokeCredential,
  rotateApiKey,
} from '../../../src/gateway/identity/credentials.ts';
import { MemoryIdentityStore } from '../../support/memory-identity-store.ts';
import { ed25519Key, sr25519Key } from '../../support/signed-request.ts';

const NOW = 1_700_000_000_000;
let now = NOW;
let draws = 0;
let store = new MemoryIdentityStore();
let deps: CredentialDeps;

beforeEach(() => {
  now = NOW;
  draws = 0;
  store = new MemoryIdentityStore();
  const randomBytes = (length: number) => new Uint8Array(length).fill(++draws);
  deps = { store, now: () => now, randomBytes };
});

const client = { name: 'a client', role: 'client' } as const;

function proofOf({ proof }: Credential): ApiKeyProof {
  if (proof.kind !== 'api-key') throw new Error('not an API key');
  return proof;
}

/** Something else happens between what somebody reads and what they write. */
class RevokedMeanwhile extends MemoryIdentityStore {
  meanwhile: (() => Promise<unknown>) | undefined;

  override async credential(id: string): Promise<Credential | undefined> {
    const read = await super.credential(id);
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return read;
  }
}

describe('an API key', () => {
  it('is made once, and only its digest is kept', async () => {
    const { credential, text } = await createApiKey({ ...client, expiresAt: NOW + 1 }, deps);
    expect(text).toMatch(/^postern_client_0101010101010101_[A-Za-z0-9_-]{43}$/);
    expect(credential).toEqual({
      id: '0101010101010101',
      ...client,
      createdAt: NOW,
      expiresAt: NOW + 1,
      version: 1,
      proof: { kind: 'api-key', sha256: apiKeyDigest(text) },
    });
    expect(await store.credentials()).toEqual([credential]);
    const secret = toHex(new Uint8Array(32).fill(2));
    const kept = JSON.stringify(await store.credentials());
    expect(kept).not.toContain(text.slice(-43));
    expect(kept).not.toContain(secret);
  });

  it('of role node is for its pool', async () => {
    const { credential } = await createApiKey({ name: 'n', role: 'node', pool: 'llama' }, deps);
    expect(credential).toMatchObject({ role: 'node', pool: 'llama' });
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(65) }],
    ['name', { name: ' a' }],
    ['name', { name: 'a\nb' }],
    ['name', { name: '\u202ea' }],
    ['pool', { role: 'node' }],
    ['pool', { role: 'node', pool: '' }],
    ['pool', { pool: 'llama' }],
    ['quotas', { role: 'admin', quotas: { streams: 1 } }],
    ['quotas.streams', { quotas: { streams: 0 } }],
    ['quotas.requests', { quotas: { requests: 1_000_001 } }],
    ['quotas.tokens', { quotas: { tokens: 1.5 } }],
    ['expiresAt', { expiresAt: NOW }],
    ['expiresAt', { expiresAt: Number.NaN }],
    ['expiresAt', { expiresAt: NOW + 0.5 }],
  ] as const)('is not made with a wrong %s: %j', async (member, changes) => {
    const made = createApiKey({ ...client, ...changes }, deps);
    await expect(made).rejects.toMatchObject({ code: 'usage', at: `credential.${member}` });
    expect(await store.credentials()).toEqual([]);
  });

  it('is not made under a name that is taken, until that one is revoked', async () => {
    const { credential } = await createApiKey(client, deps);
    await expect(createApiKey(client, deps)).rejects.toMatchObject({
      code: 'conflict',
      at: 'credentials.name',
    });
    await revokeCredential(credential.id, deps);
    await createApiKey(client, deps);
  });
});

describe('rotation', () => {
  it('gives another text, and lets the one before be for as long as was said', async () => {
    const { credential, text } = await createApiKey(client, deps);
    now += 500;
    const next = await rotateApiKey(credential.id, { overlap: 1000 }, deps);
    expect(next.text).not.toBe(text);
    expect(next.credential).toMatchObject({ id: credential.id, version: 2, createdAt: NOW });
    expect(await store.credential(credential.id)).toEqual(next.credential);
    const proof = proofOf(next.credential);
    expect(isApiKey(next.text, proof, now)).toBe(true);
    expect(isApiKey(text, proof, now + 999)).toBe(true);
    expect(isApiKey(text, proof, now + 1000)).toBe(false);
  });

  it('without overlap ends the text of before', async () => {
    const { credential, text } = await createApiKey(client, deps);
    const next = await rotateApiKey(credential.id, { overlap: 0 }, deps);
    expect(next.credential.proof).toEqual({ kind: 'api-key', sha256: apiKeyDigest(next.text) });
    expect(isApiKey(text, proofOf(next.credential), now)).toBe(false);
  });

  it('twice leaves the last two', async () => {
    const { credential, text } = await createApiKey(client, deps);
    const second = await rotateApiKey(credential.id, { overlap: 1000 }, deps);
    const third = await rotateApiKey(credential.id, { overlap: 1000 }, deps);
    const texts = [text, second.text, third.text];
    const proof = proofOf(third.credential);
    expect(texts.map((one) => isApiKey(one, proof, now))).toEqual([false, true, true]);
  });

  it('moves the end where one is given, but never that of the text of before', async () => {
    const { credential } = await createApiKey({ ...client, expiresAt: NOW + 100 }, deps);
    const kept = await rotateApiKey(credential.id, { overlap: 1000 }, deps);
    expect(kept.credential.expiresAt).toBe(NOW + 100);
    const later = { overlap: 1000, expiresAt: NOW + 5000 };
    const moved = await rotateApiKey(credential.id, later, deps);
    expect(moved.credential.expiresAt).toBe(NOW + 5000);
    expect(proofOf(moved.credential).previous?.until).toBe(NOW + 100);
  });

  it.each([
    ['overlap', { overlap: -1 }],
    ['overlap', { overlap: 0.5 }],
    ['overlap', { overlap: Number.NaN }],
    ['overlap', { overlap: LONGEST_OVERLAP + 1 }],
    ['expiresAt', { overlap: 0, expiresAt: NOW }],
  ])('refuses a wrong %s: %j', async (member, rotation) => {
    const { credential } = await createApiKey(client, deps);
    const rotated = rotateApiKey(credential.id, rotation, deps);
    await expect(rotated).rejects.toMatchObject({ code: 'usage', at: `credential.${member}` });
    expect(await store.credential(credential.id)).toEqual(credential);
  });

  it('is not for what has ended, is a public key, or is not there', async () => {
    const rotation = { overlap: 0, expiresAt: NOW + 9000 };
    const expired = await createApiKey(
      { name: 'expired', role: 'client', expiresAt: NOW + 1 },
      deps,
    );
    const revoked = await createApiKey({ name: 'revoked', role: 'client' }, deps);
    await revokeCredential(revoked.credential.id, deps);
    const { publicKey } = ed25519Key(1);
    const signer = await addPublicKey(
      { name: 'signer', role: 'admin' },
      { kind: 'ed25519', publicKey },
      deps,
    );
    now += 1;
    for (const { id } of [expired.credential, revoked.credential, signer]) {
      await expect(rotateApiKey(id, rotation, deps)).rejects.toMatchObject({
        code: 'conflict',
        at: `credentials[${id}]`,
      });
    }
    await expect(rotateApiKey('ffff', rotation, deps)).rejects.toMatchObject({
      code: 'missing',
      at: 'credentials[ffff]',
    });
  });

  it('does not undo a revocation that comes in between', async () => {
    const racing = new RevokedMeanwhile();
    const { credential } = await createApiKey(client, { ...deps, store: racing });
    racing.meanwhile = () => revokeCredential(credential.id, { ...deps, store: racing });
    const rotated = rotateApiKey(credential.id, { overlap: 1000 }, { ...deps, store: racing });
    await expect(rotated).rejects.toMatchObject({
      code: 'conflict',
      at: `credentials[${credential.id}]`,
    });
    expect(await racing.credential(credential.id)).toMatchObject({ revokedAt: NOW, version: 2 });
  });
});

describe('revocation', () => {
  it('is for good, and once', async () => {
    const { credential } = await createApiKey(client, deps);
    const revoked = await revokeCredential(credential.id, deps);
    expect(revoked).toEqual({ ...credential, revokedAt: NOW, version: 2 });
    now += 1000;
    expect(await revokeCredential(credential.id, deps)).toEqual(revoked);
    expect(await store.credentials()).toEqual([revoked]);
  });

  it('says that there is none', async () => {
    await expect(revokeCredential('ffff', deps)).rejects.toMatchObject({ code: 'missing' });
  });
});

describe('a public key', () => {
  const ed25519 = { kind: 'ed25519', publicKey: ed25519Key(1).publicKey } as const;
  const sr25519 = { kind: 'sr25519', publicKey: sr25519Key(1).publicKey } as const;

  it.each([
    ['validator', sr25519],
    ['validator', ed25519],
    ['auditor', ed25519],
    ['admin', ed25519],
  ] as const)('of a %s', async (role, proof) => {
    const credential = await addPublicKey({ name: 'k', role }, proof, deps);
    expect(credential).toEqual({
      id: '0101010101010101',
      name: 'k',
      role,
      createdAt: NOW,
      version: 1,
      proof,
    });
    expect(await store.credentialByKey(proof.publicKey)).toEqual(credential);
  });

  it.each(['client', 'node'] as const)('is not for a %s', async (role) => {
    const pool = role === 'node' ? { pool: 'llama' } : {};
    await expect(addPublicKey({ name: 'k', role, ...pool }, ed25519, deps)).rejects.toMatchObject({
      code: 'usage',
      at: 'credential.role',
    });
  });

  it.each([
    ['capitals', { ...ed25519, publicKey: ed25519.publicKey.toUpperCase() }],
    ['a byte too few', { ...ed25519, publicKey: ed25519.publicKey.slice(2) }],
    ['no point', { ...ed25519, publicKey: '02'.padEnd(64, '0') }],
    ['a point of small order', { ...ed25519, publicKey: '01'.padEnd(64, '0') }],
    ['the neutral element', { ...sr25519, publicKey: ''.padEnd(64, '0') }],
    ['no element', { ...sr25519, publicKey: 'ff'.repeat(32) }],
  ])('is not of %s', async (_name, proof) => {
    const added = addPublicKey({ name: 'k', role: 'admin' }, proof, deps);
    await expect(added).rejects.toMatchObject({ code: 'usage', at: 'credential.key' });
  });

  it('is one credential’s', async () => {
    await addPublicKey({ name: 'k', role: 'admin' }, ed25519, deps);
    const again = addPublicKey({ name: 'l', role: 'validator' }, ed25519, deps);
    await expect(again).rejects.toMatchObject({ code: 'conflict', at: 'credentials.key' });
  });
});
