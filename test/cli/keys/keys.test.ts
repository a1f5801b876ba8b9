import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTokenKeys } from '../../../src/cli/gateway/token-keys.ts';
import { jsonOf } from '../fake-io.ts';
import { freshGateway, freshPath, gate } from '../gateway/gateways.ts';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly role: string;
  readonly name?: string;
  readonly state: string;
  readonly until?: string;
  readonly usedAt?: string;
  readonly advice: readonly string[];
}

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const later = (ms: number) => ({ now: () => NOW + ms });

async function rowsOf(dir: string, io: Parameters<typeof gate>[1] = {}): Promise<readonly Row[]> {
  const ran = await gate(['keys', 'list', dir, '--all', '--json'], io);
  return jsonOf(ran)['keys'] as Row[];
}

async function called(dir: string, name: string, io: Parameters<typeof gate>[1] = {}) {
  return (await rowsOf(dir, io)).find((row) => row.name === name && row.kind !== 'ledger');
}

describe('keys list', () => {
  it('has every key of a new gateway, and no secret', async () => {
    const dir = freshGateway();
    const { exit, out } = await gate(['keys', 'list', dir]);
    const rows = await rowsOf(dir);
    expect(exit).toBe(0);
    expect(rows.map(({ kind, role, state }) => [kind, role, state])).toEqual([
      ['ledger', 'signs the log (Ed25519)', 'in-force'],
      ['ledger', 'signs the log, second line (ML-DSA-44)', 'in-force'],
      ['archive', 'seals what decisions saw', 'in-force'],
      ['hardware', 'names hardware in the database', 'in-force'],
      ['token', 'signs tokens (EdDSA)', 'in-force'],
      ['api-key', 'admin', 'in-force'],
    ]);
    for (const { id } of rows) expect(out).toContain(id.slice(0, 15));
    const archive = readFileSync(join(dir, 'ledger/keys/archive.key'), 'utf8').trim();
    expect(out).not.toContain(archive);
  });

  it('advises what had better be done', async () => {
    const dir = freshGateway();
    await gate(['keys', 'create', dir, '--name', 'ci', '--role', 'validator', '--expires', '100d']);
    const admin = await called(dir, 'first-admin', later(95 * DAY));
    const ci = await called(dir, 'ci', later(95 * DAY));
    expect(admin?.advice).toEqual(['was not used for 95 days: revoke it?']);
    expect(ci?.advice).toEqual(['was not used for 95 days: revoke it?', 'ends soon: rotate it']);
    const old = await called(dir, 'first-admin', later(200 * DAY));
    const gone = await called(dir, 'ci', later(200 * DAY));
    expect(old?.advice.at(-1)).toBe(
      'never ends, and is older than 180 days: rotate it, with --expires',
    );
    expect([gone?.state, gone?.advice]).toEqual(['expired', []]);
  });

  it('leaves out what has ended unless asked', async () => {
    const dir = freshGateway();
    const made = jsonOf(
      await gate(['keys', 'create', dir, '--name', 'ci', '--role', 'client', '--json']),
    );
    await gate(['keys', 'revoke', dir, 'ci']);
    expect((await gate(['keys', 'list', dir])).out).not.toContain(String(made['id']));
    expect((await gate(['keys', 'list', dir, '--all'])).out).toContain(String(made['id']));
  });
});

