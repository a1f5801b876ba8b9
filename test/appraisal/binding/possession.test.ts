import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { makeServerKeys } from '../../../src/agent/keys/server-keys.ts';
import { parseKeyset } from '../../../src/appraisal/binding/keyset.ts';
import {
  possessionMember,
  possessionProblem,
  possessionTranscript,
  type ShownKey,
} from '../../../src/appraisal/binding/possession.ts';
import { writeKeyset } from '../../../src/appraisal/binding/write-keyset.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import { JsonShape } from '../../../src/core/encoding/json-shape.ts';
import { faultOf } from '../../support/fault-of.ts';

const CONFIG = {
  ssh: {
    folder: '/nowhere',
    algorithms: ['ed25519', 'ecdsa-p256'],
    address: null,
    reload: null,
    certificates: false,
  },
  tls: {
    listen: { host: '127.0.0.1', port: 0 },
    names: ['node-7.example', 'node-7'],
    forward: '127.0.0.1:1',
    address: null,
    certificates: false,
    connections: 1,
    handshakeWithin: 1,
    idle: 1,
  },
} as const;

const keysetOf = (keys: ReturnType<typeof makeServerKeys>) =>
  writeKeyset({
    deployment: 'test',
    validity: { from: 0, to: 1000 },
    agentConfigSha256: new Uint8Array(32),
    keys: keys.own,
  });

const own = makeServerKeys(CONFIG);
const bytes = keysetOf(own);
const keyset = parseKeyset(bytes);
const challenge = { purpose: 'client', nonce: new Uint8Array(32).fill(1), keyset: bytes };
const shown = own.shown(challenge);
const problem = (key: ShownKey, asked = challenge) => possessionProblem(key, keyset, asked);
const names = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'P-256 of TLS'];

it('lists two SSH keys, and that of TLS under its first name', () => {
  expect(keyset.keys.map(({ use }) => use)).toEqual(['ssh-host', 'ssh-host', 'tls']);
  expect(keyset.keys.flatMap((key) => (key.use === 'tls' ? [key.host] : []))).toEqual([
    'node-7.example',
  ]);
});

describe.each(shown.map((key, i) => ({ name: names[i], key })))('$name', ({ key }) => {
  it('that signed the challenge is held', () => {
    expect(problem(key)).toBeUndefined();
  });

  it.each([
    { name: 'another purpose', asked: { ...challenge, purpose: 'ssh-session' } },
    { name: 'another nonce', asked: { ...challenge, nonce: new Uint8Array(32).fill(2) } },
    { name: 'another keyset', asked: { ...challenge, keyset: keysetOf(makeServerKeys(CONFIG)) } },
  ])('that signed for $name is not', ({ asked }) => {
    expect(problem(key, asked)).toContain('no signature of');
  });

  it('that another signed in the place of is not', () => {
    const [thief] = makeServerKeys(CONFIG).shown(challenge);
    expect(problem({ ...key, signature: thief?.signature ?? key.signature })).toContain(
      'no signature of',
    );
  });

  it('with one bit of its signature changed is not', () => {
    const signature = key.signature.with(5, (key.signature[5] ?? 0) ^ 1);
    expect(problem({ ...key, signature })).toContain('no signature of');
  });

  it('for the other use is none of the keyset’s', () => {
    const use = key.use === 'tls' ? 'ssh-host' : 'tls';
    expect(problem({ ...key, use })).toContain('not in the keyset');
  });
});

it('a key that the keyset has not is none, whatever it signed', () => {
  for (const key of makeServerKeys(CONFIG).shown(challenge)) {
    expect(problem(key)).toContain('not in the keyset');
  }
});

it('the transcript is pinned', () => {
  const transcript = possessionTranscript(
    { purpose: 'client', nonce: new Uint8Array(32).fill(1), keyset: Uint8Array.of(2) },
    { use: 'tls', key: Uint8Array.of(3) },
  );
  expect(toHex(sha256(transcript))).toBe(
    'e81825f1dcb82eef27737ff8bc6fd9c6e63ccf2cdb67e377373e5e314fd700e9',
  );
});

describe('the member', () => {
  const written = ({ use, key, signature }: ShownKey) => ({
    use,
    key: Buffer.from(key).toString('base64'),
    signature: Buffer.from(signature).toString('base64'),
  });
  const read = (possession: unknown) =>
    possessionMember(
      new JsonShape(parseJson(JSON.stringify({ possession }), 'binding').value, 'binding'),
    );
  const [first = { use: 'tls', key: new Uint8Array(1), signature: new Uint8Array(64) } as const] =
    shown;
  const good = written(first);

  it('is read as it was written', () => {
    expect(read(shown.map(written))).toEqual(shown);
  });

  it.each([
    { name: 'a key twice', list: [good, good], at: 'binding.possession' },
    {
      name: 'more keys than any keyset has',
      list: Array.from({ length: 65 }, () => good),
      at: 'binding.possession',
    },
    { name: 'a use without such keys', list: [{ ...good, use: 'ohttp' }] },
    { name: 'no key', list: [{ ...good, key: '' }] },
    { name: 'a signature of 63 bytes', list: [{ ...good, signature: 'A'.repeat(84) }] },
    { name: 'a member that is not known', list: [{ ...good, host: 'a' }] },
  ])('is refused with $name', ({ list, at = 'binding.possession[0]' }) => {
    const fault = faultOf(() => read(list));
    expect(fault.code).toBe('malformed');
    expect(fault.at.startsWith(at)).toBe(true);
  });
});
