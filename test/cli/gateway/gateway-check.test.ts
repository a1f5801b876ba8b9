import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pemsOf } from '../audit/keys.ts';
import { jsonOf, postern } from '../fake-io.ts';
import { freshGateway, gate, INIT_RAN } from './gateways.ts';
import { tlsPair } from './tls-pair.ts';

const POLICY = readFileSync('policies/snp-validator-services.yaml', 'utf8');
const signer = pemsOf('ed25519');

const made = await postern(['policy', 'sign', 'policy.yaml', '--key', 'key.pem'], {
  'policy.yaml': POLICY,
  'key.pem': signer.key,
});
if (made.exit !== 0) throw new Error(made.err);
const signed = made.out;
const pair = await tlsPair('gate.example.org');
const otherPair = await tlsPair('gate.example.org');

/** A gateway with these files beside its configuration. */
function gateWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = freshGateway();
  mkdirSync(join(dir, 'policies'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
  return dir;
}

const pool = (how: string, policy = 'policies/p') =>
  `--set=pools=[{name: serving, policy: ${policy}, signature: ${how}}]`;
const SIGNED = '{publicKeys: [policies/a.pem], threshold: 1}';
const check = (dir: string, ...more: string[]) => gate(['gateway', 'check', dir, ...more]);

describe('says what would be served', () => {
  it('of a pool, which policy by whose signature', async () => {
    const dir = gateWith({ 'policies/p': signed, 'policies/a.pem': signer.pub });
    const { exit, out } = await check(dir, pool(SIGNED));
    expect(exit).toBe(0);
    expect(out).toMatch(
      /✓ pool {10}serving: \S+ revision 1, active, signed by \S+a\.pem, sha256:[0-9a-f]{64}/,
    );
    expect(out).toContain('! pools is said by --set\n');
  });

  it('of one that takes unsigned policies, that anybody who can write the file decides', async () => {
    const dir = gateWith({ 'policies/p': POLICY });
    const { exit, out } = await check(dir, pool('{unsigned: a demonstration}'));
    expect(exit).toBe(0);
    expect(out).toContain(
      'pools[0].signature: anybody who can write the file decides: a demonstration',
    );
  });

  it('in JSON', async () => {
    const dir = gateWith({ 'policies/p': signed, 'policies/a.pem': signer.pub });
    const json = jsonOf(await check(dir, pool(SIGNED), '--json'));
    expect(json).toMatchObject({
      ok: true,
      said: [{ source: '--set', path: 'pools' }],
      serves: {
        origin: 'https://gate.example.org',
        anchors: 'vendor',
        pools: [{ name: 'serving', revision: 1, state: 'active' }],
      },
      problems: [],
    });
    const [logKey] = (json['serves'] as { ledger: { keys: string[] } }).ledger.keys;
    expect(INIT_RAN.err).toContain(logKey);
  });

  it('of TLS, until when', async () => {
    const dir = gateWith({ 'cert.pem': pair.cert, 'key.pem': pair.key });
    chmodSync(join(dir, 'key.pem'), 0o600);
    const { exit, out } = await check(dir, '--set=tls={cert: cert.pem, key: key.pem}');
    expect(exit).toBe(0);
    expect(out).toContain('TLS until 2027-01-01T00:00:00Z');
  });
});

describe('says where, and what is wrong', () => {
  const other = pemsOf('ed25519');
  it.each<
    readonly [string, Readonly<Record<string, string | Uint8Array>>, readonly string[], string]
  >([
    ['a policy that is not there', {}, [pool(SIGNED)], 'pools[0].policy: '],
    [
      'a policy that nobody signed',
      { 'policies/p': POLICY, 'policies/a.pem': signer.pub },
      [pool(SIGNED)],
      'is not signed, and signature.publicKeys says by whom: postern policy sign signs it',
    ],
    [
      'a policy that somebody else signed',
      { 'policies/p': signed, 'policies/a.pem': other.pub },
      [pool(SIGNED)],
      'not a policy to decide by (policy.signed.signatures: ',
    ],
    [
      'a signed policy where none is looked for',
      { 'policies/p': signed },
      [pool('{unsigned: a demonstration}')],
      'is signed: say by whom it should be',
    ],
    [
      'a draft',
      { 'policies/p': POLICY.replace('state: active', 'state: draft') },
      [pool('{unsigned: a demonstration}')],
      'is a draft, and admits nobody',
    ],
    [
      'a policy that is none',
      { 'policies/p': POLICY.replace('kind:', 'kynd:') },
      [pool('{unsigned: a demonstration}')],
      'policies/p:',
    ],
    [
      'a root of the simulator that is not said to be one',
      { 'root.der': readFileSync('fixtures/bundle/roots/intel-root.der') },
      ['--set=anchors={kind: custom, intel: [root.der]}'],
      'is a simulator root, and anchors.kind says custom',
    ],
    [
      'what is no root',
      { 'root.der': 'no' },
      ['--set=anchors={kind: custom, intel: [root.der]}'],
      'want one certificate, DER or PEM',
    ],
    [
      'a certificate of somebody else',
      { 'cert.pem': pair.cert, 'key.pem': pair.key },
      ['--set=tls={cert: cert.pem, key: key.pem}', '--set=origin=https://other.example.org'],
      'is not for other.example.org, but for DNS:gate.example.org',
    ],
    [
      'a key of another certificate',
      { 'cert.pem': pair.cert, 'key.pem': otherPair.key },
      ['--set=tls={cert: cert.pem, key: key.pem}'],
      'is not the key of the first certificate in',
    ],
    ['a token key that is none', { 'keys/token.pem': 'no' }, [], 'tokens.key: '],
    [
      'a key of hardware that is too short',
      { 'keys/hardware.key': 'AAAA' },
      [],
      'want 32 bytes, got 3',
    ],
    ['a ledger that is elsewhere', {}, ['--set=ledger=elsewhere'], 'ledger: '],
    [
      'a database that is another kind than the ledger’s',
      {},
      ['--set=database=postgres'],
      'its database is sqlite, and database says postgres',
    ],
    [
      'a service key that is none',
      { nvidia: 'two words' },
      ['--set=endorsements={rimServiceKey: nvidia}'],
      'endorsements.rimServiceKey: ',
    ],
  ])('%s', async (_what, files, more, detail) => {
    const { exit, out } = await check(gateWith(files), ...more);
    expect(exit).toBe(64);
    const lines = out.split('\n').filter((line) => line.startsWith('✗'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(detail);
    expect(out).not.toContain('✓');
  });

  it('simulator roots are advised against, where they are said to be some', async () => {
    const dir = gateWith({ 'root.der': readFileSync('fixtures/bundle/roots/intel-root.der') });
    const { exit, out } = await check(dir, '--set=anchors={kind: simulator, intel: [root.der]}');
    expect(exit).toBe(0);
    expect(out).toContain(
      'anchors: evidence under simulator roots is accepted: no vendor vouches for it',
    );
  });

  it('a key that others can read', async () => {
    const dir = freshGateway();
    chmodSync(join(dir, 'keys/token.pem'), 0o644);
    expect((await check(dir)).out).toContain('token.pem can be read by others: chmod 600');
  });

  it('where there is no configuration', async () => {
    const { exit, err } = await check('/nowhere');
    expect([exit, err]).toEqual([69, expect.stringContaining('/nowhere/postern.yaml')]);
  });

  it('all that is wrong with one', async () => {
    const dir = freshGateway();
    writeFileSync(join(dir, 'postern.yaml'), 'kind: Gateway\norigin: x\n');
    const { exit, err } = await check(dir);
    expect(exit).toBe(64);
    expect(err.split('\n').filter((line) => line.includes('postern.yaml:'))).toHaveLength(5);
    expect(err).toContain('no usable configuration, 4 problems (see above)');
  });
});