describe('keys create', () => {
  it('shows the key this once, alone', async () => {
    const dir = freshGateway();
    const argv = ['keys', 'create', dir, '--name', 'rack', '--role', 'node', '--pool', 'serving'];
    const { exit, out, err } = await gate(argv);
    expect(exit).toBe(0);
    expect(out).toMatch(/^postern_node_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/);
    expect(err).toContain('rack, node, id ');
    const rack = await called(dir, 'rack');
    expect(rack).toMatchObject({ kind: 'api-key', role: 'node of serving', name: 'rack' });
  });

  it('writes it where it is wanted, for nobody else to read', async () => {
    const dir = freshGateway();
    const file = freshPath('api.key');
    const argv = ['keys', 'create', dir, '--name', 'ci', '--role', 'auditor', '--key-file', file];
    expect((await gate(argv)).out).toBe('');
    expect(readFileSync(file, 'utf8')).toMatch(
      /^postern_auditor_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['--role', 'admin'], '--name is missing: whose key is it?'],
    [['--name', 'a'], '--role is missing: client, node, validator, auditor, admin'],
    [
      ['--name', 'a', '--role', 'root'],
      '--role: want client, node, validator, auditor, admin, got "root"',
    ],
    [['--name', 'a', '--role', 'node'], 'credential.pool: a node’s key is for one pool'],
    [
      ['--name', 'a', '--role', 'client', '--pool', 'p'],
      'credential.pool: is for keys of role node only',
    ],
    [
      ['--name', 'a', '--role', 'client', '--expires', '2026-05-01T00:00:00Z'],
      '--expires: is over already: 2026-05-01T00:00:00Z',
    ],
  ])('refuses %j', async (argv, detail) => {
    const ran = await gate(['keys', 'create', freshGateway(), ...argv]);
    expect(ran).toEqual({ exit: 64, out: '', err: `postern: ${detail}\n` });
  });

  it('makes no key whose file can’t be written', async () => {
    const dir = freshGateway();
    const [taken, nowhere] = [freshPath('taken'), join(freshPath('nowhere'), 'key')];
    writeFileSync(taken, 'of somebody else\n');
    const argv = ['keys', 'create', dir, '--name', 'ci', '--role', 'client', '--key-file'];
    for (const file of [taken, nowhere]) {
      const { exit, err } = await gate([...argv, file]);
      expect([exit, err]).toEqual([69, expect.stringContaining(`${file}: can’t be written`)]);
    }
    expect(await called(dir, 'ci')).toBeUndefined();
    expect(readFileSync(taken, 'utf8')).toBe('of somebody else\n');
  });

  it('touches no file beside the one it writes', async () => {
    const file = freshPath('api.key');
    writeFileSync(`${file}.new`, 'of somebody else\n');
    const argv = ['keys', 'create', freshGateway(), '--name', 'ci', '--role', 'client'];
    expect((await gate([...argv, '--key-file', file])).exit).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^\S+\n$/);
    expect(readFileSync(`${file}.new`, 'utf8')).toBe('of somebody else\n');
  });

  it('leaves no file of a key that was not made', async () => {
    const file = freshPath('api.key');
    const argv = ['keys', 'create', freshGateway(), '--name', 'first-admin', '--role', 'admin'];
    expect((await gate([...argv, '--key-file', file])).exit).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it('refuses a name that somebody has', async () => {
    const argv = ['keys', 'create', freshGateway(), '--name', 'first-admin', '--role', 'admin'];
    const { exit, err } = await gate(argv);
    expect(exit).toBe(1);
    expect(err).toContain('credentials.name: ');
  });
});

describe('quotas', () => {
  const make = async (...more: string[]) => {
    const dir = freshGateway();
    await gate(['keys', 'create', dir, '--name', 'app', '--role', 'client', ...more]);
    return dir;
  };

  it('of a key’s own are said with it, changed and listed', async () => {
    const dir = await make('--quota-requests', '10', '--quota-tokens', 'unlimited');
    const before = await called(dir, 'app');
    expect(before).toMatchObject({ quotas: { requests: 10, tokens: 'unlimited' } });
    const { out } = await gate(['keys', 'list', dir]);
    expect(out).toMatch(/ client +requests 10, tokens unlimited +app\n/);
    const argv = ['--quota-requests', 'default', '--quota-streams', '7', '--quota-evidence', '3'];
    const changed = await gate(['keys', 'quotas', dir, 'app', ...argv]);
    const own = 'streams 7, tokens unlimited, evidence 3';
    expect(changed).toEqual({
      exit: 0,
      out: `${before?.id}: quotas of its own: ${own}\n`,
      err: '',
    });
    const defaults = ['streams', 'tokens', 'evidence'].flatMap((q) => [`--quota-${q}`, 'default']);
    const none = await gate(['keys', 'quotas', dir, 'app', ...defaults, '--json']);
    expect(jsonOf(none)).not.toHaveProperty('quotas');
    expect(await called(dir, 'app')).not.toHaveProperty('quotas');
  });

  it.each([
    [['--quota-streams', '0'], '--quota-streams: want a whole number from 1 to 100000, got "0"'],
    [
      ['--quota-tokens', 'many'],
      '--quota-tokens: want a whole number from 1 to 1125899906842624, or unlimited, got "many"',
    ],
    [
      ['--quota-requests', 'unlimited'],
      '--quota-requests: want a whole number from 1 to 1000000, got "unlimited"',
    ],
    [[], 'want one of --quota-requests, --quota-streams, --quota-tokens, --quota-evidence'],
  ])('refuses %j', async (argv, detail) => {
    const ran = await gate(['keys', 'quotas', await make(), 'app', ...argv]);
    expect(ran).toEqual({ exit: 64, out: '', err: `postern: ${detail}\n` });
  });

  it('are for clients', async () => {
    const { exit, err } = await gate([
      ...['keys', 'quotas', freshGateway(), 'first-admin'],
      ...['--quota-streams', '3'],
    ]);
    expect([exit, err]).toEqual([64, expect.stringContaining('for keys of role client only')]);
  });
});

describe('keys add-public-key', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const files = { 'key.pem': publicKey.export({ format: 'pem', type: 'spki' }).toString() };
  const ADDRESS = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';

  it.each([
    ['ed25519', ['--key', 'key.pem']],
    ['sr25519', ['--hotkey', ADDRESS]],
  ])('takes %s', async (kind, how) => {
    const dir = freshGateway();
    const argv = ['keys', 'add-public-key', dir, '--name', 'them', '--role', 'validator', ...how];
    const { exit, out } = await gate(argv, { files });
    expect(exit).toBe(0);
    expect(await called(dir, 'them')).toMatchObject({ id: out.trim(), kind, name: 'them' });
  });

  it.each([
    [['--role', 'admin'], 'want either --key, or --hotkey'],
    [
      ['--role', 'client', '--key', 'key.pem'],
      'credential.role: a client has an API key; validators, auditors and admins may sign',
    ],
    [['--role', 'admin', '--hotkey', ADDRESS.replace('G', 'H')], '--hotkey: address: '],
    [['--role', 'admin', '--key', 'other'], '--key other: key: '],
  ])('refuses %j', async (argv, detail) => {
    const whole = ['keys', 'add-public-key', freshGateway(), '--name', 'them', ...argv];
    const { exit, err } = await gate(whole, { files: { ...files, other: 'no key' } });
    expect([exit, err.slice(0, 9 + detail.length)]).toEqual([64, `postern: ${detail}`]);
  });
});

