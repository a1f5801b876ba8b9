import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { makeSshHostKey } from '../../../src/agent/keys/ssh-host-key.ts';
import { fromBase64, toBase64 } from '../../../src/core/encoding/base64.ts';
import { parseSshCertificateLine } from '../../../src/core/ssh/certificate.ts';
import { parseSshPublicKey, sshKeyLine } from '../../../src/core/ssh/public-key.ts';
import { agentBed, Clock, send, until } from '../../support/agent-bed.ts';
import { authorities, certifiedText } from '../../support/authorities.ts';
import { outcomeOf, ssh } from '../../support/ssh/client.ts';
import { SSHD, startTestSshd } from '../../support/ssh/sshd.ts';
import { testFolder } from '../../support/test-folder.ts';
import { ENROLMENT_KEY, FakeGateway, ORIGIN, testSigner } from '../gateway/fake-gateway.ts';

const MINUTE = 60_000;
const HOST = 'n.p.fleet.example';

const gateways: FakeGateway[] = [];
afterEach(() => {
  for (const { misfits } of gateways.splice(0)) expect(misfits).toEqual([]);
});

/** An agent whose gateway certifies, and what it was asked for. */
async function bed(ttl = 60 * MINUTE, clock = new Clock()) {
  const folder = join(testFolder(), 'ssh');
  const reloads = join(testFolder(), 'reloads');
  const certifiers = await authorities(clock.now);
  const gateway = new FakeGateway(() => clock.now);
  gateways.push(gateway);
  gateway.ttl = ttl;
  const asked: string[] = [];
  const certify = async (wish: { use: 'ssh-host' | 'tls'; key: string }) => {
    asked.push(wish.use);
    const key = fromBase64(wish.key, 'key');
    const { now } = clock;
    return certifiedText(certifiers, {
      ...{ use: wish.use, key, host: HOST, now },
      until: now + 30 * MINUTE,
    });
  };
  gateway.certify = certify;
  const start = () =>
    agentBed({
      written: {
        keys: { life: '24h' },
        ssh: { folder, certificates: true, reload: ['/bin/sh', '-c', `echo >> ${reloads}`] },
        tls: {
          listen: '127.0.0.1:0',
          names: ['a.example'],
          forward: '127.0.0.1:1',
          certificates: true,
        },
        gateway: { origin: ORIGIN, pool: 'p', name: 'n', enrolmentKey: 'key', retry: '2s' },
      },
      secrets: { enrolmentKey: ENROLMENT_KEY },
      deps: { fetch: gateway.fetch, signer: testSigner() },
      clock,
    });
  return {
    ...{ clock, gateway, asked, certify, certifiers, start, folder },
    file: join(folder, 'ssh_host_ed25519_key-cert.pub'),
    sshd: () => readFileSync(join(folder, 'sshd.conf'), 'utf8'),
    reloads: () => (existsSync(reloads) ? readFileSync(reloads, 'utf8').length : 0),
  };
}

const said = ({ lines }: { lines: string[] }, msg: string) =>
  lines.map((line) => JSON.parse(line)).filter((line) => line.msg === msg);

/** The first certificate that a server shows for a name: who issued it. */
async function issuerOf(port: number | undefined, servername: string) {
  const socket = connect({
    ...{ host: '127.0.0.1', port: port ?? 0, servername },
    rejectUnauthorized: false,
  });
  try {
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
    socket.on('error', () => undefined);
    return socket.getPeerX509Certificate()?.issuer;
  } finally {
    socket.destroy();
  }
}

