import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { writeEnvelope } from '../../src/core/encoding/dsse.ts';
import { alice, envelopeOf, mallory } from '../support/signed-policy.ts';
import { type Files, jsonOf, postern, files as tdxFiles, VERIFY } from './fake-io.ts';

const from = await postern(['policy', 'from', ...VERIFY.slice(1), '--name', 'quote'], tdxFiles);
const plain = from.out.replace('state: draft', 'state: active');
const first = readPolicy(utf8(plain));
const after = (before: typeof first) => {
  const { policy, digest } = before;
  const revision = policy.metadata.revision + 1;
  const metadata = { ...policy.metadata, revision, previous: digest };
  return readPolicy(utf8(JSON.stringify({ ...policy, metadata })));
};
const second = after(first);
const third = after(second);
const signed = (read: typeof first, by = alice) => writeEnvelope(envelopeOf(read.canonical, [by]));
const keyring = {
  v: 1,
  name: 'quote',
  threshold: 1,
  activationDelay: '0s',
  keys: [{ owner: 'alice', publicKey: alice.publicPem }],
};

const files: Files = {
  ...tdxFiles,
  'plain.yaml': plain,
  'first.dsse': signed(first),
  'second.dsse': signed(second),
  'third.dsse': signed(third),
  'stranger.dsse': signed(second, mallory),
  'keyring.json': JSON.stringify(keyring),
  'patient.json': JSON.stringify({ ...keyring, activationDelay: '24h' }),
};

const decide = (policy: string, ...argv: readonly string[]) =>
  postern([...VERIFY, '--policy', policy, ...argv], files);
const BY = ['--keyring', 'keyring.json'];
const PATIENT = ['--keyring', 'patient.json'];
const UNASKED = 'neither its place in the chain nor its activation delay was checked';

describe('--policy-digest', () => {
  it.each([
    ['plain.yaml', [], first],
    ['first.dsse', BY, first],
    ['second.dsse', PATIENT, second],
  ] as const)('of %s lets it decide, without a word', async (path, argv, { digest }) => {
    const ran = await decide(path, ...argv, '--policy-digest', digest);
    expect([ran.exit, ran.err]).toEqual([0, '']);
  });

  it.each([
    ['plain.yaml', []],
    ['first.dsse', BY],
  ] as const)('of another policy refuses %s', async (path, argv) => {
    const { exit, out, err } = await decide(path, ...argv, '--policy-digest', third.digest);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toBe(
      `postern: ${path}: not the policy of --policy-digest: want ${third.digest}, got ${first.digest}\n`,
    );
  });

  it('counts no more than a signature that is missing', async () => {
    const ran = await decide('stranger.dsse', ...BY, '--policy-digest', second.digest);
    expect([ran.exit, ran.err.includes('policy.signed.signatures')]).toEqual([64, true]);
  });

  it('is a digest, and about a policy', async () => {
    const odd = await decide('plain.yaml', '--policy-digest', 'ab'.repeat(32));
    expect([odd.exit, odd.err.includes('--policy-digest: want sha256:')]).toEqual([64, true]);
    const idle = await postern([...VERIFY, '--policy-digest', first.digest], files);
    expect([idle.exit, idle.err.includes('give --policy as well')]).toEqual([64, true]);
  });
});

describe('--policy-previous', () => {
  it('lets the next revision decide, and the last once more', async () => {
    for (const path of ['first.dsse', 'second.dsse']) {
      const ran = await decide(path, ...BY, '--policy-previous', 'first.dsse');
      expect([ran.exit, ran.err]).toEqual([0, '']);
    }
  });

  it.each([
    ['an older revision', 'first.dsse', 'second.dsse', 'policy.chain.rollback'],
    ['a revision between is missing', 'third.dsse', 'first.dsse', 'policy.chain.revision'],
  ])('refuses: %s', async (_what, path, previous, code) => {
    const { exit, out, err } = await decide(path, ...BY, '--policy-previous', previous);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain(code);
    expect(err).toContain(`${path}: not a policy to decide by`);
  });

  it('waits out the activation delay, from when the policy was first seen', async () => {
    const argv = [...PATIENT, '--policy-previous', 'first.dsse'];
    const early = await decide('second.dsse', ...argv);
    expect([early.exit, early.out]).toEqual([64, '']);
    expect(early.err).toContain(
      'policy.chain.activation: not in force before 2026-06-02T00:00:00Z',
    );
    const seen = await decide(
      'second.dsse',
      ...argv,
      '--policy-first-seen',
      '2026-05-31T00:00:00Z',
    );
    expect([seen.exit, seen.err]).toEqual([0, '']);
  });

  it('is asked for where there is no digest either', async () => {
    const ran = await decide('second.dsse', ...PATIENT);
    expect(ran.exit).toBe(0);
    expect(ran.err).toContain(UNASKED);
    expect(ran.err.split('\n').length).toBe(2);
    expect((await decide('plain.yaml')).err).toBe('');
  });

  it.each([
    ['plain.yaml', ['--policy-previous', 'first.dsse'], 'is about a signed policy'],
    ['second.dsse', [...BY, '--policy-first-seen', '2026-05-31'], 'needs --policy-previous'],
    ['second.dsse', [...BY, '--policy-previous', 'plain.yaml'], '--policy-previous: plain.yaml'],
  ] as const)('of %s refuses %j', async (path, argv, says) => {
    const { exit, out, err } = await decide(path, ...argv);
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain(says);
  });
});

describe('a policy that can’t be used', () => {
  it.each([
    ['', 'no usable policy: broken.yaml: the file is empty'],
    ['kind: [', 'no usable policy: broken.yaml:1:8 '],
    ['kind: Other', 'problems (see above), the first: broken.yaml:1:'],
  ])('says why in its JSON: %j', async (text, detail) => {
    const broken = { ...files, 'broken.yaml': text };
    const { exit, out } = await postern([...VERIFY, '--policy', 'broken.yaml', '--json'], broken);
    expect(exit).toBe(64);
    expect(jsonOf({ out })).toEqual({
      error: { code: 'usage', at: 'postern', detail: expect.stringContaining(detail) },
    });
  });
});
