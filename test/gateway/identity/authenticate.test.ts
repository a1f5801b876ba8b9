import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { Fault } from '../../../src/core/fault.ts';
import type { FleetStore } from '../../../src/gateway/fleet/store.ts';
import {
  type AuthenticationDeps,
  authenticate,
  type KnownNode,
  type NodeKeys,
} from '../../../src/gateway/identity/authenticate.ts';
import {
  addPublicKey,
  type CredentialDeps,
  createApiKey,
  revokeCredential,
  rotateApiKey,
} from '../../../src/gateway/identity/credentials.ts';
import type { SignatureParameters } from '../../../src/protocol/request-signature/profile.ts';
import type { ReceivedRequest } from '../../../src/protocol/request-signature/verify.ts';
import { MemoryIdentityStore } from '../../support/memory-identity-store.ts';
import {
  CREATED,
  ed25519Key,
  type RequestKey,
  RFC_REQUEST,
  received,
  sr25519Key,
} from '../../support/signed-request.ts';

const NOW = CREATED * 1000;
let now = NOW;
let draws = 0;
let store = new MemoryIdentityStore();
let nodes = new Map<string, KnownNode>();
let deps: AuthenticationDeps & CredentialDeps;

beforeEach(() => {
  now = NOW;
  draws = 0;
  store = new MemoryIdentityStore();
  nodes = new Map();
  deps = {
    store,
    nodes: { nodeByKey: async (publicKey) => nodes.get(publicKey) },
    authority: 'example.com',
    now: () => now,
    randomBytes: (length) => new Uint8Array(length).fill(++draws),
  };
});

const bare: ReceivedRequest = {
  method: 'GET',
  target: '/v1/nodes',
  headers: { host: ['example.com'] },
  body: new Uint8Array(),
};

function bearing(...values: string[]): ReceivedRequest {
  return { ...bare, headers: { ...bare.headers, authorization: values } };
}

async function faultFrom(request: ReceivedRequest): Promise<Fault> {
  const answer = await authenticate(request, deps).catch((error: unknown) => error);
  if (!(answer instanceof Fault)) throw new Error(`no fault, but ${JSON.stringify(answer)}`);
  return answer;
}

it('the fleet’s own store is who knows the nodes', () => {
  const asPort = (fleet: FleetStore): NodeKeys => fleet;
  expect(asPort).toBeTypeOf('function');
});

describe('nothing shown', () => {
  it.each([
    ['no header', {}],
    ['empty lists', { authorization: [], signature: [], 'signature-input': [] }],
    ['a digest alone', { 'content-digest': ['sha-256=:AA==:'] }],
    ['a cookie', { cookie: ['a=b'] }],
  ])('is anyone: %s', async (_name, headers) => {
    expect(await authenticate({ ...bare, headers }, deps)).toEqual({ kind: 'anyone' });
  });
});