describe('an agent that is to have certificates', () => {
  it('asks once it is admitted, and has both served', async () => {
    const { start, asked, file, sshd, reloads, folder } = await bed();
    const { agent } = await start();
    await until(() => reloads() === 2 && agent.metrics.of('certified') === 2);
    expect(asked.toSorted()).toEqual(['ssh-host', 'tls']);
    const certificate = parseSshCertificateLine(readFileSync(file, 'utf8'), 'file');
    const key = readFileSync(join(folder, 'ssh_host_ed25519_key.pub'), 'utf8').trim();
    expect(certificate.key.blob).toEqual(parseSshPublicKey(key, 'pub').blob);
    expect(certificate.principals).toEqual([HOST]);
    expect(sshd()).toContain(`HostCertificate ${file}\n`);
    const port = agent.tlsPort;
    expect(await issuerOf(port, HOST)).toBe('CN=Postern machines of fleet.example');
    expect(await issuerOf(port, 'a.example')).toBe('CN=postern');
  });

  it('asks again when two thirds of its life are gone, and reloads sshd for what is new', async () => {
    const { start, clock, asked, file, reloads } = await bed();
    await start();
    await until(() => asked.length === 2 && reloads() === 2);
    const first = readFileSync(file, 'utf8');
    clock.advance(19 * MINUTE);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([asked.length, reloads()]).toEqual([2, 2]);
    clock.advance(MINUTE);
    await until(() => asked.length === 4 && reloads() === 3);
    expect(readFileSync(file, 'utf8')).not.toBe(first);
  });

  it('asks again with each renewal', async () => {
    const { start, clock, asked, gateway } = await bed(8 * MINUTE);
    await start();
    await until(() => asked.length === 2);
    clock.advance(6 * MINUTE);
    await until(() => gateway.admitted.length === 2 && asked.length === 4);
  });

  it('serves none that is over', async () => {
    const { start, clock, gateway, file, sshd, reloads } = await bed();
    const { agent, lines } = await start();
    await until(() => reloads() === 2 && agent.metrics.of('certified') === 2);
    gateway.certify = 'conflict';
    clock.advance(20 * MINUTE);
    await until(() => agent.metrics.of('not_certified') === 2);
    expect(sshd()).toContain('HostCertificate');
    clock.advance(10 * MINUTE);
    await until(() => reloads() === 3);
    expect(sshd()).not.toContain('HostCertificate');
    expect(existsSync(file)).toBe(false);
    expect(await issuerOf(agent.tlsPort, HOST)).toBe('CN=postern');
    expect(said({ lines }, 'certificate over')).toHaveLength(2);
  });
});

describe('a gateway that', () => {
  it('has no authority is asked after each admission, and that is said once', async () => {
    const { start, clock, gateway, asked, certify, reloads } = await bed(8 * MINUTE);
    gateway.certify = 'missing';
    const { agent, lines } = await start();
    const calls = () => gateway.asked.filter((one) => one.endsWith('/certificates')).length;
    await until(() => agent.metrics.of('not_certified') === 2);
    clock.advance(5 * MINUTE);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls()).toBe(2);
    clock.advance(MINUTE);
    await until(() => agent.metrics.of('not_certified') === 4);
    expect(said({ lines }, 'not certified')).toMatchObject([
      { use: 'ssh-host', code: 'missing' },
      { use: 'tls', code: 'missing' },
    ]);
    expect(reloads()).toBe(1);
    gateway.certify = certify;
    clock.advance(6 * MINUTE);
    await until(() => asked.length === 2);
  });

  it('is away is asked again by and by, and nothing else waits for it', async () => {
    const { start, clock, gateway, asked, certify } = await bed();
    gateway.certify = 'unreachable';
    const { agent } = await start();
    await until(() => agent.metrics.of('not_certified') === 2);
    expect(agent.keyset()).toBeDefined();
    expect(agent.metrics.of('gateway_failures')).toBe(0);
    gateway.certify = certify;
    clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toEqual([]);
    clock.advance(1000);
    await until(() => asked.length === 2);
  });

  it('never answers holds up nothing, not the end either', async () => {
    const { start, gateway } = await bed();
    gateway.certify = () => new Promise(() => undefined);
    const bedOf = await start();
    await until(() => bedOf.agent.keyset() !== undefined);
    const health = await send(bedOf, new Uint8Array(), { address: 'health', method: 'GET' });
    expect(health.status).toBe(200);
  });

  it('answers with one of another key is not believed', async () => {
    const { start, gateway, certify, asked, file, reloads } = await bed();
    const key = toBase64(makeSshHostKey('ed25519').blob);
    gateway.certify = (wish) => certify(wish.use === 'tls' ? wish : { ...wish, key });
    const { agent, lines } = await start();
    await until(() => agent.metrics.of('not_certified') === 1 && asked.length === 2);
    expect(said({ lines }, 'certificate refused')).toMatchObject([
      { use: 'ssh-host', code: 'conflict' },
    ]);
    await until(() => agent.metrics.of('certified') === 1);
    expect(existsSync(file)).toBe(false);
    expect(reloads()).toBe(1);
  });
});

it.skipIf(SSHD === undefined)(
  'the real ssh takes the certificate by an @cert-authority line',
  async () => {
    const { start, folder, certifiers, reloads } = await bed(60 * MINUTE, new Clock(Date.now()));
    await start();
    await until(() => reloads() === 2);
    const sshd = await startTestSshd([`Include ${folder}/sshd.conf`]);
    const known = join(testFolder(), 'known_hosts');
    writeFileSync(known, `@cert-authority ${HOST} ${sshKeyLine(certifiers.ssh.publicKey)}\n`);
    const reach = (name: string) =>
      outcomeOf(
        ssh(sshd, [`UserKnownHostsFile=${known}`, `HostKeyAlias=${name}`], 'echo it serves'),
      );
    expect((await reach(HOST)).out).toContain('it serves');
    expect(await reach(`o.${HOST}`)).toMatchObject({ exit: 255 });
  },
);
