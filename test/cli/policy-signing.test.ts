import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import { writeEnvelope } from '../../src/core/encoding/dsse.ts';
import {
  alice,
  bob,
  carol,
  envelopeOf,
  known,
  mallory,
  policyJson,
  policyOf,
  successor,
} from '../support/signed-policy.ts';
import { type Files, jsonOf, postern } from './fake-io.ts';

const first = policyOf();
const second = successor(known(first));
const people = { alice, bob, carol, mallory };

const keyring = {
  v: 1,
  name: 'cpu-nodes',
  threshold: 2,
  revokeThreshold: 1,
  activationDelay: '0s',
  keys: Object.entries({ alice, bob, carol }).map(([owner, { publicPem }]) => ({
    owner,
    publicKey: publicPem,
  })),
};

function encrypted(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const cipher = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  return privateKey.export(cipher).toString();
}

const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;

const files: Files = {
  ...Object.fromEntries(
    Object.entries(people).map(([name, one]) => [`${name}.key`, one.privatePem]),
  ),
  ...Object.fromEntries(
    Object.entries(people).map(([name, one]) => [`${name}.pub`, one.publicPem]),
  ),
  'policy.json': JSON.stringify(policyJson()),
  'canonical.json': first.canonical,
  'broken.json': JSON.stringify({ ...policyJson(), kind: 'Something' }),
  'keyring.json': JSON.stringify(keyring),
  'patient.json': JSON.stringify({ ...keyring, activationDelay: '24h' }),
  'broken-keyring.json': JSON.stringify({ ...keyring, threshold: 0 }),
  'first.json': writeEnvelope(envelopeOf(first.canonical, [alice, bob])),
  'second.json': writeEnvelope(envelopeOf(second.canonical, [bob, carol])),
  'one.json': writeEnvelope(envelopeOf(first.canonical, [alice])),
  'other-type.json': writeEnvelope(envelopeOf(first.canonical, [alice], 'text/plain')),
  'encrypted.key': encrypted(),
  'p384.key': p384.export({ format: 'pem', type: 'pkcs8' }).toString(),
  'secret.key': 'a password that must not be quoted',
};

const run = (argv: readonly string[], more: Files = {}) => postern(argv, { ...files, ...more });
const signIt = async (path: string, ...names: string[]) =>
  run(['policy', 'sign', path, ...names.flatMap((name) => ['--key', `${name}.key`])]);
const verifyIt = (path: string, argv: readonly string[] = [], more: Files = {}) =>
  run(['policy', 'verify', path, '--keyring', 'keyring.json', ...argv], more);

describe('policy sign', () => {
  it.each(['policy.json', 'canonical.json'])(
    'makes an envelope of %s that verifies',
    async (path) => {
      const { exit, out, err } = await signIt(path, 'alice', 'bob');
      expect([exit, err]).toEqual([
        0,
        `postern: signing the policy cpu-nodes, revision 1, ${first.digest}\n`,
      ]);
      const verified = await verifyIt('made.json', [], { 'made.json': out });
      expect(verified.exit).toBe(0);
      expect(verified.out).toContain(`cpu-nodes, revision 1, active\n${first.digest}\n`);
      expect(verified.out).toContain(`signed by alice (${alice.publicKey.keyId})\n`);
      expect(verified.out).toMatch(/\nVALID\n$/);
    },
  );

  it('adds a signature to an envelope, whose payload stays', async () => {
    const { out } = await signIt('one.json', 'bob');
    const before = JSON.parse(String(files['one.json']));
    const after = JSON.parse(out);
    expect(after.payload).toBe(before.payload);
    expect(after.signatures).toHaveLength(2);
    expect(after.signatures[0]).toEqual(before.signatures[0]);
    expect((await verifyIt('both.json', [], { 'both.json': out })).exit).toBe(0);
  });

  it('writes a file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'postern-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    const path = join(dir, 'new', 'signed.json');
    const { exit, out } = await run([
      'policy',
      'sign',
      'policy.json',
      '--key',
      'bob.key',
      '--out',
      path,
    ]);
    expect([exit, out]).toEqual([0, '']);
    expect(JSON.parse(await readFile(path, 'utf8')).signatures).toHaveLength(1);
  });

  it.each([
    ['no key', 'policy.json', [], 64, '--key is missing'],
    ['an encrypted key', 'policy.json', ['encrypted'], 64, 'not encrypted (this one is: '],
    [
      'a key of another kind',
      'policy.json',
      ['p384'],
      64,
      '--key p384.key: want an Ed25519 or P-256',
    ],
    ['what is no key', 'policy.json', ['secret'], 64, '--key secret.key: want'],
    ['a key that is not there', 'policy.json', ['nobody'], 69, 'nobody.key'],
    ['a key that signed already', 'one.json', ['alice'], 64, 'already signed by the key'],
    ['a key twice', 'policy.json', ['alice', 'alice'], 64, 'already signed by the key'],
    ['what is no policy', 'broken.json', ['alice'], 1, 'kind'],
    ['an envelope of something else', 'other-type.json', ['bob'], 64, 'text/plain'],
  ] as const)('refuses %s', async (_name, path, names, exit, says) => {
    const ran = await signIt(path, ...names);
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(says);
    expect(ran.err).not.toContain('password');
  });
});

