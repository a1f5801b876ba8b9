import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Agent } from '../../../src/agent/agent.ts';
import { agentDigestVerb } from '../../../src/cli/agent/agent-digest.ts';
import { serveAgent } from '../../../src/cli/agent/agent-run.ts';
import { readAgentConfig } from '../../../src/cli/agent/read-agent-config.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args } from '../../../src/cli/verb.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { createBundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { startOpenAiUpstream } from '../../../src/simulator/upstream/openai-upstream.ts';
import { PUBLISHED_SCHEMAS } from '../../../tools/schemas.ts';
import { keysOf, send, until } from '../../support/agent-bed.ts';
import { type Files, jsonOf, postern } from '../fake-io.ts';

const PATH = 'docs/agent/agent.schema.json';
const MINIMAL = `apiVersion: postern/v1
kind: Agent
deployment: test
upstream: { address: "http://127.0.0.1:8000" }
machine: { cpu: tdx }
`;
const TLS = '{ listen: "0.0.0.0:8443", names: [a.example], forward: "127.0.0.1:80" }';
const digest = (text: string, argv: readonly string[] = [], files: Files = {}) =>
  postern(['agent', 'digest', 'agent.yaml', ...argv], { 'agent.yaml': text, ...files });

describe('the schema', () => {
  it('is published as it is', () => {
    expect(readFileSync(PATH, 'utf8')).toBe(PUBLISHED_SCHEMAS[PATH]);
  });

  it('is JSON Schema 2020-12 in the strictest reading', () => {
    expect(() =>
      new Ajv2020({ strict: true }).compile(JSON.parse(PUBLISHED_SCHEMAS[PATH])),
    ).not.toThrow();
  });
});

describe('the digest', () => {
  it('is of everything, whoever said it', async () => {
    const same = [await digest(MINIMAL), await digest(`${MINIMAL}keys: { life: 60m }\n`)];
    expect(same.map(({ exit, err }) => [exit, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(same[0]?.out).toMatch(/^[0-9a-f]{64}\n$/);
    expect(same[1]?.out).toBe(same[0]?.out);
    for (const set of [
      'keys.life=30m',
      'upstream.address=http://127.0.0.1:8001',
      'padding.bucket=0',
      'ssh.folder=/run/keys',
    ]) {
      expect((await digest(MINIMAL, ['--set', set])).out).not.toBe(same[0]?.out);
    }
  });

  it('says that SSH and TLS are not served, or all of how they are', async () => {
    const [none, both] = [
      await digest(MINIMAL, ['--json']),
      await digest(`${MINIMAL}ssh: { folder: ssh }\ntls: ${TLS}\n`, ['--json']),
    ].map((ran) => JSON.parse((jsonOf(ran) as Record<string, string>)['canonical'] ?? ''));
    expect([none.ssh, none.tls]).toEqual([null, null]);
    expect(both.ssh).toEqual({
      folder: join(process.cwd(), 'ssh'),
      algorithms: ['ed25519'],
      address: null,
      reload: null,
      certificates: false,
    });
    expect(both.tls).toEqual({
      listen: { host: '0.0.0.0', port: 8443 },
      names: ['a.example'],
      forward: '127.0.0.1:80',
      address: null,
      certificates: false,
      connections: 1024,
      handshakeWithin: 10_000,
      idle: 600_000,
    });
  });

  it('has no secret in it, and changes with each', async () => {
    const written = MINIMAL.replace('8000"', '8000", authorization: token');
    const ran = await digest(written, ['--json'], {
      [join(process.cwd(), 'token')]: 'Bearer s3cret',
    });
    const { canonical, agentConfigSha256 } = jsonOf(ran) as Record<string, string>;
    expect(canonical).not.toContain('s3cret');
    expect(JSON.parse(canonical ?? '').upstream.authorizationSha256).toMatch(/^[0-9a-f]{64}$/);
    const other = await digest(written, [], { [join(process.cwd(), 'token')]: 'Bearer other' });
    expect(other.out.trim()).not.toBe(agentConfigSha256);
  });
});

describe('a configuration that can’t be used', () => {
  it.each([
    [
      'http://127.0.0.1:8000',
      'http://10.0.0.1:8000',
      /agent.yaml:4:\d+ upstream.address: want http/,
    ],
    ['http://127.0.0.1:8000', 'http://localhost:8000', /upstream.address: want http/],
    ['http://127.0.0.1:8000', 'https://127.0.0.1:8000', /upstream.address: want http/],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1', /upstream.address: want http/],
    ['http://127.0.0.1:8000', 'http://user@127.0.0.1:8000', /upstream.address: want http/],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:70000', /upstream.address: want http/],
    ['kind: Agent', 'kind: Agent\nserves: plain', /allow.requests: is missing/],
    ['kind: Agent', 'kind: Agent\nkeys: { life: 10m }', /keys.overlap: want less than keys.life/],
    ['kind: Agent', 'kind: Agent\nkeys: { life: 48h }', /keys.life: want at most 24h/],
    ['kind: Agent', 'kind: Agent\nallow: { requestHeaders: [cookie] }', /is never passed on/],
    ['kind: Agent', 'kind: Agent\nallow: { requests: ["GET /%2e"] }', /allow.requests\[0\]: want/],
    [
      'kind: Agent',
      'kind: Agent\nallow: { requests: ["CONNECT /a"] }',
      /allow.requests\[0\]: want/,
    ],
    ['kind: Agent', 'kind: Agent\nallow: { requests: ["TRACE /a"] }', /allow.requests\[0\]: want/],
    ['kind: Agent', 'kind: Agent\nlimits: { bodies: 1MiB }', /limits.bodies: not one request/],
    [
      'kind: Agent',
      'kind: Agent\ngateway: { origin: "https://a.example", pool: p, name: n }',
      /gateway.enrolmentKey: is missing/,
    ],
    [
      'kind: Agent',
      'kind: Agent\nssh: { algorithms: [rsa] }',
      /ssh.algorithms\[0\]: want ed25519 or/,
    ],
    ['kind: Agent', 'kind: Agent\nssh: { address: "203.0.113.7" }', /ssh.address: want host:port/],
    [
      'kind: Agent',
      `kind: Agent\ntls: ${TLS.replace('127.0.0.1:80', '10.0.0.1:80')}`,
      /tls.forward: want 127/,
    ],
    ['kind: Agent', `kind: Agent\ntls: ${TLS.replace(':80"', ':99999"')}`, /tls.forward: want 127/],
    [
      'kind: Agent',
      `kind: Agent\ntls: ${TLS.replace('a.example', '10.0.0.300')}`,
      /tls.names\[0\]: is neither/,
    ],
    [
      'kind: Agent',
      `kind: Agent\ntls: ${TLS.replace('a.example', 'A.example')}`,
      /tls.names\[0\]: want/,
    ],
    [
      'kind: Agent',
      `kind: Agent\ntls: ${TLS.replace(' }', ', certificates: true }')}`,
      /agent.yaml:\d+:\d+ tls.certificates: there is no gateway/,
    ],
    [
      'kind: Agent',
      'kind: Agent\nssh: { certificates: true }',
      /agent.yaml:\d+:\d+ ssh.certificates: there is no gateway/,
    ],
    ['kind: Agent', 'kind: Agent\nssh: { certificates: always }', /ssh.certificates: want true/],
    [
      'kind: Agent',
      `kind: Agent\ntls: ${TLS.replace(':8443', ':99999')}`,
      /tls.listen: want a port/,
    ],
    ['kind: Agent', 'kind: Agent\nupstreams: 1', /upstreams: is not known.*did you mean upstream/],
  ])('%s, but %s', async (was, is, says) => {
    const ran = await digest(MINIMAL.replace(was, is));
    expect(ran.exit).toBe(64);
    expect(ran.err).toMatch(says);
  });
});

it('runs beside a server at a socket, with the hardware that it is given', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-agent-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const upstream = await startOpenAiUpstream({ socket: join(dir, 'server.sock') });
  onTestFinished(upstream.close);
  const text = `${MINIMAL.replace('http://127.0.0.1:8000', upstream.address)}listen: 127.0.0.1:0\n`;
  const said: string[] = [];
  const io = {
    readFile: async () => utf8(text),
    envNames: () => [],
    err: (line: string) => void said.push(line),
    now: Date.now,
    randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
  } as unknown as Io;
  const read = await readAgentConfig(io, new Args(agentDigestVerb, ['agent.yaml']), 'agent.yaml');
  const { hardware } = await createBundleMachine({ gpus: 1, switches: 0, mode: 'spt' });
  const told = new AbortController();
  const agents: Agent[] = [];
  const done = serveAgent(io, read, hardware, told.signal, (one) => agents.push(one));
  await until(() => agents[0]?.keyset() !== undefined);
  const [agent] = agents;
  if (!agent) throw new Error('no agent');
  const call = utf8(JSON.stringify({ nonce: '5a'.repeat(32), purpose: 'client' }));
  const headers = { 'content-type': 'application/json' };
  const came = await send({ agent }, call, { address: 'attest', headers });
  expect(came.status).toBe(200);
  expect(keysOf(agent.keyset()).keyset.deployment).toBe('test');
  told.abort();
  await done;
  expect(agent.keyset()).toBeUndefined();
  expect(said.at(-1)).toContain('agent closed');
});
