import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../../src/cli/demo/ssh/sshd.ts';
import { signingKeyIn } from '../../src/cli/signing-key-file.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { parseSshCertificateLine } from '../../src/core/ssh/certificate.ts';
import {
  parseSshKeyBlob,
  parseSshPublicKey,
  SSH_ED25519,
  sshKeyLine,
} from '../../src/core/ssh/public-key.ts';
import {
  sshCertificateLine,
  sshCertificateToSign,
  writeSshCertificate,
} from '../../src/core/ssh/write-certificate.ts';
import { gate } from '../cli/gateway/gateways.ts';
import { type Member, member } from '../support/fleet-bed.ts';
import { JSON_HEADERS } from '../support/gateway-bed.ts';
import { attestAt, bearer, call, callAs, enrolAt } from '../support/gateway-caller.ts';
import { type ServingKeys, servesWith, servingKeys } from '../support/serving-keys.ts';
import { outcomeOf, ssh } from '../support/ssh/client.ts';
import { SSHD, startTestSshd } from '../support/ssh/sshd.ts';
import { type WholeGateway, wholeGateway } from '../support/whole-gateway.ts';

const HOST = 'node-1.tdx.fleet.example';

const keys: ServingKeys = servingKeys();
const dir = mkdtempSync(join(tmpdir(), 'postern-fleet-certificates-'));
const at = (name: string) => join(dir, name);
let machine: Member;
let here: WholeGateway;
let id = '';
let certificate = '';
let ledgerKey = '';

beforeAll(async () => {
  machine = await member('certified', {
    endorsements: 'carried',
    edit: servesWith([keys.ssh, keys.tls]),
  });
  const ca = await gate(['ca', 'init', at('ca'), '--domain', 'fleet.example'], {
    now: () => Date.UTC(2026, 5, 1),
  });
  const [line = ''] = ca.out.split('\n');
  writeFileSync(at('known_hosts'), `${line}\n`);
  const more = `certificates: { domain: fleet.example, ssh: { key: ${at('ca/ssh-ca.pem')} }, tls: { key: ${at('ca/tls-ca.pem')}, certificate: ${at('ca/tls-ca.crt')} } }`;
  here = await wholeGateway({ model: machine, more });
  id = await enrolAt(here, machine, 'node-1');
  const info = await gate(['audit', 'info', join(here.dir, 'ledger'), '--json']);
  ledgerKey = JSON.parse(info.out).keys[0].key;
}, 120_000);

afterAll(async () => {
  await here.close();
  rmSync(dir, { recursive: true });
});

const asks = (use: 'ssh-host' | 'tls') => {
  const key = toBase64(use === 'tls' ? keys.tls.key : keys.ssh.key);
  const path = `/v1/nodes/${id}/certificates`;
  return { method: 'POST', path, headers: JSON_HEADERS, body: JSON.stringify({ use, key }) };
};
/** As a client of this gateway: what is fetched from its name comes from its port. */
const verify = (file: string, more: readonly string[], roots = ['--other-roots']) =>
  gate(
    [
      ...['cert', 'verify', file, '--host', HOST, '--json', '--memory', at('memory')],
      ...['--gateway', here.origin, '--ledger-key', ledgerKey, ...roots, ...more],
    ],
    {
      now: here.now,
      fetch: async (url) => {
        const { pathname, search } = new URL(String(url));
        const { status, bytes } = await call(here, { path: `${pathname}${search}` });
        return new Response(new Uint8Array(bytes), { status });
      },
    },
  );

it('certifies nothing of a machine that was not admitted', async () => {
  expect((await callAs(machine, here, asks('ssh-host'))).status).toBe(409);
});

it('certifies a machine that is, and tells how to verify that', async () => {
  expect((await attestAt(here, machine, id)).status).toBe(200);
  const came = await callAs(machine, here, asks('ssh-host'));
  expect(came.status, came.text).toBe(201);
  expect(came.json()).toMatchObject({ use: 'ssh-host', names: [HOST] });
  certificate = came.json().certificate;
  writeFileSync(at('host-cert.pub'), certificate);
  const ran = await verify(at('host-cert.pub'), ['--authority', at('known_hosts')]);
  expect(ran.err).toBe('');
  expect(ran.exit).toBe(0);
  const { decision, sha256 } = came.json();
  expect(JSON.parse(ran.out)).toMatchObject({
    valid: true,
    sha256,
    names: [HOST],
    ledger: { leaf: came.json().leaf.index, decision: { id: decision, anchors: 'simulator' } },
  });
  const inspected = await call(here, { path: '/v1/certificate-authorities' });
  expect(inspected.json().pools[0].knownHosts).toContain('@cert-authority *.tdx.fleet.example ');
});

it('of TLS as well', async () => {
  const came = await callAs(machine, here, asks('tls'));
  expect(came.status, came.text).toBe(201);
  writeFileSync(at('tls.pem'), came.json().certificate);
  const ran = await verify(at('tls.pem'), ['--authority', at('ca/tls-ca.crt')]);
  expect([ran.exit, ran.err]).toEqual([0, '']);
  const wrong = await verify(at('tls.pem'), ['--authority', at('known_hosts')]);
  expect(wrong.exit).toBe(1);
});