describe('keys rotate', () => {
  it('gives an API key another text, and leaves the old one good for a while', async () => {
    const dir = freshGateway();
    const { out } = await gate(['keys', 'rotate', dir, 'first-admin', '--overlap', '24h']);
    expect(out).toMatch(/^postern_admin_/);
    const admin = await called(dir, 'first-admin');
    expect(admin?.advice).toEqual(['the key before it is good until 2026-06-02T00:00:00.000Z']);
    const after = await called(dir, 'first-admin', later(2 * DAY));
    expect(after?.advice).toEqual([]);
  });

  it('ends no key whose successor can’t be written down', async () => {
    const dir = freshGateway();
    await gate(['keys', 'create', dir, '--name', 'ci', '--role', 'client']);
    const before = await called(dir, 'ci');
    const file = join(freshPath('nowhere'), 'key');
    const until = ['--expires', '2026-07-01T00:00:00Z'];
    const argv = ['keys', 'rotate', dir, 'ci', ...until, '--key-file', file];
    expect((await gate(argv)).exit).toBe(69);
    expect(await called(dir, 'ci')).toEqual(before);
  });

  it('lets another token key sign; the old one is published until its tokens have ended', async () => {
    const dir = freshGateway();
    const path = join(dir, 'keys/token.pem');
    const before = (await readTokenKeys(path)).current.publicKey.keyId;
    const { exit, out } = await gate(['keys', 'rotate', dir, 'token']);
    const { current, retired } = await readTokenKeys(path);
    expect([exit, out.trim()]).toEqual([0, current.publicKey.keyId]);
    expect(retired.map(({ publicKey, until }) => [publicKey.keyId, until - NOW])).toEqual([
      [before, 24 * 3_600_000 + 5 * 60_000],
    ]);
  });

  it('a token key that is prepared signs with the next rotation', async () => {
    const dir = freshGateway();
    const prepared = (await gate(['keys', 'rotate', dir, 'token', '--prepare'])).out;
    const again = await gate(['keys', 'rotate', dir, 'token', '--prepare']);
    expect([again.exit, again.err]).toEqual([
      64,
      expect.stringContaining('the next rotation takes it'),
    ]);
    expect((await gate(['keys', 'rotate', dir, 'token'])).out).toBe(prepared);
    expect((await gate(['keys', 'rotate', dir, 'token'])).out).not.toBe(prepared);
  });

  it('lets another challenge key make challenges, and keeps those that may have open ones', async () => {
    const dir = freshGateway();
    const challenges = async (ms: number) =>
      (await rowsOf(dir, later(ms))).filter(({ kind }) => kind === 'challenge').map(({ id }) => id);
    const rotate = async (ms: number) =>
      (await gate(['keys', 'rotate', dir, 'challenge'], later(ms))).out.trim();
    const first = await rotate(0);
    const second = await rotate(1000);
    const third = await rotate(60_000);
    // The first made challenges until the second came, a minute ago.
    expect(await challenges(60_000)).toEqual([third, second, first]);
    const fourth = await rotate(60_000 + 121_000);
    expect(await challenges(0)).toEqual([fourth, third]);
    const fifth = (await gate(['keys', 'revoke', dir, 'challenge'], later(190_000))).out.trim();
    expect(await challenges(0)).toEqual([fifth]);
  });

  it('a clock that went back does not keep the old challenge key in its place', async () => {
    const dir = freshGateway();
    await gate(['keys', 'rotate', dir, 'challenge'], later(DAY));
    const { out } = await gate(['keys', 'rotate', dir, 'challenge']);
    const [newest] = (await rowsOf(dir)).filter(({ kind }) => kind === 'challenge');
    expect(newest?.id).toBe(out.trim());
  });

  it.each(['log', 'archive', 'hardware'])(
    'says why the %s key stays, and changes nothing',
    async (which) => {
      const dir = freshGateway();
      const files = [
        'ledger/keys/log.key',
        'ledger/keys/log-ml-dsa-44.key',
        'ledger/keys/archive.key',
        'keys/hardware.key',
      ].map((name) => join(dir, name));
      const before = files.map((file) => readFileSync(file, 'utf8'));
      for (const verb of ['rotate', 'revoke']) {
        const { exit, err } = await gate(['keys', verb, dir, which]);
        expect([exit, err]).toEqual([
          64,
          expect.stringContaining(`the ${which} key can’t be replaced: `),
        ]);
      }
      expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    },
  );

  it.each([
    [['token', '--overlap', '1h'], '--overlap is not about token'],
    [['challenge', '--prepare'], '--prepare is not about challenge'],
    [['first-admin', '--prepare'], '--prepare is not about first-admin'],
    [['first-admin', '--overlap', '1'], '--overlap: want a duration such as 24h, got "1"'],
  ])('refuses %j', async (argv, detail) => {
    const ran = await gate(['keys', 'rotate', freshGateway(), ...argv]);
    expect([ran.exit, ran.err]).toEqual([64, `postern: ${detail}\n`]);
  });
});

describe('keys revoke', () => {
  it('ends a credential for good', async () => {
    const dir = freshGateway();
    expect((await gate(['keys', 'revoke', dir, 'first-admin'])).exit).toBe(0);
    const admin = await called(dir, 'first-admin');
    expect(admin).toMatchObject({ state: 'revoked', advice: [] });
    const { exit, err } = await gate(['keys', 'rotate', dir, 'first-admin']);
    expect([exit, err]).toEqual([1, 'postern: keys: none in force is called "first-admin"\n']);
  });

  it('takes a token key out of the key set at once', async () => {
    const dir = freshGateway();
    const path = join(dir, 'keys/token.pem');
    const before = (await readTokenKeys(path)).current.publicKey.keyId;
    await gate(['keys', 'rotate', dir, 'token']);
    await gate(['keys', 'revoke', dir, 'token']);
    const { current, retired } = await readTokenKeys(path);
    expect([current.publicKey.keyId === before, retired]).toEqual([false, []]);
  });
});
