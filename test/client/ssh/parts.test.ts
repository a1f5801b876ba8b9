import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandWord, configBlock, isHostName } from '../../../src/client/ssh/config-text.ts';
import { differences, parseEffective, unfit, unseen } from '../../../src/client/ssh/effective.ts';
import {
  asArguments,
  identityOptions,
  parsePlace,
  placeOptions,
} from '../../../src/client/ssh/hardening.ts';
import { hostKeyAlgorithms, knownHostsLines } from '../../../src/client/ssh/known-hosts.ts';
import { isSince, parseSshVersion, SSH_FEATURES } from '../../../src/client/ssh/version.ts';
import { whichNode } from '../../../src/client/ssh/which-node.ts';
import { parseSshPublicKey } from '../../../src/core/ssh/public-key.ts';
import { type Candidate, sshAddress } from '../../../src/protocol/session/candidates.ts';
import { ECDSA_LINE, ED25519_LINE } from '../../support/ssh.ts';

const keys = [ECDSA_LINE, ED25519_LINE].map((line) => parseSshPublicKey(line, 'key'));

describe('known hosts', () => {
  it('are one line a key, for a name, an address, or one with a port', () => {
    for (const host of ['node', '10.0.0.1', '[127.0.0.1]:2222', '[fe80::1%eth0]:22', '::1']) {
      const lines = `${host} ${ECDSA_LINE}\n${host} ${ED25519_LINE}\n`;
      expect(knownHostsLines(host, keys)).toBe(lines);
    }
    for (const host of ['', 'a b', 'a\nb', '*', 'a,b', '!a', '|1|x', '@revoked', '#a', 'a?']) {
      expect(() => knownHostsLines(host, keys)).toThrow(/host/);
    }
  });

  it('are of the kinds that a machine has', () => {
    expect(hostKeyAlgorithms(keys)).toBe('ssh-ed25519,ecdsa-sha2-nistp256');
    expect(hostKeyAlgorithms(keys.slice(0, 1))).toBe('ecdsa-sha2-nistp256');
  });
});

describe('the version of ssh', () => {
  it.each([
    ['OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15 3 Sep 2024\n', true, true],
    ['OpenSSH_8.9p1 Ubuntu-3ubuntu0.10, OpenSSL 3.0.2\n', true, true],
    ['OpenSSH_8.5p1, LibreSSL 3.3.6', true, false],
    ['OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w', false, false],
    ['OpenSSH_10.0p2, LibreSSL 3.3.6', true, true],
    ['OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2', true, true],
  ])('%j', (said, command, bind) => {
    const version = parseSshVersion(said);
    expect(isSince(version, SSH_FEATURES.knownHostsCommand)).toBe(command);
    expect(isSince(version, SSH_FEATURES.sessionBind)).toBe(bind);
  });

  it.each([['Dropbear v2022.83'], [''], ['OpenSSH_x'], ['not OpenSSH_9.2']])(
    '%j is none',
    (said) => {
      expect(() => parseSshVersion(said)).toThrow(/want OpenSSH/);
    },
  );
});

