import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sshd } from '../../../src/cli/demo/ssh/sshd.ts';
import { startTcpRelay, type TcpRelay } from '../../../src/cli/demo/ssh/tcp-relay.ts';
import { sshConfigVerbOf } from '../../../src/cli/ssh/ssh-config-verb.ts';
import { sshSystem } from '../../../src/cli/ssh/system.ts';
import { Args } from '../../../src/cli/verb.ts';
import { type ClientBed, clientBed, NODE } from '../../support/client/bed.ts';
import { GATEWAY, POOL } from '../../support/client/gateway.ts';
import { LOG_KEY } from '../../support/client/ledger.ts';
import { hostKey } from '../../support/ssh/host-key.ts';
import { makeTestUser, SSHD, startKeySshd, type TestUser } from '../../support/ssh/sshd.ts';

const LONG = 180_000;
const NAME = `machine-${NODE.slice(0, 4)}`;
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const SELF = [process.execPath, '--conditions=postern-src', MAIN];

describe.skipIf(SSHD === undefined)('postern ssh-config, for plain ssh', () => {
  const key = hostKey();
  const otherKey = hostKey();
  let bed: ClientBed;
  let user: TestUser;
  let relay: TcpRelay;
  let front: Server;
  let config: string;
  const opened: Sshd[] = [];

  beforeAll(async () => {
    bed = await clientBed({ serving: [key.serving], machine: { at: Date.now() } });
    bed.gateway.now = Date.now();
    await bed.gateway.admit(bed.machine);
    user = await makeTestUser();
    for (const one of [key, otherKey]) opened.push(await startKeySshd(user, one));
    relay = await startTcpRelay(opened[0]?.port ?? 0);
    bed.machine.services = { ssh: relay.address };
    front = createServer(async (request, response) => {
      bed.gateway.now = Date.now();
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>));
      const { method = 'GET', url = '' } = request;
      const answer = await bed.gateway.fetch(`${GATEWAY}${url}`, {
        method,
        ...(body.length > 0 && { body }),
      });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    config = join(user.dir, 'postern.config');
  }, LONG);
  afterAll(async () => {
    front?.close();
    await relay?.close();
    for (const one of opened) await one.close();
    user?.remove();
  });

  async function written(more: readonly string[] = []) {
    const dir = mkdtempSync(join(user.dir, "state 100% of it's "));
    const { tdx, snp } = bed.machine.hardware.roots;
    const at = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(dir, name), bytes);
      return join(dir, name);
    };
    const address = front.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const argv = [
      ...['--gateway', `http://127.0.0.1:${port}`, '--pool', POOL, '--memory', join(dir, 'memory')],
      ...['--policy', at('policy.json', bed.policy), '--ledger-key', LOG_KEY],
      ...['--trust-anchor', at('tdx.der', tdx), '--amd-trust-anchor', at('snp.der', snp)],
      ...['--out', config, ...more],
    ];
    let err = '';
    const verb = sshConfigVerbOf(sshSystem({ input: 'ignore', err: () => undefined }), SELF);
    const exit = await verb.run(
      {
        out: () => undefined,
        err: (text) => {
          err += text;
        },
        readFile: async (path) => new Uint8Array(readFileSync(path)),
        fetch: globalThis.fetch,
        now: Date.now,
        pause: async () => undefined,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        env: (name) => (name === 'HOME' ? user.dir : undefined),
        envNames: () => [],
        colours: false,
      },
      new Args(verb, argv),
    );
    return { exit, err };
  }

  const ssh = (...argv: readonly string[]) => {
    const whole = join(user.dir, 'whole.config');
    writeFileSync(whole, `Include ${config}\n${readFileSync(user.config, 'utf8')}`);
    const env = { ...process.env, HOME: user.dir, XDG_STATE_HOME: join(user.dir, 'state') };
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile('ssh', ['-F', whole, ...argv], { env }, (error, out, err) => {
        resolve({ code: Number(error?.code ?? 0), out, err });
      });
    });
  };
  const verifications = () =>
    bed.gateway.paths().filter((path) => path.endsWith('/evidence')).length;

  it(
    'sets a pool up: ssh reaches its machines, and verifies each once',
    async () => {
      mkdirSync(join(user.dir, 'state'));
      const { exit, err } = await written(['--window', '5m']);
      expect(exit).toBe(0);
      expect(err).toContain(`Include ${config}`);
      expect(statSync(config).mode & 0o777).toBe(0o600);
      const before = verifications();
      const name = `${POOL}.${NAME}`;
      expect(await ssh(name, 'echo', 'it is me')).toMatchObject({ code: 0, out: 'it is me\n' });
      expect(verifications() - before).toBe(1);
      expect(await ssh(name, 'echo', 'again')).toMatchObject({ code: 0, out: 'again\n' });
      expect(verifications() - before).toBe(1);
    },
    LONG,
  );

  it(
    'refuses another machine at the address, and says which it is not',
    async () => {
      relay.target = opened[1]?.port ?? 0;
      const { code, out, err } = await ssh(`${POOL}.${NAME}`, 'echo', 'it is me');
      relay.target = opened[0]?.port ?? 0;
      expect([code, out]).toEqual([255, '']);
      expect(err).toContain(`is not ${bed.machine.node}, which was verified`);
    },
    LONG,
  );

  it(
    'refuses a machine that is not acceptable, and says why',
    async () => {
      await written(['--window', '0']);
      bed.gateway.withdraw(bed.machine);
      const { code, out, err } = await ssh(`${POOL}.${NAME}`, 'echo', 'it is me');
      await bed.gateway.admit(bed.machine);
      expect([code, out]).toEqual([255, '']);
      expect(err).toContain('candidates.none');
    },
    LONG,
  );

  it('has a machine that is named like a host of somebody’s go by its id', async () => {
    bed.gateway.answering = async (asked, honest) => {
      const text = await (await honest()).text();
      return new Response(
        asked.path.startsWith('/v1/candidates') ? text.replace(NAME, 'corp.example.com') : text,
        { headers: { 'content-type': 'application/json' } },
      );
    };
    const { exit, err } = await written(['--short-names']);
    bed.gateway.answering = (_asked, honest) => honest();
    expect(exit).toBe(0);
    expect(err).toContain(`corp.example.com (${NODE}) goes by its id`);
    const hosts = readFileSync(config, 'utf8').match(/^Host .*$/gm);
    expect(hosts).toEqual([`Host ${POOL}.${NODE}`]);
  });

  it('writes the file with --json as well', async () => {
    const { exit, err } = await written();
    const text = readFileSync(config, 'utf8');
    rmSync(config);
    const json = await written(['--json']);
    expect([exit, json.exit]).toEqual([0, 0]);
    expect(readFileSync(config, 'utf8').split('\n')).toHaveLength(text.split('\n').length);
    expect(json.err).toBe(err);
    expect(err).toContain('postern: 1 machine; in ~/.ssh/config');
  });

  it('says that there may be more machines than a gateway names at once', async () => {
    expect((await written()).err).not.toContain('may have more');
    bed.gateway.answering = async (asked, honest) => {
      const said = (await (await honest()).json()) as { candidates: { node: string }[] };
      const [one] = said.candidates;
      const candidates = Array.from({ length: 99 }, (_, i) => ({
        ...one,
        node: i.toString(16).padStart(32, '0'),
        name: `box-${i}`,
      }));
      return Response.json(
        asked.path.startsWith('/v1/candidates') ? { ...said, candidates } : said,
      );
    };
    const { exit, err } = await written();
    bed.gateway.answering = (_asked, honest) => honest();
    expect(exit).toBe(0);
    expect(err).toContain('may have more');
    expect(readFileSync(config, 'utf8').match(/^Host /gm)).toHaveLength(99);
  });
});
