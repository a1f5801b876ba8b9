import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyRequest } from '../../../src/protocol/request-signature/verify.ts';
import { jsonOf } from '../fake-io.ts';
import { type Asked, GATE, ID, json, NODE, NODE_KEY, NOW, nodes, problem } from './fake-gateway.ts';

const root = mkdtempSync(join(tmpdir(), 'postern-attest-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NONCE = '5a'.repeat(32);
const AS_NODE = { as: ['--key', 'node.pem'] };
const ATTEST = ['attest', ID];
const CHALLENGES = `POST /v1/nodes/${ID}/challenges`;
const ATTESTATIONS = `POST /v1/nodes/${ID}/attestations`;
const DECISION = 'd'.repeat(32);

const challenge = { nonce: NONCE, purpose: `admission:${GATE}`, expiresAt: '2026-06-01T00:02:00Z' };
const accepted = {
  decision: DECISION,
  verdict: 'accept',
  authentic: true,
  reasons: [],
  warnings: ['its TCB is deprecated soon'],
  node: NODE,
  token: 'header.claims.signature',
  leaf: { origin: 'gate.example.org/postern', index: 17, size: 18 },
};
const reasons = [
  { code: 'policy.gpu.count', outcome: 'fail', path: 'devices', text: 'want exactly 8, got 7' },
];
const answers = {
  [CHALLENGES]: () => json(challenge),
  [ATTESTATIONS]: () => json(accepted),
};

/** Writes what it was asked for, as far as a test can see it. */
const COMMAND = 'printf "%s %s" "$POSTERN_NONCE" "$POSTERN_PURPOSE"';

describe('nodes attest', () => {
  it('asks for a challenge, runs the command under it, and shows what it wrote', async () => {
    const asked: Asked[] = [];
    const { exit, out, err } = await nodes([...ATTEST, '--command', COMMAND], answers, {
      ...AS_NODE,
      asked,
    });
    expect([exit, err]).toEqual([0, '']);
    expect(out).toBe(
      `\nACCEPT  decision ${DECISION} · leaf 17 of gate.example.org/postern · admitted until 2026-06-01T00:15:00Z · its TCB is deprecated soon\n`,
    );
    const [, second] = asked;
    expect(Buffer.from(second?.body ?? []).toString()).toBe(`${NONCE} admission:${GATE}`);
    expect(second?.headers.get('postern-nonce')).toBe(NONCE);
    expect(second?.headers.get('content-type')).toBe('application/vnd.postern.bundle+json');
  });

  it('signs each request with the machine’s key, and shows no other', async () => {
    const asked: Asked[] = [];
    await nodes([...ATTEST, '--command', COMMAND], answers, { ...AS_NODE, asked });
    expect(asked).toHaveLength(2);
    for (const { method, url, headers, body } of asked) {
      expect(headers.has('authorization')).toBe(false);
      const target = new URL(url);
      const all: Record<string, string[]> = {};
      for (const [name, value] of headers) all[name] = [value];
      const { keyId } = verifyRequest(
        { method, target: `${target.pathname}${target.search}`, headers: all, body },
        target.host,
        NOW,
      );
      expect(keyId).toBe(NODE_KEY.publicKey);
    }
  });

  it('writes the token where it is wanted', async () => {
    const path = join(root, 'token');
    await nodes([...ATTEST, '--command', 'true', '--token', path], answers, AS_NODE);
    expect(readFileSync(path, 'utf8')).toBe(accepted.token);
  });

  it.each<readonly [Parameters<typeof problem>[0], number, string]>([
    ['attestation-rejected', 1, 'REJECT'],
    ['attestation-indeterminate', 2, 'INDETERMINATE'],
  ])('%s is a decision', async (code, exit, word) => {
    const told = { decision: DECISION, code: 'policy.gpu.count', reasons };
    const answer = () => problem(code, told);
    const argv = [...ATTEST, '--command', 'true'];
    const ran = await nodes(argv, { ...answers, [ATTESTATIONS]: answer }, AS_NODE);
    expect([ran.exit, ran.err]).toEqual([exit, '']);
    expect(ran.out).toBe(
      `✗ policy.gpu.count                 devices: want exactly 8, got 7\n\n${word}  decision ${DECISION} · policy.gpu.count\n`,
    );
    const json = await nodes([...argv, '--json'], { ...answers, [ATTESTATIONS]: answer }, AS_NODE);
    expect(jsonOf(json)).toMatchObject({
      verdict: word.toLowerCase(),
      decision: DECISION,
      reasons,
    });
  });

  it('is no decision where nothing was decided', async () => {
    const busy = { ...answers, [ATTESTATIONS]: () => problem('busy') };
    const { exit, out } = await nodes([...ATTEST, '--command', 'true'], busy, AS_NODE);
    expect([exit, out]).toEqual([69, '']);
  });

  it.each([
    ['exit 3', '--command: ended with exit code 3'],
    ['kill -9 $$', '--command: ended with SIGKILL'],
    ['yes | head -c 40000000', '--command: writes more than 33554432 bytes: no bundle is larger'],
  ])('shows nothing of a command that fails: %s', async (command, detail) => {
    const asked: Asked[] = [];
    const argv = [...ATTEST, '--command', command];
    const { exit, err } = await nodes(argv, answers, { ...AS_NODE, asked });
    expect([exit, err, asked.length]).toEqual([69, `postern: ${detail}\n`, 1]);
  });

  it('shows a bundle that is there, for the challenge that it answers', async () => {
    const asked: Asked[] = [];
    const bundle = readFileSync('fixtures/bundle/bundles/bundle.json');
    const argv = [...ATTEST, '--bundle', 'bundle.json'];
    const ran = await nodes(argv, answers, {
      ...AS_NODE,
      asked,
      files: { 'bundle.json': new Uint8Array(bundle) },
    });
    expect(ran.exit).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers.get('postern-nonce')).toBe(JSON.parse(`${bundle}`).binding.nonce);
    expect(Buffer.from(asked[0]?.body ?? []).equals(bundle)).toBe(true);
  });

  it.each([
    [['attest', ID], 'want either --command, or --bundle'],
    [
      ['attest', 'rack-7', '--command', 'true'],
      'want the id of the machine, 32 hex digits, as it was enrolled',
    ],
    [['attest', ID, '--bundle', 'b'], 'b: bundle: want a value at character 0'],
  ])('refuses before it asks for anything: %j', async (argv, detail) => {
    const { exit, err } = await nodes(argv, {}, { ...AS_NODE, files: { b: 'no' } });
    expect([exit, err]).toEqual([64, `postern: ${detail}\n`]);
  });
});

it('nodes challenge prints what evidence has to answer', async () => {
  const { exit, out } = await nodes(['challenge', ID], answers, AS_NODE);
  expect([exit, out]).toEqual([
    0,
    `nonce    ${NONCE}\npurpose  admission:${GATE}\nuntil    2026-06-01T00:02:00Z\n`,
  ]);
});

it('nodes call prints what came of it', async () => {
  const path = `POST /v1/nodes/${ID}/call`;
  const { exit, out } = await nodes(['call', ID], { [path]: () => json(accepted) });
  expect(exit).toBe(0);
  expect(out).toContain('ACCEPT');
});