describe('policy verify', () => {
  it('says in JSON who signed what', async () => {
    const ran = await verifyIt('second.json', ['--previous', 'first.json', '--json']);
    const { verdict, at, checks, signers, policy, threshold, ignored } = jsonOf(ran);
    expect([ran.exit, verdict, at, threshold, ignored]).toEqual([
      0,
      'accept',
      '2026-06-01T00:00:00Z',
      2,
      [],
    ]);
    expect(signers).toEqual([
      { owner: 'bob', keyId: bob.publicKey.keyId },
      { owner: 'carol', keyId: carol.publicKey.keyId },
    ]);
    const { digest } = second;
    expect(policy).toEqual({ name: 'cpu-nodes', revision: 2, digest, state: 'active' });
    expect(checks).toHaveLength(13);
  });

  it.each([
    ['too few signatures', 'one.json', [], 1, '✗ policy.signed.signatures'],
    ['the wrong type', 'other-type.json', [], 1, '✗ policy.signed.type'],
    ['no envelope', 'policy.json', [], 1, '✗ policy.signed.envelope'],
    ['a rollback', 'first.json', ['--previous', 'second.json'], 1, '✗ policy.chain.rollback'],
  ] as const)('refuses %s', async (_name, path, argv, exit, says) => {
    const ran = await verifyIt(path, argv);
    expect(ran.exit).toBe(exit);
    expect(ran.out).toContain(says);
    expect(ran.out).toMatch(/\nNOT VALID\n$/);
  });

  it('prints nothing that would steer a terminal', async () => {
    const hostile = writeEnvelope(
      envelopeOf(first.canonical, [alice, bob], '\u001b[2J\u202eVALID'),
    );
    const ran = await verifyIt('hostile.json', [], { 'hostile.json': hostile });
    expect(ran.exit).toBe(1);
    for (const hidden of ['\u001b', '\u202e']) expect(ran.out + ran.err).not.toContain(hidden);
  });

  it('leaves open what is not yet in force, until it is', async () => {
    const argv = ['policy', 'verify', 'second.json', '--keyring', 'patient.json'];
    const chained = [...argv, '--previous', 'first.json'];
    const early = await run(chained);
    expect([early.exit, early.out.includes('not in force before 2026-06-02T00:00:00Z')]).toEqual([
      2,
      true,
    ]);
    expect(early.out).toMatch(/\nNOT DECIDABLE\n$/);
    expect((await run([...chained, '--first-seen', '2026-05-31T00:00:00Z'])).exit).toBe(0);
    expect((await run([...argv, '--first-seen', '2026-05-31T00:00:00Z'])).exit).toBe(64);
  });

  it('counts keys on the command line, all of them unless told otherwise', async () => {
    const keys = (...names: string[]) => names.flatMap((name) => ['--public-key', `${name}.pub`]);
    const exits = async (...argv: string[]) =>
      (await run(['policy', 'verify', 'first.json', ...argv])).exit;
    expect(await exits(...keys('alice', 'bob'))).toBe(0);
    expect(await exits(...keys('alice', 'carol'))).toBe(1);
    expect(await exits(...keys('alice', 'carol'), '--threshold', '1')).toBe(0);
    expect(await exits(...keys('mallory'))).toBe(1);
    expect(await exits(...keys('alice', 'alice'))).toBe(64);
    expect(await exits(...keys('alice'), '--threshold', '0')).toBe(64);
    expect(await exits(...keys('alice'), '--threshold', '2')).toBe(64);
    expect(await exits(...keys('alice'), '--keyring', 'keyring.json')).toBe(64);
    expect(await exits('--keyring', 'keyring.json', '--threshold', '1')).toBe(64);
    expect(await exits('--public-key', 'alice.key')).toBe(64);
    expect(await exits()).toBe(64);
  });

  it.each([
    [
      'a keyring',
      ['--keyring', 'broken-keyring.json'],
      '--keyring broken-keyring.json: keyring.threshold',
    ],
    [
      'a predecessor',
      ['--keyring', 'keyring.json', '--previous', 'policy.json'],
      '--previous: policy.json',
    ],
  ])('gives no verdict by %s that can’t be read', async (_name, argv, says) => {
    const { exit, out, err } = await run(['policy', 'verify', 'first.json', ...argv]);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain(says);
  });
});

