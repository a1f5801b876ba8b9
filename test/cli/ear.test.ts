import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { parsePublicKeyPem } from '../../src/core/x509/public-key.ts';
import { bundleFiles, honestBundle, VERIFY_BUNDLE } from './bundle-files.ts';
import { type Files, jsonOf, postern, files as tdxFiles, UNSAFE, VERIFY } from './fake-io.ts';

const folder = await mkdtemp(join(tmpdir(), 'postern-ear-'));
afterAll(() => rm(folder, { recursive: true }));

function pemsOf(pair: ReturnType<typeof generateKeyPairSync>) {
  return {
    key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    pub: pair.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    jwk: pair.publicKey.export({ format: 'jwk' }),
  };
}
const ed25519 = pemsOf(generateKeyPairSync('ed25519'));
const p256 = pemsOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const p384 = pemsOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const keyId = parsePublicKeyPem(ed25519.pub, 'key').keyId;

const nonce = toHex(honestBundle.plan.nonce);
const drafted = await postern(
  ['policy', 'from', ...VERIFY_BUNDLE.slice(1), '--name', 'ours'],
  bundleFiles,
);
const draft = drafted.out.replaceAll('ocsp: require', 'ocsp: { skip: the simulator has none }');
const active = draft.replace('state: draft', 'state: active');
const digest = readPolicy(utf8(active)).digest;

const files: Files = {
  ...bundleFiles,
  'active.yaml': active,
  'draft.yaml': draft,
  'ed.key': ed25519.key,
  'ed.pub': ed25519.pub,
  'ec.key': p256.key,
  'ec.pub': p256.pub,
  'other.key': p384.key,
  'jwks.json': JSON.stringify({ keys: [{ ...ed25519.jwk, kid: keyId }] }),
  'private.json': JSON.stringify({ keys: [{ ...ed25519.jwk, kid: keyId, d: 'AA' }] }),
};

const NAMES = ['--ear-issuer', 'https://gateway.example', '--ear-audience', 'https://me.example'];
let written = 0;

/** Decides about the bundle, and reads the token that came of it. */
async function decide(more: readonly string[], policy = 'active.yaml') {
  const path = join(folder, `${written++}`, 'token');
  const ran = await postern(
    [...VERIFY_BUNDLE, '--nonce', nonce, '--policy', policy, '--ear', path, ...NAMES, ...more],
    files,
  );
  return { ...ran, token: await readFile(path) };
}

const WANTED = ['--issuer', 'https://gateway.example', '--audience', 'https://me.example'];
const STRICT = [...WANTED, '--nonce', nonce, '--policy-digest', digest];
const verify = (token: Uint8Array, argv: readonly string[]) =>
  postern(['ear', 'verify', 'token', ...argv], { ...files, token: new Uint8Array(token) });

const jwt = await decide(['--ear-key', 'ed.key', '--ear-subject', 'node-7']);
const cwt = await decide(['--ear-key', 'ec.key', '--ear-format', 'cwt']);

