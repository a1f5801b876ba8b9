import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configText } from '../../../src/cli/gateway/config-text.ts';
import { tryConfig } from '../../../src/cli/gateway/read-config.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { jsonOf } from '../fake-io.ts';
import {
  FIRST_KEY,
  freshGateway,
  freshPath,
  gate,
  INIT,
  INIT_MADE,
  INIT_RAN,
  ORIGIN,
} from './gateways.ts';

describe('gateway init', () => {
  it('prints the first admin’s key once, and that alone, and keeps it nowhere', () => {
    expect(INIT_RAN.out).toMatch(/^postern_admin_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/);
    const secret = FIRST_KEY.slice(-43);
    const files = [...INIT_MADE].filter(([, { bytes }]) => bytes !== undefined);
    expect(files.length).toBeGreaterThan(8);
    for (const [name, { bytes = new Uint8Array() }] of files) {
      expect([name, Buffer.from(bytes).includes(secret)]).toEqual([name, false]);
    }
  });

  it('makes configuration, ledger and keys, for nobody else to read', () => {
    const mode = (name: string) => INIT_MADE.get(name)?.mode;
    const top = [...INIT_MADE.keys()].filter((name) => !name.includes('/'));
    expect(top.sort()).toEqual(['keys', 'ledger', 'postern.yaml']);
    expect([mode('postern.yaml'), mode('keys')]).toEqual([0o600, 0o700]);
    for (const name of ['keys/token.pem', 'keys/hardware.key', 'ledger/keys/archive.key']) {
      expect([name, mode(name)]).toEqual([name, 0o600]);
    }
    expect(INIT_RAN.err).toContain('gate.example.org/postern+');
    expect(INIT_MADE.has('ledger/published/checkpoint')).toBe(true);
  });

  it('passes its own check, and advises what is still to be said', async () => {
    const { exit, out, err } = await gate(['gateway', 'check', freshGateway()]);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toContain('pools: there is none: no machine can be enrolled');
    expect(out).toContain(`${ORIGIN}, at 127.0.0.1:8443, no TLS of its own: a proxy on this host`);
  });

  it('says all of it in JSON, and writes the key where it is wanted', async () => {
    const dir = freshPath();
    const file = join(dir, 'keys/admin.key');
    const argv = ['gateway', 'init', dir, '--origin', `${ORIGIN}:8443`, '--admin-key-file', file];
    const ran = await gate([...argv, '--ledger-origin', 'example.org/log', '--json']);
    expect(ran.exit).toBe(0);
    expect(jsonOf(ran)).toMatchObject({
      origin: `${ORIGIN}:8443`,
      database: 'sqlite',
      ledgerKeys: [expect.stringMatching(/^example\.org\/log\+/), expect.anything()],
      admin: { name: 'first-admin' },
      apiKeyFile: file,
    });
    expect(ran.out).not.toContain('postern_admin_');
    expect(readFileSync(file, 'utf8')).toMatch(/^postern_admin_/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('writes over nothing', () => {
  it('a gateway', async () => {
    const dir = freshGateway();
    const before = readFileSync(join(dir, 'keys/token.pem'), 'utf8');
    const ran = await gate(['gateway', 'init', dir, ...INIT]);
    expect(ran).toEqual({
      exit: 64,
      out: '',
      err: `postern: ${dir}: there is a gateway already\n`,
    });
    expect(readFileSync(join(dir, 'keys/token.pem'), 'utf8')).toBe(before);
  });

  it('the file that the admin’s key should go to, and makes no gateway then', async () => {
    const [dir, file] = [freshPath('gate'), freshPath('key')];
    writeFileSync(file, 'of somebody else\n');
    const origin = ['--origin', 'https://gate.example.org'];
    const { exit, err } = await gate(['gateway', 'init', dir, ...origin, '--admin-key-file', file]);
    expect([exit, err]).toEqual([64, expect.stringContaining(`${file} is there already`)]);
    expect([existsSync(dir), readFileSync(file, 'utf8')]).toEqual([false, 'of somebody else\n']);
  });

  it('anything else', async () => {
    const dir = freshPath();
    mkdirSync(dir);
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    const ran = await gate(['gateway', 'init', dir, ...INIT]);
    expect([ran.exit, ran.err]).toEqual([
      64,
      `postern: ${dir}: there is something, and it is no gateway\n`,
    ]);
    expect(readdirSync(dir)).toEqual(['notes.txt']);
  });
});

describe('makes nothing of what makes no gateway', () => {
  it.each([
    [[], '--origin is missing: evidence is made for this name'],
    [
      ['--origin', 'http://gate.example.org'],
      '--origin: want an https origin in lower case, without path or slash, e.g. https://gate.example.org, got "http://gate.example.org"',
    ],
    [
      ['--origin', ORIGIN, '--database', 'mysql'],
      '--database: want sqlite or postgres, got "mysql"',
    ],
    [
      ['--origin', ORIGIN, '--database', 'postgres'],
      '--database postgres: set DATABASE_URL to where it is',
    ],
    [
      ['--origin', ORIGIN, '--listen', '8443'],
      '--listen: want host:port, e.g. 127.0.0.1:8443, got "8443"',
    ],
    [
      ['--origin', ORIGIN, '--proxy', 'x'],
      '--proxy: want text of 8 to 500 characters, on one line and not blank, got "x"',
    ],
  ])('%j', async (argv, detail) => {
    const dir = freshPath();
    const ran = await gate(['gateway', 'init', dir, ...argv]);
    expect(ran).toEqual({ exit: 64, out: '', err: `postern: ${detail}\n` });
    expect(existsSync(dir)).toBe(false);
  });

  it('a name that no log can have', async () => {
    const dir = freshPath();
    const ran = await gate(['gateway', 'init', dir, ...INIT, '--ledger-origin', 'a b']);
    expect([ran.exit, existsSync(dir)]).toEqual([64, false]);
    expect(ran.err).toContain('--ledger-origin');
  });
});

describe('the configuration that it writes', () => {
  const wish = {
    origin: ORIGIN,
    database: 'sqlite',
    listen: '127.0.0.1:8443',
    proxy: undefined,
  } as const;
  const text = configText(wish);
  const read = (one: string) => tryConfig(utf8(one), [], '/gate');

  it('says in its comments what holds without them', () => {
    const uncommented = text.replaceAll(/^#(?=\S| {2})/gm, '').replace('pools: []\n', '');
    const { config, problems } = read(uncommented);
    expect(problems).toEqual([]);
    const without = read(text).config;
    expect(config).toEqual({
      ...without,
      broker: {
        ...without?.broker,
        pools: [{ name: 'serving', models: ['some-model'], region: 'somewhere' }],
      },
      certificates: {
        domain: 'fleet.example.org',
        life: 1_800_000,
        ssh: { key: { in: 'file', file: '/gate/ca/ssh-ca.pem' } },
        tls: {
          key: { in: 'file', file: '/gate/ca/tls-ca.pem' },
          certificate: '/gate/ca/tls-ca.crt',
        },
      },
      pools: [
        {
          name: 'serving',
          policy: '/gate/policies/serving.dsse.json',
          signature: { keyring: '/gate/policies/keyring.json' },
          revocations: ['/gate/policies/revoked.dsse.json'],
          identity: 'required',
        },
      ],
    });
  });

  it('keeps to a width that can be read', () => {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});