describe('policy revoke', () => {
  const revoke = (...argv: string[]) => run(['policy', 'revoke', 'first.json', ...argv]);
  const REASON = ['--reason', 'alice lost her laptop'];

  it('takes a policy back at once', async () => {
    const made = await revoke(...REASON, '--key', 'carol.key');
    expect([made.exit, made.err]).toEqual([
      0,
      `postern: revoking cpu-nodes, revision 1, ${first.digest}\n`,
    ]);
    const revoked = { 'revoked.json': made.out };
    const argv = ['--revocation', 'revoked.json'];
    const now = await verifyIt('first.json', argv, revoked);
    expect(now.exit).toBe(1);
    expect(now.out).toContain('revoked from 2026-06-01T00:00:00Z on: alice lost her laptop');
    const before = await verifyIt('first.json', [...argv, '--at', '2026-05-31T23:59:59Z'], revoked);
    expect([before.exit, before.err]).toEqual([
      0,
      'postern: revocation[0]: revokes from 2026-06-01T00:00:00Z on\n',
    ]);
    const other = await verifyIt('second.json', argv, revoked);
    expect([other.exit, other.err.includes('revokes another document')]).toEqual([0, true]);
  });

  it('is signed by others as a policy is', async () => {
    const made = await revoke(...REASON, '--key', 'carol.key');
    const more = await run(['policy', 'sign', 'r.json', '--key', 'bob.key'], {
      'r.json': made.out,
    });
    expect([more.exit, JSON.parse(more.out).signatures.length]).toEqual([0, 2]);
    expect(more.err).toContain('signing the revocation of cpu-nodes');
  });

  it('by a stranger does nothing, and is named', async () => {
    const { out } = await revoke(...REASON, '--key', 'mallory.key');
    const ran = await verifyIt('first.json', ['--revocation', 'r.json'], { 'r.json': out });
    expect(ran.exit).toBe(0);
    expect(ran.err).toContain('revocation[0].signatures: want signed by 1 of 3 keys');
    const junk = await verifyIt('first.json', ['--revocation', 'j'], { j: utf8('junk') });
    expect([junk.exit, junk.err.includes('revocation[0]')]).toEqual([0, true]);
  });

  it.each([
    ['no reason', ['--key', 'bob.key'], '--reason is missing'],
    ['a short reason', ['--reason', 'because', '--key', 'bob.key'], '--reason: want text of 8'],
    ['no key', REASON, '--key is missing'],
  ])('refuses %s', async (_name, argv, says) => {
    const { exit, out, err } = await revoke(...argv);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain(says);
  });
});

it('keys and signatures of OpenSSL are understood', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'postern-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = (name: string) => join(dir, name);
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path('ed.key')]);
  execFileSync('openssl', ['pkey', '-in', path('ed.key'), '-pubout', '-out', path('ed.pub')]);
  const made = await run(['policy', 'sign', 'policy.json', '--key', path('ed.key')]);
  const argv = ['policy', 'verify', 'made.json', '--public-key', path('ed.pub')];
  expect((await run(argv, { 'made.json': made.out })).exit).toBe(0);
});

describe('the wrong one of a policy and its envelope', () => {
  it('verify and revoke say that a policy is not signed', async () => {
    const verify = await verifyIt('policy.json');
    const why = ['--reason', 'leaks its disk key', '--key', 'alice.key'];
    const revoke = await postern(['policy', 'revoke', 'policy.json', ...why], files);
    for (const { exit, err } of [verify, revoke]) {
      expect([exit, err]).toEqual([1, expect.stringContaining('policy.json: is not signed')]);
    }
  });

  it('lint says that an envelope is one, and nothing of its members', async () => {
    const { exit, out } = await postern(['policy', 'lint', 'first.json'], files);
    expect([exit, out]).toEqual([
      1,
      expect.stringMatching(/^✗ first\.json: is the envelope of [^\n]*\n$/),
    ]);
  });
});