describe('--ear', () => {
  it('writes what was decided, and prints what is printed without', async () => {
    const plain = await postern(
      [...VERIFY_BUNDLE, '--nonce', nonce, '--policy', 'active.yaml'],
      files,
    );
    expect(jwt).toMatchObject(plain);
    expect(jwt.exit).toBe(0);
    const text = jwt.token.toString();
    expect(decodeProtectedHeader(text)).toEqual({ alg: 'EdDSA', typ: 'eat+jwt', kid: keyId });
    expect(decodeJwt(text)).toMatchObject({
      iss: 'https://gateway.example',
      aud: 'https://me.example',
      sub: 'node-7',
      jti: '07'.repeat(16),
      iat: Date.UTC(2026, 5, 1) / 1000,
      ear_status: 'warning',
      postern: { verdict: 'accept', anchors: 'simulator', policy: { name: 'ours', digest } },
    });
  });

  it('names the evidence where nobody says what it is about', async () => {
    const { token } = await decide(['--ear-key', 'ed.key']);
    const { sub, postern: own } = decodeJwt(token.toString());
    expect(sub).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(own).toMatchObject({ evidenceSha256: String(sub).slice(7) });
  });

  it('writes a refusal as one', async () => {
    const { exit, token } = await decide(['--ear-key', 'ed.key'], 'draft.yaml');
    expect(exit).toBe(2);
    expect(decodeJwt(token.toString())).toMatchObject({
      ear_status: 'none',
      postern: {
        verdict: 'indeterminate',
        checks: [{ code: 'policy.lifecycle', outcome: 'unresolved' }],
      },
    });
    const read = await verify(token, [...WANTED, '--jwks', 'jwks.json', '--accept-warning']);
    expect([read.exit, read.out]).toEqual([1, expect.stringContaining('\nREJECT\n')]);
  });

  it('goes with a quote alone too', async () => {
    const from = await postern(['policy', 'from', ...VERIFY.slice(1), '--name', 'quote'], tdxFiles);
    const path = join(folder, 'quote.jwt');
    const policy = from.out.replace('state: draft', 'state: active');
    const argv = ['--policy', 'p', '--ear', path, '--ear-key', 'ed.key', ...NAMES];
    await postern([...VERIFY, ...argv], { ...tdxFiles, p: policy, 'ed.key': ed25519.key });
    const { submods } = decodeJwt(await readFile(path, 'utf8'));
    expect(Object.keys(submods as object)).toEqual(['cpu0']);
  });

  it.each<[string, string[], number, string]>([
    ['no policy', ['--ear', 'x', '--ear-key', 'ed.key', ...NAMES], 64, 'give --policy as well'],
    ['no key', ['--policy', 'active.yaml', '--ear', 'x', ...NAMES], 64, '--ear-key is missing'],
    [
      'no audience',
      [
        ...['--policy', 'active.yaml', '--ear', 'x', '--ear-key', 'ed.key'],
        ...['--ear-issuer', 'https://gateway.example'],
      ],
      64,
      '--ear-audience is missing',
    ],
    [
      'an empty audience',
      [
        ...['--policy', 'active.yaml', '--ear', 'x', '--ear-key', 'ed.key'],
        ...['--ear-issuer', 'https://gateway.example', '--ear-audience', ''],
      ],
      64,
      'audience',
    ],
    [
      'another format',
      [
        ...['--policy', 'active.yaml', '--ear', 'x', '--ear-key', 'ed.key', ...NAMES],
        ...['--ear-format', 'xml'],
      ],
      64,
      '--ear-format: want jwt or cwt',
    ],
    [
      'a key of another kind',
      ['--policy', 'active.yaml', '--ear', 'x', '--ear-key', 'other.key', ...NAMES],
      64,
      '--ear-key other.key: want an Ed25519 or P-256',
    ],
  ])('is refused with %s, and writes nothing', async (_what, argv, exit, says) => {
    const path = join(folder, 'never');
    const ran = await postern(
      [...VERIFY_BUNDLE, '--nonce', nonce, ...argv.map((word) => (word === 'x' ? path : word))],
      files,
    );
    expect([ran.exit, ran.err]).toEqual([exit, expect.stringContaining(says)]);
    expect(await readdir(folder)).not.toContain('never');
  });
});