describe('an API key', () => {
  it('shows whose it is', async () => {
    const pooled = { name: 'n', role: 'node', pool: 'llama' } as const;
    for (const request of [{ name: 'c', role: 'client' } as const, pooled]) {
      const { credential, text } = await createApiKey(request, deps);
      expect(await authenticate(bearing(`Bearer ${text}`), deps)).toEqual({
        kind: 'credential',
        id: credential.id,
        ...request,
      });
    }
  });

  it('of an unknown id, with a wrong secret, revoked or expired is refused in the same words', async () => {
    const { credential, text } = await createApiKey({ name: 'c', role: 'client' }, deps);
    const ending = await createApiKey({ name: 'e', role: 'client', expiresAt: NOW + 1 }, deps);
    const revoked = await createApiKey({ name: 'r', role: 'client' }, deps);
    await revokeCredential(revoked.credential.id, deps);
    const { publicKey } = ed25519Key(1);
    const signer = await addPublicKey(
      { name: 's', role: 'admin' },
      { kind: 'ed25519', publicKey },
      deps,
    );
    now = NOW + 1;
    for (const other of [
      text.replace(credential.id, 'f'.repeat(16)),
      text.replace(/.$/, text.endsWith('A') ? 'B' : 'A'),
      text.replace('client', 'admin'),
      text.replace(credential.id, ending.credential.id),
      text.replace(credential.id, signer.id),
      ending.text,
      revoked.text,
    ]) {
      const fault = await faultFrom(bearing(`Bearer ${other}`));
      expect({ ...fault, message: fault.message }).toEqual({
        name: 'Fault',
        code: 'unauthenticated',
        at: 'authorization',
        detail: 'no such API key is in force here: it is unknown, revoked or has expired',
        message:
          'authorization: no such API key is in force here: it is unknown, revoked or has expired',
      });
    }
    expect(store.uses).toEqual([]);
    expect(await authenticate(bearing(`Bearer ${text}`), deps)).toMatchObject({
      id: credential.id,
    });
  });

  it('is refused from the next request on when it is revoked', async () => {
    const { credential, text } = await createApiKey({ name: 'c', role: 'client' }, deps);
    await authenticate(bearing(`Bearer ${text}`), deps);
    const rotated = await rotateApiKey(credential.id, { overlap: 60_000 }, deps);
    for (const one of [text, rotated.text]) {
      expect(await authenticate(bearing(`Bearer ${one}`), deps)).toMatchObject({ name: 'c' });
    }
    await revokeCredential(credential.id, deps);
    for (const one of [text, rotated.text]) {
      expect(await faultFrom(bearing(`Bearer ${one}`))).toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('that was rotated is good for the overlap', async () => {
    const { credential, text } = await createApiKey({ name: 'c', role: 'client' }, deps);
    await rotateApiKey(credential.id, { overlap: 1000 }, deps);
    now += 999;
    expect(await authenticate(bearing(`Bearer ${text}`), deps)).toMatchObject({ name: 'c' });
    now += 1;
    expect(await faultFrom(bearing(`Bearer ${text}`))).toMatchObject({ code: 'unauthenticated' });
  });

  it('is noted as used to the minute, by one write for each', async () => {
    const { credential, text } = await createApiKey({ name: 'c', role: 'client' }, deps);
    const minute = NOW - (NOW % 60_000);
    for (const at of [0, 1, 59_999, 60_000, 60_001, 119_999]) {
      now = minute + at;
      await authenticate(bearing(`Bearer ${text}`), deps);
    }
    expect(store.uses.map(({ at }) => at - minute)).toEqual([0, 60_000]);
    expect(await store.credential(credential.id)).toMatchObject({ usedAt: minute + 60_000 });
  });

  const good = `postern_client_0123456789abcdef_${'_'.repeat(42)}8`;
  it.each([
    ['nothing', ['']],
    ['another scheme', ['Basic YTpi']],
    ['no scheme', [good]],
    ['the scheme alone', ['Bearer ']],
    ['a scheme in small letters', [`bearer ${good}`]],
    ['two spaces', [`Bearer  ${good}`]],
    ['white space behind', [`Bearer ${good} `]],
    ['another’s key', ['Bearer ghp_0123456789abcdef']],
    ['two in one', [`Bearer ${good}, Bearer ${good}`]],
    ['two headers', [`Bearer ${good}`, `Bearer ${good}`]],
    ['a good and an empty header', [`Bearer ${good}`, '']],
  ])('is refused as %s', async (_name, values) => {
    const fault = await faultFrom(bearing(...values));
    expect(fault).toMatchObject({ code: 'malformed', at: 'authorization' });
    expect(fault.message).not.toContain(good.slice(-43));
  });

  it('is not looked up beside a signature', async () => {
    const { text } = await createApiKey({ name: 'c', role: 'client' }, deps);
    const signed = await received();
    const { signature = [], 'signature-input': input = [] } = signed.headers;
    for (const more of [{ signature }, { 'signature-input': input }, { signature: [''] }]) {
      const { headers } = bearing(`Bearer ${text}`);
      expect(await faultFrom({ ...bare, headers: { ...headers, ...more } })).toMatchObject({
        code: 'malformed',
        at: 'authorization',
      });
    }
  });
});

describe.each([
  ['ed25519', ed25519Key(1), ed25519Key(2)],
  ['sr25519', sr25519Key(1), sr25519Key(2)],
])('a signature of %s', (_name, key, other) => {
  const by = (changes: Partial<SignatureParameters> = {}, who: RequestKey = key) =>
    received(RFC_REQUEST, who, { nonce: new Uint8Array(16).fill(++draws), ...changes });

  const add = (role: 'validator' | 'auditor' | 'admin' = 'validator', expiresAt?: number) =>
    addPublicKey(
      { name: 'v', role, ...(expiresAt !== undefined && { expiresAt }) },
      { kind: key.algorithm, publicKey: key.publicKey },
      deps,
    );

  it('shows a credential', async () => {
    const { id } = await add('auditor');
    const principal = { kind: 'credential', id, name: 'v', role: 'auditor' };
    expect(await authenticate(await by(), deps)).toEqual(principal);
    expect(await store.credential(id)).toMatchObject({ usedAt: NOW - (NOW % 60_000) });
  });

  it('shows a node', async () => {
    nodes.set(key.publicKey, { id: 'n1', key });
    expect(await authenticate(await by(), deps)).toEqual({ kind: 'node', id: 'n1' });
    expect(store.uses).toEqual([]);
  });

  it('is good once, for each key', async () => {
    await add();
    nodes.set(other.publicKey, { id: 'n1', key: other });
    const nonce = new Uint8Array(16).fill(7);
    const request = await by({ nonce });
    expect(await authenticate(request, deps)).toMatchObject({ role: 'validator' });
    const again = await by({ nonce, created: CREATED + 1 });
    for (const replayed of [request, again]) {
      expect(await faultFrom(replayed)).toMatchObject({
        code: 'unauthenticated',
        at: 'signature-input.nonce',
      });
    }
    expect(await authenticate(await by({ nonce }, other), deps)).toMatchObject({ kind: 'node' });
    expect([...store.spent.values()]).toEqual([NOW + 420_000, NOW + 420_000]);
  });

  it('of a key that is unknown, revoked, expired or of another kind is refused in the same words', async () => {
    const wrongKind = key.algorithm === 'ed25519' ? sr25519Key(1) : ed25519Key(1);
    const states: (() => Promise<unknown>)[] = [
      async () => undefined,
      async () => revokeCredential((await add()).id, deps),
      async () => add('admin', NOW + 1),
      async () =>
        nodes.set(key.publicKey, { id: 'n1', key: { ...key, algorithm: wrongKind.algorithm } }),
    ];
    for (const arrange of states) {
      await arrange();
      now = NOW + 1;
      const fault = await faultFrom(await by());
      expect(fault).toMatchObject({
        code: 'unauthenticated',
        at: 'signature-input.keyid',
        detail: 'no such key is in force here: it is unknown, revoked or has expired',
      });
      now = NOW;
    }
    // What strangers sign is not remembered.
    expect(store.spent.size).toBe(0);
  });

  it('that does not hold says the same of a known and an unknown key', async () => {
    const forge = async () => ({ ...(await by()), method: 'PUT' });
    const unknown = await faultFrom(await forge());
    await add();
    const known = await faultFrom(await forge());
    expect(known).toEqual(unknown);
    expect(known).toMatchObject({ code: 'unauthenticated', at: 'signature' });
    expect(store.spent.size).toBe(0);
  });

  it('of a key that is two things is refused, and said why', async () => {
    const { id } = await add();
    nodes.set(key.publicKey, { id: 'n1', key });
    const fault = await faultFrom(await by());
    expect(fault).toMatchObject({ code: 'conflict', at: 'signature-input.keyid' });
    expect(fault.detail).toContain(id);
    expect(fault.detail).toContain('n1');
    await revokeCredential(id, deps);
    expect(await authenticate(await by(), deps)).toEqual({ kind: 'node', id: 'n1' });
  });
});

describe('half a signature', () => {
  it.each(['signature-input', 'signature', 'content-digest'])(
    'is refused without %s',
    async (name) => {
      const request = await received();
      const { [name]: _gone, ...headers } = request.headers;
      expect(await faultFrom({ ...request, headers })).toMatchObject({
        code: 'malformed',
        at: name,
      });
    },
  );

  it('is refused over other content', async () => {
    const request = await received();
    expect(await faultFrom({ ...request, body: utf8('{}') })).toMatchObject({
      code: 'malformed',
      at: 'content-digest',
    });
  });

  it('is refused when it is of another time', async () => {
    now = NOW + 361_000;
    expect(await faultFrom(await received())).toMatchObject({
      code: 'unauthenticated',
      at: 'signature-input.expires',
    });
  });
});
