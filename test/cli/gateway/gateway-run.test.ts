import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayVerb, runGateway } from '../../../src/cli/gateway/gateway-run.ts';
import { readParts } from '../../../src/cli/gateway/parts.ts';
import { readConfig } from '../../../src/cli/gateway/read-config.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args } from '../../../src/cli/verb.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { type Member, member, policyFile } from '../../support/fleet-bed.ts';
import { jsonOf, type Ran } from '../fake-io.ts';
import { freshPath, gate } from './gateways.ts';

/** A whole gateway over its own HTTP, as the command line runs it, asked by the command line. */
const dir = freshPath();
const ORIGIN = 'https://gate.example';
const START = Date.UTC(2026, 5, 1);
const told = new AbortController();
const log: string[] = [];
const begun = Date.now();
const io: Partial<Io> = { now: () => START + (Date.now() - begun), fetch: globalThis.fetch };
let one: Member;
let running: Promise<void>;
let url = '';
let id = '';

beforeAll(async () => {
  one = await member('one', { endorsements: 'carried' });
  const admin = join(dir, 'keys/admin.key');
  const made = await gate([
    ...['gateway', 'init', dir, '--origin', ORIGIN, '--proxy', 'a proxy on this host'],
    ...['--listen', '127.0.0.1:0', '--admin-key-file', admin],
  ]);
  expect([made.exit, made.out]).toEqual([0, expect.anything()]);
  const { roots } = one.machine;
  mkdirSync(join(dir, 'roots'));
  for (const [name, der] of Object.entries({
    intel: roots.tdx,
    amd: roots.snp,
    nvidia: roots.nvidia.device,
    rim: roots.nvidia.rim,
  })) {
    writeFileSync(join(dir, `roots/${name}.der`), der);
  }
  writeFileSync(
    join(dir, 'policy.json'),
    policyFile(one, 'tdx', ({ spec }) => {
      if ('purposes' in spec.bindings) spec.bindings.purposes = [`admission:${ORIGIN}`];
    }),
  );
  const file = join(dir, 'postern.yaml');
  const text = readFileSync(file, 'utf8').replace(
    'pools: []',
    `pools:
  - name: tdx
    policy: policy.json
    signature: { unsigned: "a test signs nothing" }
anchors:
  kind: simulator
  intel: [roots/intel.der]
  amd: [roots/amd.der]
  nvidia: [roots/nvidia.der]
  nvidiaManifests: [roots/rim.der]
endorsements: { offline: true }`,
  );
  writeFileSync(file, text);
  const real = await realIo();
  const read = await readConfig(real, new Args(gatewayVerb, [dir]), dir);
  const { parts, problems } = await readParts(real, read.config);
  if (parts === undefined) throw new Error(problems.map(({ problem }) => problem).join());
  const listening = Promise.withResolvers<string>();
  running = runGateway(real, read.config, parts, told.signal, listening.resolve);
  running.catch(listening.reject);
  url = await listening.promise;
}, 120_000);

afterAll(async () => {
  told.abort();
  await running;
});

const asAdmin = (argv: readonly string[]): Promise<Ran> =>
  gate([...argv, '--gateway', url, '--dir', dir], io);

/** What a machine's operator would have as a command: the simulator answers the challenge. */
async function attestBy(machine: Member, node: string, key: string): Promise<Ran> {
  const asked = await gate(
    ['nodes', 'challenge', node, '--gateway', url, '--dir', dir, '--key', key, '--json'],
    io,
  );
  const { nonce, purpose } = jsonOf(asked) as { nonce: string; purpose: string };
  const bundle = machine.machine.bundle({ nonce: fromHex(nonce, 'nonce'), purpose });
  return gate(
    [
      'nodes',
      'attest',
      node,
      '--gateway',
      url,
      '--dir',
      dir,
      '--key',
      key,
      '--bundle',
      'bundle',
      '--json',
    ],
    { ...io, files: { bundle } },
  );
}

function keyFile({ privateKey }: Member, name: string): string {
  const path = join(dir, name);
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return path;
}