describe('a client that asks the ledger refuses', () => {
  it('what the authority’s key signed beside the gateway', async () => {
    const made = await gate(['ca', 'init', at('other'), '--domain', 'fleet.example'], {
      now: here.now,
    });
    writeFileSync(at('other_hosts'), made.out.split('\n')[0] ?? '');
    const strange = await verify(at('host-cert.pub'), ['--authority', at('other_hosts')]);
    expect([strange.exit, JSON.parse(strange.out).problem]).toEqual([
      1,
      'is signed by another authority',
    ]);
    // With the very key of the authority, and a name that it may.
    writeFileSync(at('forged-cert.pub'), stated(sshKeyLine(strangersKey()), here.now()));
    const forged = await verify(at('forged-cert.pub'), ['--authority', at('known_hosts')]);
    expect(forged.exit).toBe(1);
    expect(JSON.parse(forged.out)).toMatchObject({
      valid: false,
      problem: expect.stringMatching(/404/),
    });
  });

  it('a decision on a simulator’s roots, unless they were asked for', async () => {
    const hosts = ['--authority', at('known_hosts')];
    const vendors = await verify(at('host-cert.pub'), hosts, []);
    expect([vendors.exit, JSON.parse(vendors.out).problem]).toEqual([
      1,
      expect.stringContaining('rests on simulator roots'),
    ]);
    const nobody = [
      'cert',
      'verify',
      at('host-cert.pub'),
      ...hosts,
      '--ledger-unchecked',
      '--json',
    ];
    const unasked = await gate(nobody, { now: here.now });
    expect([unasked.exit, JSON.parse(unasked.out).ledger]).toEqual([0, 'unchecked']);
  });

  it('one that has ended', async () => {
    const hosts = ['--authority', at('known_hosts')];
    const late = await verify(at('host-cert.pub'), [...hosts, '--at', '2026-06-02T00:00:00Z']);
    expect([late.exit, JSON.parse(late.out).problem]).toEqual([1, 'is valid no longer']);
  });
});

it.skipIf(SSHD === undefined)(
  'is what the real ssh takes by an @cert-authority line, and by nothing else',
  async () => {
    // The gateway's clock is in the simulator's world; for sshd the same is signed for now.
    const host = at('ssh_host');
    await makeKey(host);
    writeFileSync(
      at('ssh_host-cert.pub'),
      stated(readFileSync(`${host}.pub`, 'utf8').trim(), Date.now()),
    );
    const sshd = await startTestSshd([`HostKey ${host}`, `HostCertificate ${host}-cert.pub`]);
    const reach = (alias: string, knownHosts: string) => {
      const options = [`HostKeyAlias=${alias}`, `UserKnownHostsFile=${knownHosts}`];
      return outcomeOf(ssh(sshd, options, 'echo reached'));
    };
    expect(await reach(HOST, at('known_hosts'))).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^reached$/m),
    });
    const unlisted = await reach('node-2.tdx.fleet.example', at('known_hosts'));
    expect(unlisted.out).toMatch(/not (a )?listed principal|name is not/i);
    expect(await reach('node-1.bank.example', at('known_hosts'))).toMatchObject({ exit: 255 });
    expect(await reach(HOST, at('other_hosts'))).toMatchObject({ exit: 255 });
  },
);

/** The same statement about another key at another time, by the authority's own key. */
function stated(line: string, now: number): string {
  const seconds = BigInt(Math.floor(now / 1000));
  const toSign = sshCertificateToSign({
    ...parseSshCertificateLine(certificate, 'certificate'),
    ...{ validAfter: seconds - 60n, validBefore: seconds + 600n },
    key: parseSshPublicKey(line, 'key'),
  });
  const { sign } = signingKeyIn('ca', new Uint8Array(readFileSync(at('ca/ssh-ca.pem'))));
  const signed = writeSshCertificate(toSign, { algorithm: SSH_ED25519, signature: sign(toSign) });
  return `${sshCertificateLine(signed)}\n`;
}

function strangersKey() {
  return parseSshKeyBlob(servingKeys().ssh.key, 'key');
}

it('certifies nothing more of a machine that was revoked', async () => {
  const reason = JSON.stringify({ reason: 'its owner sold it' });
  const path = `/v1/nodes/${id}/revoke`;
  const headers = { ...JSON_HEADERS, ...bearer(here.keys.admin) };
  expect((await call(here, { method: 'POST', path, headers, body: reason })).status).toBe(200);
  const came = await callAs(machine, here, asks('ssh-host'));
  expect(came.status).toBe(409);
  const listed = await gate(['audit', 'list', join(here.dir, 'ledger')]);
  expect(listed.out.match(/certificate\.issued/g)).toHaveLength(2);
  // Of a ledger that is being published, the files may be a moment behind.
  await vi.waitFor(
    async () =>
      expect(await gate(['audit', 'fsck', join(here.dir, 'ledger')])).toMatchObject({ exit: 0 }),
    { timeout: 20_000, interval: 500 },
  );
  expect((await gate(['audit', 'replay', join(here.dir, 'ledger')])).exit).toBe(0);
}, 60_000);