describe('ear verify', () => {
  it.each([
    ['a JWT by a key set', jwt.token, ['--jwks', 'jwks.json']],
    ['a JWT by a key', jwt.token, ['--public-key', 'ec.pub', '--public-key', 'ed.pub']],
    ['a CWT by a key', cwt.token, ['--public-key', 'ec.pub']],
  ])('takes %s', async (_what, token, keys) => {
    const argv = [...STRICT, ...keys, '--cpus', '1', '--gpus', '8', '--switches', '4'];
    const lenient = await verify(token, [...argv, '--accept-warning']);
    expect([lenient.exit, lenient.err]).toEqual([0, '']);
    expect(lenient.out).toContain('cpu0 warning, gpu0 warning');
    expect(lenient.out).toMatch(/\nACCEPT\n$/);
    // Simulated roots are nobody’s: they affirm nothing.
    const { exit, out } = await verify(token, [...argv, '--json']);
    const { verdict, checks, claims } = jsonOf({ out });
    expect([exit, verdict, claims]).toEqual([
      1,
      'reject',
      expect.objectContaining({ nonce, status: 'warning', expires: '2026-06-01T00:15:00Z' }),
    ]);
    expect((checks as { outcome: string }[]).filter(({ outcome }) => outcome !== 'pass')).toEqual([
      expect.objectContaining({ id: 'ear.status', want: 'affirming', got: 'warning' }),
    ]);
  });

  it('says what nobody asked', async () => {
    const argv = [...WANTED, '--jwks', 'jwks.json', '--accept-warning'];
    const { exit, err } = await verify(jwt.token, argv);
    expect(exit).toBe(0);
    expect(err).toContain('without --policy-digest, whatever policy decided will do');
    expect(err).toContain('without --nonce, a recording will do');
  });

  it.each([
    ['another key', ['--public-key', 'ec.pub'], 'ear.signature'],
    ['another nonce', ['--jwks', 'jwks.json', '--nonce', '00'.repeat(32)], 'ear.nonce'],
    [
      'another policy',
      ['--jwks', 'jwks.json', '--policy-digest', `sha256:${'0'.repeat(64)}`],
      'ear.policy',
    ],
    ['more GPUs', ['--jwks', 'jwks.json', '--gpus', '9'], 'ear.submods'],
    ['later', ['--jwks', 'jwks.json', '--at', '2026-06-01T00:15:00Z'], 'ear.times'],
    ['earlier', ['--jwks', 'jwks.json', '--at', '2026-05-31T23:59:00Z'], 'ear.times'],
  ])('refuses with %s', async (_what, argv, id) => {
    const ran = await verify(jwt.token, [...WANTED, '--accept-warning', '--json', ...argv]);
    const { checks } = jsonOf(ran);
    const failed = (checks as { id: string; outcome: string }[]).filter(
      ({ outcome }) => outcome === 'fail',
    );
    expect([ran.exit, failed.map((check) => check.id)]).toEqual([1, expect.arrayContaining([id])]);
  });

  it('shows nothing of a token that a terminal would act upon', async () => {
    const { token } = await decide(['--ear-key', 'ed.key', '--ear-subject', 'a\u001b[2Jb\u202e']);
    const { out } = await verify(token, [...WANTED, '--jwks', 'jwks.json', '--accept-warning']);
    expect(out).not.toMatch(UNSAFE);
  });

  it('refuses what is no token', async () => {
    for (const nonsense of ['', 'x', '\u0000', '{}', 'a.b.c']) {
      const { exit, out } = await verify(utf8(nonsense), [...WANTED, '--jwks', 'jwks.json']);
      expect([exit, out]).toEqual([1, expect.stringContaining('\nREJECT\n')]);
    }
  });

  it.each<[string, string[], number, string]>([
    ['no issuer', ['--audience', 'a', '--jwks', 'jwks.json'], 64, '--issuer is missing'],
    ['no audience', ['--issuer', 'a', '--jwks', 'jwks.json'], 64, '--audience is missing'],
    ['no keys', WANTED, 64, 'want either --jwks, or --public-key'],
    ['both', [...WANTED, '--jwks', 'jwks.json', '--public-key', 'ed.pub'], 64, 'want either'],
    ['a private key', [...WANTED, '--jwks', 'private.json'], 64, 'is a private key'],
    ['a key that is none', [...WANTED, '--public-key', 'jwks.json'], 64, '--public-key jwks.json'],
    ['a short nonce', [...WANTED, '--jwks', 'jwks.json', '--nonce', '00'], 64, '--nonce'],
    ['no nonce by name', [...WANTED, '--jwks', 'jwks.json', '--nonce', ''], 64, '--nonce'],
    [
      'a digest without its kind',
      [...WANTED, '--jwks', 'jwks.json', '--policy-digest', '00'],
      64,
      '--policy-digest',
    ],
    ['half a GPU', [...WANTED, '--jwks', 'jwks.json', '--gpus', '0.5'], 64, '--gpus'],
  ])('is refused with %s', async (_what, argv, exit, says) => {
    const ran = await verify(jwt.token, argv);
    expect([ran.exit, ran.out, ran.err]).toEqual([exit, '', expect.stringContaining(says)]);
  });
});
