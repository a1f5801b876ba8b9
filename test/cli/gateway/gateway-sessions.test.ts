import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { createPostern } from '../../../src/client/create-postern.ts';
import { PosternError } from '../../../src/client/errors.ts';
import type { PosternOptions } from '../../../src/client/options.ts';
import type { Postern } from '../../../src/client/postern.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import { saltedKeyset } from '../../../src/ledger/leaf/salted.ts';
import { encodeKeyConfig } from '../../../src/sealed/key-config.ts';
import { makeKeyPair } from '../../../src/sealed/key-pair.ts';
import { openRequestHeader } from '../../../src/sealed/open-request.ts';
import { sealRequest } from '../../../src/sealed/request.ts';
import { SUITE_X25519 } from '../../../src/sealed/suite.ts';
import { bundleAnchors } from '../../../src/simulator/bundle/anchors.ts';
import { send, take, until } from '../../support/broker-bed.ts';
import { bodyOf, FakeAgent } from '../../support/fake-agent.ts';
import { type Member, member, policyFile } from '../../support/fleet-bed.ts';
import { base64Url } from '../../support/keyset.ts';
import { textsInMemory } from '../../support/process-memory.ts';
import { type RunningWitness, startWitness } from '../../support/witness-server.ts';
import { vkeyOf } from '../audit/ledgers.ts';
import { jsonOf, type Ran } from '../fake-io.ts';
import { freshPath, gate } from './gateways.ts';

/** A whole gateway in a process of its own, and sealed sessions through it. */
const dir = freshPath();
const ORIGIN = 'https://gate.example';
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const random = (length: number) => new Uint8Array(randomBytes(length));
const io = { fetch: globalThis.fetch, now: Date.now };
/** Which no byte of the gateway's process, files and words may have. */
const PROMPT = `prompt-${randomBytes(16).toString('hex')}`;
const ANSWER = `answer-${randomBytes(16).toString('hex')}`;

/** Which its process has, as it is what it serves. */
const ROUTE = '/ohttp/:pool/:node/:session';

const pair = makeKeyPair({ keyId: 7, suite: SUITE_X25519, randomBytes: random });
const hour = (hours: number) =>
  `${new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
let agent: FakeAgent;
let one: Member;
let child: ChildProcess;
let log = '';
let url = '';
let id = '';
let client = '';
let tlogPolicy = '';
let witness: RunningWitness;

const asAdmin = (argv: readonly string[]): Promise<Ran> =>
  gate([...argv, '--gateway', url, '--dir', dir], io);
const key = async (name: string, role: string) =>
  (await gate(['keys', 'create', dir, '--name', name, '--role', role], io)).out.trim();

beforeAll(async () => {
  const config = base64Url(encodeKeyConfig(pair.config));
  agent = await FakeAgent.start(
    new FakeAgent({ not_before: hour(-1), not_after: hour(1) }, { use: 'ohttp', config }),
  );
  one = await member('one', {
    at: Date.now(),
    endorsements: 'carried',
    edit: (plan) => {
      plan.keyset = agent.keyset;
    },
  });
  agent.attest = ({ nonce, purpose }) =>
    one.machine.bundle({ nonce: fromHex(nonce, 'nonce'), purpose });
  const admin = join(dir, 'keys/admin.key');
  const made = await gate([
    ...['gateway', 'init', dir, '--origin', ORIGIN, '--proxy', 'a proxy on this host'],
    ...['--listen', '127.0.0.1:0', '--admin-key-file', admin],
  ]);
  expect([made.exit, made.err]).toEqual([0, expect.anything()]);
  await witnessed();
  const { roots } = one.machine;
  mkdirSync(join(dir, 'roots'));
  writeFileSync(join(dir, 'roots/intel.der'), roots.tdx);
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
broker:
  pools: [{ pool: tdx, models: [some-model] }]
  quotas: { evidence: 10000 }
  limits: { evidence: 10000 }
limits: { rates: { address: 100000, credential: 100000 } }
calls: { endpoints: private-too }
witnesses: { every: 1s }
anchors: { kind: simulator, intel: [roots/intel.der] }
endorsements: { offline: true }`,
  );
  writeFileSync(file, text);
  child = spawn(
    process.execPath,
    ['-C', 'postern-src', '--heapsnapshot-signal=SIGUSR2', MAIN, 'gateway', dir, '--json'],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr?.on('data', (said) => {
    log += said;
  });
  const listening = Promise.withResolvers<string>();
  child.stdout?.once('data', (said) => listening.resolve(JSON.parse(`${said}`).url));
  child.once('exit', () => listening.reject(new Error(log)));
  url = await listening.promise;
  client = await key('somebody', 'client');
}, 120_000);