describe('a gateway that runs', () => {
  it('is alive, ready, and describes itself', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/checkpoint']) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    }
    const keys = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(keys.keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }]);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/v1/nodes`)).status).toBe(401);
  });

  it('enrols a machine, admits it, and lists it', async () => {
    const key = keyFile(one, 'one.pem');
    const enrolled = await asAdmin([
      ...['nodes', 'enrol', 'one', '--key', key, '--pool', 'tdx', '--cpu', 'tdx', '--json'],
    ]);
    expect([enrolled.exit, enrolled.err]).toEqual([0, '']);
    id = String(jsonOf(enrolled)['id']);
    const attested = await attestBy(one, id, key);
    expect([attested.exit, attested.err]).toEqual([0, '']);
    expect(jsonOf(attested)).toMatchObject({
      verdict: 'accept',
      node: { standing: { state: 'admitted' } },
    });
    const list = await asAdmin(['nodes', 'list']);
    expect(list.out).toMatch(/one .*admitted/);
  });

  it('proves the decision, and lets nobody but an auditor have what it saw', async () => {
    const shown = jsonOf(await asAdmin(['nodes', 'show', id, '--json']));
    const decision = /"decision":"([0-9a-f]{32})"/.exec(JSON.stringify(shown))?.[1] ?? '';
    const bearer = readFileSync(join(dir, 'keys/admin.key'), 'utf8').trim();
    const get = (path: string, key = bearer) =>
      fetch(`${url}/v1/decisions/${decision}${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
    expect((await get('')).status).toBe(200);
    expect(await (await get('/proof')).text()).toMatch(/^c2sp.org\/tlog-proof@v1\n/);
    expect((await get('/export')).status).toBe(403);
    const made = await gate(['keys', 'create', dir, '--name', 'audits', '--role', 'auditor'], io);
    expect([made.exit, made.err]).toEqual([0, expect.anything()]);
    const file = await get('/export', made.out.trim());
    expect(file.status).toBe(200);
    const verified = await gate(['audit', 'verify', 'decision.json', '--log-key', await vkey()], {
      ...io,
      files: { 'decision.json': new Uint8Array(await file.arrayBuffer()) },
    });
    expect([verified.exit, verified.out]).toEqual([0, expect.stringContaining('ACCEPT')]);
  });

  it('puts it out at once, and whoever follows hears of it', async () => {
    const out = await asAdmin(['nodes', 'revoke', id, '--reason', 'it was sold', '--json']);
    expect([out.exit, jsonOf(out)]).toMatchObject([0, { standing: { state: 'revoked' } }]);
    const events = await asAdmin(['nodes', 'events', '--after', '0', '--count', '4', '--json']);
    const types = events.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['policy.activated', 'node.enrolled', 'node.admitted', 'node.revoked']);
    const again = await gate(
      ['nodes', 'challenge', id, '--gateway', url, '--dir', dir, '--key', join(dir, 'one.pem')],
      io,
    );
    expect(again.exit).not.toBe(0);
    expect(again.err).toContain('revoked');
  });

  it('verifies for whoever asks, and keeps nothing of it', async () => {
    const made = await gate(['keys', 'create', dir, '--name', 'asks', '--role', 'client'], io);
    const answer = await fetch(`${url}/v1/verify?purpose=client`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${made.out.trim()}`,
        'content-type': 'application/vnd.postern.bundle+json',
      },
      body: Buffer.from(one.machine.bundle({ purpose: 'client' })),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ authentic: true, evidence: 'bundle' });
  });

  it('does so in threads of its own, and counts what they do', async () => {
    const key = readFileSync(join(dir, 'keys/admin.key'), 'utf8').trim();
    const headers = { authorization: `Bearer ${key}` };
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    expect(text).toContain('postern_verification_work_seconds_count{stage="ran"} 2');
    expect(text).toContain('postern_verification_threads_lost_total 0');
  });

  it('says nothing in its log but what it may', () => {
    const text = log.join('');
    for (const secret of [
      readFileSync(join(dir, 'keys/admin.key'), 'utf8').trim(),
      'it was sold',
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

it('leaves a ledger whose every decision replays, and that is whole', async () => {
  told.abort();
  await running;
  const replay = await gate(['audit', 'replay', join(dir, 'ledger'), '--json'], io);
  expect([replay.exit, jsonOf(replay)]).toMatchObject([0, { replayed: 1, same: 1, different: 0 }]);
  const fsck = await gate(['audit', 'fsck', join(dir, 'ledger')], io);
  expect([fsck.exit, fsck.out]).toEqual([0, expect.anything()]);
});

async function vkey(): Promise<string> {
  const info = await gate(['audit', 'info', join(dir, 'ledger'), '--json'], io);
  const [first] = jsonOf(info)['keys'] as { readonly key: string }[];
  return first?.key ?? '';
}

async function realIo(): Promise<Io> {
  const { readFile } = await import('node:fs/promises');
  return {
    out: () => undefined,
    err: (text) => log.push(text),
    readFile: async (path) => new Uint8Array(await readFile(path)),
    fetch: globalThis.fetch,
    now: () => START + (Date.now() - begun),
    pause: () => Promise.resolve(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
}
