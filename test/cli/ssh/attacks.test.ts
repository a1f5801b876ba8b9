import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sshd } from '../../../src/cli/demo/ssh/sshd.ts';
import { startTcpRelay, type TcpRelay } from '../../../src/cli/demo/ssh/tcp-relay.ts';
import { sshVerbOf } from '../../../src/cli/ssh/ssh-verb.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { edited } from '../../support/bundle.ts';
import { NODE } from '../../support/client/bed.ts';
import { StandInMachine } from '../../support/client/machine.ts';
import { openAiServer } from '../../support/client/openai-server.ts';
import { type SshBed, sshBed } from '../../support/ssh/bed.ts';
import { lateSsh } from '../../support/ssh/client.ts';
import { type HostKey, hostKey } from '../../support/ssh/host-key.ts';
import { SSHD } from '../../support/ssh/sshd.ts';

/** On a loaded machine. */
const LONG = 120_000;

describe.skipIf(SSHD === undefined)('postern ssh, with OpenSSH at both ends', () => {
  let world: SshBed;
  let relay: TcpRelay;
  let otherKey: HostKey;
  let other: Sshd;
  beforeAll(async () => {
    world = await sshBed();
    relay = await startTcpRelay(world.sshd.port);
    otherKey = hostKey();
    other = await world.another(otherKey);
  }, LONG);
  afterAll(async () => {
    await relay?.close();
    await world?.close();
  });
  beforeEach(() => {
    const { gateway, machine } = world.bed;
    gateway.answering = (_asked, honest) => honest();
    relay.target = world.sshd.port;
    machine.services = { ssh: relay.address };
    machine.serving = [world.key.serving];
  });

  const ssh = (
    argv: readonly string[] = [NODE],
    theirs: readonly string[] = ['echo', 'it is me'],
    more: Parameters<SshBed['run']>[2] = {},
  ) => {
    const config = ['-F', world.user.config];
    return world.run(sshVerbOf, [...world.flags, ...argv, ...config, ...theirs], more);
  };
  const isOther = `is not ${NODE}, which was verified`;

  describe('reaches the machine that it verified', () => {
    it(
      'through whatever passes its bytes on, and ends as ssh does',
      async () => {
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 0, out: 'it is me\n' });
        expect(ran.err).toContain(`${NODE} answers for this very connection`);
        expect((await ssh([`${world.user.name}@${NODE}`], ['exit', '7'])).exit).toBe(7);
      },
      LONG,
    );

    it(
      'by its name, and by the address of its SSH',
      async () => {
        expect(await ssh(['machine-aaaa'])).toMatchObject({ exit: 0 });
        expect(await ssh([relay.address])).toMatchObject({ exit: 0 });
        const none = await ssh(['another']);
        expect(none.exit).toBe(69);
        expect(none.err).toContain('proposes no such node');
      },
      LONG,
    );

    it(
      'where --address says, whatever its gateway says',
      async () => {
        world.bed.machine.services = { ssh: other.address };
        expect(await ssh(['--address', world.sshd.address, NODE])).toMatchObject({ exit: 0 });
        world.bed.machine.services = {};
        const unknown = await ssh();
        expect(unknown.exit).toBe(64);
        expect(unknown.err).toContain('--address');
      },
      LONG,
    );
  });

  describe('refuses', () => {
    it(
      'another machine at its address',
      async () => {
        relay.target = other.port;
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 255, out: '' });
        expect(ran.err).toContain(isOther);
      },
      LONG,
    );

    it(
      'an address that leads to another machine once this one was attested',
      async () => {
        world.bed.gateway.answering = async ({ path }, honest) => {
          const answer = await honest();
          if (path.endsWith('/evidence')) relay.target = other.port;
          return answer;
        };
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 255, out: '' });
        expect(ran.err).toContain('meets policy');
        expect(ran.err).toContain(isOther);
      },
      LONG,
    );

    it(
      'evidence of a while ago',
      async () => {
        const old = world.bed.machine.attest(new Uint8Array(32).fill(1), 'client');
        world.bed.gateway.answering = async ({ path }, honest) =>
          path.endsWith('/evidence') ? new Response(old as BodyInit) : honest();
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain('freshness.challenge');
      },
      LONG,
    );

    it(
      'a key that the keyset does not list, in the place of the one that it does',
      async () => {
        relay.target = other.port;
        world.bed.gateway.answering = async ({ path }, honest) => {
          const answer = await honest();
          if (!path.endsWith('/evidence')) return answer;
          const bundle = edited(new Uint8Array(await answer.arrayBuffer()), (document) => {
            const signature = toBase64(otherKey.sign(new Uint8Array(8)));
            const shown = { use: 'ssh-host', key: toBase64(otherKey.key.blob), signature };
            const binding = document['binding'] as object;
            return { ...document, binding: { ...binding, possession: [shown] } };
          });
          return new Response(bundle as BodyInit);
        };
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain('bundle.binding.possession');
      },
      LONG,
    );

    it(
      'a key that is listed, and that nobody signed with',
      async () => {
        world.bed.machine.serving = [];
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain('connect.no-key');
      },
      LONG,
    );

    it(
      'a genuine enclave of somebody else’s',
      async () => {
        const theirs = await StandInMachine.create('bb'.repeat(16), openAiServer, {
          serving: [otherKey.serving],
          machine: { machine: 'somebody’s own' },
        });
        theirs.services = { ssh: other.address };
        await world.bed.gateway.admit(theirs);
        const ran = await ssh([theirs.node]);
        world.bed.gateway.withdraw(theirs);
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain('policy.deployment');
      },
      LONG,
    );

    it(
      'a host key of before',
      async () => {
        const { machine, gateway } = world.bed;
        const fresh = hostKey();
        machine.serving = [fresh.serving];
        machine.rotate(3);
        await gateway.admit(machine);
        try {
          const ran = await ssh();
          expect(ran).toMatchObject({ exit: 255, out: '' });
          expect(ran.err).toContain(isOther);
        } finally {
          machine.serving = [world.key.serving];
          machine.rotate(4);
          await gateway.admit(machine);
        }
      },
      LONG,
    );

    it(
      'a proof that shows a keyset which nobody admitted',
      async () => {
        const { machine, gateway } = world.bed;
        gateway.answering = ({ path, body }, honest) => {
          const isProof = path.endsWith('/evidence') && Buffer.from(body).includes('ssh-session');
          if (isProof) machine.rotate(5);
          return honest();
        };
        try {
          const ran = await ssh();
          expect(ran).toMatchObject({ exit: 1, out: '' });
          expect(ran.err).toMatch(/ledger\.|session\.keyset/);
        } finally {
          machine.rotate(6);
          await gateway.admit(machine);
        }
      },
      LONG,
    );

    it(
      'but accuses nobody where its gateway does not let it ask, and does not press it',
      async () => {
        let asked = 0;
        world.bed.gateway.answering = async ({ path, body }, honest) => {
          const isProof = path.endsWith('/evidence') && Buffer.from(body).includes('ssh-session');
          if (!isProof) return honest();
          asked++;
          return new Response(null, { status: 429 });
        };
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 69, out: '' });
        expect(ran.err).toContain('evidence.refused');
        expect(ran.err).not.toContain('whoever has its host key');
        expect(asked).toBe(1);
      },
      LONG,
    );

    it(
      'who has stolen its host key, before anybody is authenticated',
      async () => {
        const thief = await world.another(world.key);
        relay.target = thief.port;
        const ran = await ssh();
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain(`connect.session: ${NODE} does not answer for this connection`);
        expect(thief.said()).not.toContain('Accepted');
        const unproven = await ssh(['--no-prove-session', NODE]);
        expect(unproven).toMatchObject({ exit: 0, out: 'it is me\n' });
      },
      LONG,
    );

    it(
      'who has stolen its host key and lets ssh in without its agent: no command is run',
      async () => {
        const thief = await world.another(world.key);
        relay.target = thief.port;
        const mark = join(world.user.dir, 'begun');
        const late = ['--ssh', lateSsh(world.user).path];
        const theirs = [`touch ${mark}; echo it is me`];
        const ran = await ssh([...late, NODE], theirs);
        expect(thief.said()).toContain('Accepted');
        expect(ran).toMatchObject({ exit: 1, out: '' });
        expect(ran.err).toContain('connect.session: whoever is at the other end let ssh in before');
        expect(existsSync(mark)).toBe(false);
        expect(await ssh([...late, NODE], ['-N'])).toMatchObject({ exit: 1, out: '' });
        expect(await ssh([...late, '--no-prove-session', NODE], theirs)).toMatchObject({ exit: 0 });
      },
      LONG,
    );

    it(
      'who has stolen its host key and asks for a password: none is given',
      async () => {
        const wants = ['PubkeyAuthentication no', 'PasswordAuthentication yes'];
        relay.target = (await world.another(world.key, wants)).port;
        const { path, asked } = lateSsh(world.user);
        const ran = await ssh(['--ssh', path, NODE]);
        expect(ran).toMatchObject({ exit: 255, out: '' });
        expect(ran.err).toContain('by key alone where the session is proven');
        expect(asked()).toBe(false);
        expect(await ssh(['--ssh', path, '--no-prove-session', NODE])).toMatchObject({ exit: 255 });
        expect(asked()).toBe(true);
      },
      LONG,
    );
  });

  describe('ends the connection', () => {
    const idle = ['echo begun; exec sleep 600'];

    it(
      'of a machine that was put out, and says so',
      async () => {
        const { gateway, machine } = world.bed;
        const ran = await ssh([NODE], idle, {
          onOut: () => {
            gateway.withdraw(machine);
            gateway.now += 31_000;
          },
        });
        await gateway.admit(machine);
        expect(ran).toMatchObject({ exit: 1, out: 'begun\n' });
        expect(ran.err).toMatch(/session\.ended: .* is no longer let in: candidates\.none/);
      },
      LONG,
    );

    it(
      'that the machine no longer answers for, once it is verified anew',
      async () => {
        const { gateway, machine } = world.bed;
        const ran = await ssh([NODE], idle, {
          onOut: () => {
            machine.begun.clear();
            gateway.now += 10 * 60_000 + 1;
          },
        });
        expect(ran).toMatchObject({ exit: 1, out: 'begun\n' });
        expect(ran.err).toMatch(/session\.ended: .*connect\.session/);
      },
      LONG,
    );

    it(
      'where its gateway is away, once what was verified has run out',
      async () => {
        const { gateway } = world.bed;
        let looks = 0;
        const ran = await ssh([NODE], idle, {
          onOut: () => {
            gateway.now += 31_000;
            gateway.answering = async () => {
              looks++;
              if (looks === 3) gateway.now += 11 * 60_000;
              throw new TypeError('fetch failed');
            };
          },
        });
        expect(ran).toMatchObject({ exit: 1, out: 'begun\n' });
        expect(looks).toBeGreaterThanOrEqual(3);
        expect(ran.err).toContain('can’t be looked at again');
        expect(ran.err).toContain('session.ended');
      },
      LONG,
    );
  });

  describe('is not weakened', () => {
    it.each([
      [['-S', '/tmp/postern-no-such-socket'], 'ControlPath: want none'],
      [['-M'], 'ControlMaster: want no'],
      [['-f'], 'ForkAfterAuthentication'],
      [['-o', 'PubkeyAuthentication=no'], 'PubkeyAuthentication: want yes'],
      [['-o', 'NoSuchOption=yes'], 'NoSuchOption'.toLowerCase()],
    ])(
      'by %j: ssh is not run',
      async (theirs, why) => {
        const ran = await ssh([NODE], [...theirs, 'echo', 'it is me']);
        expect(ran).toMatchObject({ exit: 64, out: '' });
        expect(ran.err).toContain(why);
      },
      LONG,
    );

    it(
      'by options and files that say who else is to be taken for it',
      async () => {
        const file = join(world.user.dir, 'their-known-hosts');
        const line = `${NODE} ${otherKey.key.algorithm} ${toBase64(otherKey.key.blob)}\n`;
        writeFileSync(file, line);
        const config = join(world.user.dir, 'their-config');
        const hardly = [
          'StrictHostKeyChecking no',
          `UserKnownHostsFile ${file}`,
          `GlobalKnownHostsFile ${file}`,
          `KnownHostsCommand /bin/cat ${file}`,
          'HostKeyAlias localhost',
          'NoHostAuthenticationForLocalhost yes',
          'ControlMaster auto',
          'ControlPath /tmp/postern-no-such-%C',
        ];
        writeFileSync(config, `User ${world.user.name}\nMatch exec "true"\n${hardly.join('\n')}\n`);
        appendFileSync(config, `IdentityFile ${join(world.user.dir, 'id')}\n`);
        relay.target = other.port;
        const options = hardly.flatMap((one) => ['-o', one.replace(' ', '=')]);
        for (const theirs of [['-F', config], options]) {
          const ran = await ssh([NODE], [...theirs, 'echo', 'it is me']);
          expect(ran).toMatchObject({ exit: 255, out: '' });
          expect(ran.err).toContain(isOther);
        }
        relay.target = world.sshd.port;
        expect(await ssh([NODE], ['-F', config, 'echo', 'it is me'])).toMatchObject({ exit: 0 });
      },
      LONG,
    );
  });

  it(
    'with --json says what ssh would be given, and runs none',
    async () => {
      const ran = await ssh(['--json', NODE]);
      expect(ran.exit).toBe(0);
      expect(JSON.parse(ran.out)).toMatchObject({
        node: NODE,
        verdict: 'accept',
        anchors: 'simulator',
        knownHosts: `${NODE} ssh-ed25519 ${toBase64(world.key.key.blob)}\n`,
      });
    },
    LONG,
  );
});