afterAll(async () => {
  if (child?.exitCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  await agent?.stop();
  await witness?.close();
});

/** A witness on loopback, which the ledger's folder names and a client's policy wants. */
async function witnessed(): Promise<void> {
  witness = await startWitness(await vkeyOf(join(dir, 'ledger')), Date.now);
  tlogPolicy = witness.tlogPolicy;
  writeFileSync(join(dir, 'ledger/witnesses.tlog-policy'), tlogPolicy);
}

const get = async (path: string, bearer = client) => {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  return { status: answer.status, body: (await answer.json()) as never };
};

describe('sealed sessions through a whole gateway', () => {
  it('admits a machine that it calls at its endpoint', async () => {
    const file = join(dir, 'one.pem');
    writeFileSync(file, one.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const enrolled = await asAdmin([
      ...['nodes', 'enrol', 'one', '--key', file, '--pool', 'tdx', '--cpu', 'tdx', '--json'],
      ...['--endpoint', agent.endpoint],
    ]);
    expect([enrolled.exit, enrolled.err]).toEqual([0, '']);
    id = String(jsonOf(enrolled)['id']);
    await until(async () => (await asAdmin(['nodes', 'list'])).out.includes('admitted'));
  });

  it('names it to clients, with the leaves of its admission and what opens them', async () => {
    type Told = { candidates: { node: string; keysetSha384: string; proofs: never[] }[] };
    let told: Told = { candidates: [] };
    await until(async () => {
      told = (await get('/v1/candidates?model=some-model')).body as Told;
      return told.candidates.length === 1;
    });
    const [candidate] = told.candidates;
    expect(candidate).toMatchObject({ node: id, keysetSha384: agent.keysetSha384 });
    const proofs = (candidate?.proofs ?? []) as { entry: string; proof: string; salt?: string }[];
    const leaves = proofs.map(({ entry }) =>
      parseLeaf(new Uint8Array(Buffer.from(entry, 'base64'))),
    );
    expect(leaves.map(({ type }) => type)).toEqual(['decision', 'admission.granted', 'key.bound']);
    const [, , bound] = leaves;
    const salt = fromHex(proofs[2]?.salt ?? '', 'salt', 32);
    expect(bound).toMatchObject({
      keyset: saltedKeyset(salt, fromHex(agent.keysetSha384, 'keyset')),
    });
    for (const { proof } of proofs) {
      expect(Buffer.from(proof, 'base64').toString()).toMatch(/^c2sp.org\/tlog-proof@v1\n/);
    }
  });

  it('is verified by a client that wants its ledger witnessed', async () => {
    const { roots } = one.machine;
    const policy = policyFile(one, 'tdx', ({ spec }) => {
      if ('purposes' in spec.bindings) spec.bindings.purposes = ['client'];
    });
    const options: PosternOptions = {
      gateway: url,
      apiKey: client,
      pool: 'tdx',
      policy: { file: policy },
      acceptAnyDeployment: true,
      suite: 'x25519',
      ledger: { tlogPolicy },
      anchors: bundleAnchors(roots),
    };
    // Its leaves are cosigned a moment after they are written; which making a client waits for.
    let postern: Postern | undefined;
    await until(async () => {
      postern = await createPostern(options).catch((error: unknown) => {
        const isEarly = error instanceof PosternError && error.stage === 'ledger';
        if (!isEarly || !error.message.includes('no cosignature of witness w')) throw error;
        return undefined;
      });
      if (postern === undefined) await setTimeout(200);
      return postern !== undefined;
    });
    expect(await postern?.verify()).toMatchObject({ node: id, state: 'verified' });
    const seen = postern?.verification().ledger;
    expect(seen).toMatchObject({ state: 'checked', witnesses: [{ name: 'w' }] });
  });

  it('has its evidence for a client’s own challenge, and leaves what is signed as it is', async () => {
    const answer = await fetch(`${url}/v1/nodes/${id}/evidence`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client}`, 'content-type': 'application/json' },
      body: JSON.stringify({ nonce: '5a'.repeat(32), purpose: 'client' }),
    });
    expect(answer.status).toBe(200);
    const bundle = parseBundle(new Uint8Array(await answer.arrayBuffer()));
    const own = parseBundle(
      one.machine.bundle({ nonce: new Uint8Array(32).fill(0x5a), purpose: 'client' }),
    );
    expect(bundle.cpu).toEqual(own.cpu);
  });

  it('relays what only the enclave and the client can read', async () => {
    let opened = '';
    agent.serve = async (request, response) => {
      const body = new Uint8Array(await bodyOf(request));
      const { opener, consumed } = openRequestHeader(body, () => pair);
      const parts = opener.push(body.subarray(consumed));
      opened = Buffer.concat([...parts, opener.end()]).toString();
      const sealer = opener.sealResponse(random);
      response.writeHead(200, {
        'content-type': 'message/ohttp-chunked-res',
        trailer: 'postern-usage',
      });
      response.write(sealer.nonce);
      for (let n = 0; n < 50; n++) response.write(sealer.sealChunk(utf8(`${ANSWER} ${n}`)));
      const claims = agent.claims(request.headers['postern-account'] as string, body);
      response.addTrailers({ 'postern-usage': agent.sign(claims) });
      response.end(sealer.sealFinal(utf8('end')));
    };
    for (let n = 0; n < 5; n++) {
      const sealer = sealRequest(pair.config, SUITE_X25519);
      const body = Buffer.concat([
        sealer.header,
        sealer.sealChunk(utf8(`${PROMPT} ${n}`)),
        sealer.sealFinal(new Uint8Array()),
      ]);
      const answer = await take(
        { url },
        {
          path: `/ohttp/tdx/${id}`,
          body,
          headers: { authorization: `Bearer ${client}`, 'postern-resume': '?1' },
        },
      );
      expect(answer).toMatchObject({ status: 200, broken: false });
      expect(opened).toBe(`${PROMPT} ${n}`);
      const opener = sealer.openResponse();
      const plain = Buffer.concat([...opener.push(new Uint8Array(answer.body)), opener.end()]);
      expect(plain.toString()).toContain(`${ANSWER} 49`);
    }
    await until(async () => (await gate(['usage', 'list', dir], io)).out.includes('5 sessions'));
  });

  it('adds up what was used, and exports it as it was signed', async () => {
    const list = jsonOf(await gate(['usage', 'list', dir, '--json'], io));
    expect(list['usage']).toMatchObject([
      {
        key: { name: 'somebody' },
        model: 'some-model',
        sessions: 5,
        cut: 0,
        promptTokens: 15,
        completionTokens: 20,
      },
    ]);
    const exported = (await gate(['usage', 'export', dir], io)).out.trim().split('\n');
    expect(exported).toHaveLength(5);
    expect(JSON.parse(exported[0] ?? '')).toMatchObject({
      seq: 1,
      node: id,
      key: { name: 'somebody' },
    });
    const none = await gate(['usage', 'list', dir, '--from', '2200-01-01', '--json'], io);
    expect(jsonOf(none)).toEqual({ usage: [] });
  });

  it('has no plaintext byte of them in its memory, its log, its numbers, its database or its files', async () => {
    const admin = readFileSync(join(dir, 'keys/admin.key'), 'utf8').trim();
    const metrics = await fetch(`${url}/metrics`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    const said = await metrics.text();
    expect(said).toContain('postern_broker_statements_total{fate="taken"} 5');
    child.kill('SIGUSR2');
    const snapshot = () => readdirSync(dir).find((name) => name.endsWith('.heapsnapshot'));
    await until(() => {
      const name = snapshot();
      if (name === undefined) return false;
      // It has come whole when it ends as JSON does.
      const bytes = readFileSync(join(dir, name));
      if (bytes.subarray(-8).toString().trimEnd().endsWith(']}')) return true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      return false;
    });
    const places: Record<string, Buffer> = { log: Buffer.from(log), metrics: Buffer.from(said) };
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      places[path] = readFileSync(path);
    }
    const found = (what: string) =>
      Object.entries(places).flatMap(([place, bytes]) => (bytes.includes(what) ? [place] : []));
    // What is looked for is found where it is: the path of a route is in memory, for one.
    expect(found(ROUTE).some((place) => place.endsWith('.heapsnapshot'))).toBe(true);
    const memory = textsInMemory(child.pid ?? 0, [PROMPT, ANSWER, ROUTE]);
    if (memory !== undefined) expect([...memory]).toEqual([ROUTE]);
    for (const canary of [PROMPT, ANSWER]) {
      expect(found(canary)).toEqual([]);
      expect(found(Buffer.from(canary).toString('base64').slice(0, 20))).toEqual([]);
    }
  });

  it('cuts an open stream when the node is revoked', async () => {
    agent.serve = async (request, response) => {
      await bodyOf(request);
      agent.begin(response);
    };
    const sealer = sealRequest(pair.config, SUITE_X25519);
    const body = Buffer.concat([sealer.header, sealer.sealFinal(utf8('x'))]);
    const headers = { authorization: `Bearer ${client}` };
    const answer = await send({ url }, { path: `/ohttp/tdx/${id}`, body, headers }).response;
    const closed = new Promise((resolve) => {
      answer
        .once('close', resolve)
        .on('error', () => {})
        .resume();
    });
    const out = await asAdmin(['nodes', 'revoke', id, '--reason', 'it was sold', '--json']);
    expect([out.exit, out.err]).toEqual([0, '']);
    await closed;
    expect([answer.statusCode, answer.complete]).toEqual([200, false]);
    expect((await get('/v1/candidates?model=some-model')).body).toMatchObject({ candidates: [] });
  });
});