describe('the effective configuration', () => {
  const identity = { knownHosts: '/t/known_hosts', alias: 'n', algorithms: 'ssh-ed25519' };
  const wanted = identityOptions(identity, { knownHostsCommand: true, gssapiKeyExchange: true });
  const honest = new Map(
    wanted
      .filter(([, value]) => value !== 'none')
      .map(([name, value]) => [name.toLowerCase(), value]),
  );
  const said = (changes: Readonly<Record<string, string | undefined>> = {}) =>
    parseEffective(
      [...Object.entries({ ...Object.fromEntries(honest), ...changes })]
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name} ${value}`)
        .join('\n'),
    );

  it('is what was asked for, however ssh says yes and no', () => {
    expect(differences(said(), wanted)).toEqual([]);
    expect(
      differences(said({ stricthostkeychecking: 'true', updatehostkeys: 'false' }), wanted),
    ).toEqual([]);
  });

  it.each([
    { host: '2001:db8:0:0::1', said: '2001:db8::1' },
    { host: '::ffff:102:304', said: '::ffff:1.2.3.4' },
    { host: '127.1', said: '127.0.0.1' },
    { host: 'Box.Example', said: 'box.example' },
    { host: 'beef', said: 'beef' },
  ])('has the host $host, however ssh spells it', ({ host, said: hostname }) => {
    const place = placeOptions({ host, port: 22 });
    const config = parseEffective(`hostname ${hostname}\nport 22\n`);
    expect(differences(config, place)).toEqual([]);
    const other = parseEffective(`hostname 0${hostname}.other\nport 22\n`);
    expect(differences(other, place)).toHaveLength(1);
  });

  it.skipIf(spawnSync('ssh', ['-V']).error)('has the host of an address, as ssh says it', () => {
    const place = placeOptions({ host: '2001:DB8:0:0::1', port: 2222 });
    const argv = ['-G', '-F', 'none', ...asArguments(place), 'n'];
    const { stdout } = spawnSync('ssh', argv, { encoding: 'utf8' });
    expect(differences(parseEffective(stdout), place)).toEqual([]);
  });

  it.each([
    ['stricthostkeychecking', 'ask'],
    ['stricthostkeychecking', undefined],
    ['userknownhostsfile', '/t/known_hosts /etc/evil'],
    ['globalknownhostsfile', '/etc/ssh/ssh_known_hosts'],
    ['knownhostscommand', '/bin/evil'],
    ['hostkeyalias', 'other'],
    ['hostkeyalias', undefined],
    ['hostkeyalgorithms', 'ssh-ed25519,ssh-ed25519-cert-v01@openssh.com'],
    ['verifyhostkeydns', 'yes'],
    ['nohostauthenticationforlocalhost', 'true'],
    ['controlmaster', 'auto'],
    ['controlpath', '/tmp/s'],
    ['updatehostkeys', 'ask'],
    ['gssapikeyexchange', 'yes'],
  ])('%s %s is named', (name, value) => {
    const found = differences(said({ [name]: value }), wanted);
    expect(found).toHaveLength(1);
    expect(found[0]?.toLowerCase()).toContain(`${name}: want`);
  });

  it('that would hide ssh is named too', () => {
    expect(unfit(parseEffective('forkafterauthentication yes'))).toHaveLength(1);
    expect(unfit(parseEffective('forkafterauthentication no'))).toEqual([]);
    const old = parseSshVersion('OpenSSH_8.6p1');
    for (const word of ['-f', '-Nf', '-fN']) expect(unseen(old, [word, 'n'])).toHaveLength(1);
    expect(unseen(old, ['-F', '/f', '-N', 'n'])).toEqual([]);
    expect(unseen(parseSshVersion('OpenSSH_8.7p1'), ['-f'])).toEqual([]);
  });
});

describe('which node is meant', () => {
  const node = (id: string, name: string, ssh?: string) =>
    ({ node: id.repeat(16), name, ...(ssh && { services: { ssh } }) }) as Candidate;
  const nodes = [
    node('aa', 'one', 'box.example:22'),
    node('bb', 'two', '[fe80::1]:2222'),
    node('cc', 'two'),
  ];

  it('by id, by name, by the address of its SSH as ssh writes it', () => {
    for (const wanted of ['aa'.repeat(16), 'one', 'ONE', 'box.example', 'box.example:22']) {
      expect(whichNode(nodes, wanted).node).toBe('aa'.repeat(16));
    }
    expect(whichNode(nodes, '[fe80::1]:2222').node).toBe('bb'.repeat(16));
    expect(sshAddress('[127.0.0.1]:42222')).toBe('127.0.0.1:42222');
    for (const wanted of ['2001:db8::1', '2001:DB8:0::1', '[2001:db8:0:0:0:0:0:1]:22']) {
      expect(sshAddress(wanted)).toBe('[2001:db8::1]:22');
    }
    expect(sshAddress('BOX.example')).toBe('box.example:22');
    expect(sshAddress('12')).not.toBe(sshAddress('12.example'));
    expect(() => whichNode(nodes, 'two')).toThrow(/several nodes/);
    expect(() => whichNode(nodes, 'three')).toThrow(/no such node/);
  });

  it.each([['box.example'], ['BOX.example:22'], ['aa'.repeat(16)], ['ONE'], ['[fe80::1]:2222']])(
    'is not for a machine to say that is named %j, as another is called',
    (name) => {
      const thief = node('dd', name, 'elsewhere.example:22');
      expect(() => whichNode([thief, ...nodes], name)).toThrow(/several nodes/);
      expect(() => whichNode([...nodes, thief], name)).toThrow(/several nodes/);
      expect(whichNode([thief], name).node).toBe(thief.node);
    },
  );

  it('is one machine, however much of it is called so', () => {
    const both = node('ee', 'both.example', 'both.example:22');
    expect(whichNode([both, ...nodes], 'both.example').node).toBe(both.node);
  });
});

describe('ssh_config', () => {
  const plan = {
    command: ['/opt/a b/node', '/x/main.js', 'known-hosts', '--gateway=https://g.example'],
    algorithms: 'ssh-ed25519',
    knows: { knownHostsCommand: true, gssapiKeyExchange: false },
  };
  const place = { host: '10.0.0.1', port: 2222 };

  it('has a block for a machine', () => {
    const text = configBlock({ node: 'aa', names: ['p.one'], place }, plan);
    expect(text).toContain('Host p.one\n  HostName 10.0.0.1\n  Port 2222\n');
    expect(text).toContain(
      '  KnownHostsCommand "/opt/a b/node" /x/main.js known-hosts --gateway=https://g.example --node aa %I %H %t %K %f\n',
    );
  });

  it.each([
    ['one\n  ProxyCommand evil'],
    ['one two'],
    ['*'],
    ['!one'],
    ['-oProxyCommand=evil'],
    ['one,two'],
    ['a?'],
    ['%h'],
    ['"'],
    [''],
    ['ｏne'],
  ])('takes no name like %j', (name) => {
    expect(isHostName(name)).toBe(false);
    expect(() => configBlock({ node: 'aa', names: [name], place }, plan)).toThrow(/no name/);
  });

  it.each([
    ['a:1\n  ProxyCommand evil'],
    ['-oProxyCommand=evil:1'],
    ['a b:22'],
    ['a:0'],
    ['a:65536'],
    ['a'],
    ['[::1'],
    ['$(x):22'],
    ['%h:22'],
  ])('takes no address like %j', (address) => {
    expect(parsePlace(address)).toBeUndefined();
  });

  it('quotes what ssh would read otherwise, and refuses what no line can hold', () => {
    expect(commandWord('a"b\\c 100%')).toBe('"a\\"b\\\\c 100%%"');
    expect(() => commandWord('a\nb')).toThrow(/control characters/);
  });
});
