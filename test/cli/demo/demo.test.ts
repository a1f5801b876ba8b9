import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { jsonOf, postern } from '../fake-io.ts';

const REAL: Partial<Io> = {
  fetch: globalThis.fetch,
  now: Date.now,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
};
const PROMPT = 'The key to the safe is under the third flowerpot';
const DIGEST = /^[0-9a-f]{64}$/;

let root: string;
let dir: string;
/** What each step told, by its name. */
const steps = new Map<string, Record<string, unknown>>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'postern-demo-test-'));
  dir = join(root, 'demo');
  const ran = await postern(['demo', '--once', '--json', '--dir', dir], {}, REAL);
  expect(ran.exit, ran.err).toBe(0);
  for (const line of ran.out.trimEnd().split('\n')) {
    const step = JSON.parse(line) as Record<string, unknown>;
    steps.set(String(step['name']), step);
  }
}, 240_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a demonstration shows', () => {
  it('its steps in their order, each once', () => {
    const names = ['admitted', 'verified', 'answered', 'seen', 'billed', 'refused', 'revoked'];
    expect([...steps.keys()]).toEqual([...names, 'next']);
    expect([...steps.values()].map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 7]);
  });

  it('three machines of two kinds, admitted under the simulator’s roots', () => {
    const { nodes, anchors } = steps.get('admitted') ?? {};
    expect(anchors).toBe('simulator');
    const kinds = [
      { name: 'tdx-one', pool: 'tdx', cpu: 'tdx', gpus: 1, verdict: 'accept' },
      { name: 'tdx-two', pool: 'tdx', cpu: 'tdx', gpus: 1, verdict: 'accept' },
      { name: 'snp-one', pool: 'snp', cpu: 'snp', gpus: 0, verdict: 'accept' },
    ];
    expect(nodes).toMatchObject(kinds);
    const leaves = (nodes as { leaf: number }[]).map(({ leaf }) => leaf);
    expect(new Set(leaves).size).toBe(3);
  });

  it('a client that verified a machine: signed policy, evidence, devices, keys, ledger', () => {
    expect(steps.get('verified')).toMatchObject({
      verdict: 'accept',
      anchors: 'simulator',
      revocation: 'checked',
      freshness: 'challenge',
      ledger: 'checked',
      suite: 'mlkem768-x25519',
      policy: { name: 'tdx', pinnedBy: 'signers', deployment: 'platform-instance-ids' },
      parts: [
        { evidence: 'tdx', verdict: 'accept' },
        { evidence: 'nvidia-gpu', verdict: 'accept' },
      ],
    });
  });

  it('a prompt that the enclave read', () => {
    expect(steps.get('answered')).toMatchObject({ prompt: PROMPT });
    expect(steps.get('answered')?.['answer']).toContain(PROMPT);
    expect(steps.get('answered')?.['machine']).toBe(steps.get('verified')?.['machine']);
  });

  it('and nobody else: ciphertext alone passed, and lies in no file', () => {
    const { begins, passedInClear, filesFound, filesSearched, headers } = steps.get('seen') ?? {};
    // Header of the hybrid suite, behind the key's id.
    expect(String(begins).slice(2, 14)).toBe('647a00010002');
    expect([passedInClear, filesFound]).toEqual([false, []]);
    expect(filesSearched).toBeGreaterThan(20);
    expect(headers).toMatchObject({ 'content-type': 'message/ohttp-chunked-req' });
    expect(JSON.stringify(headers)).not.toContain('postern_client');
  });

  it('a receipt, and that the gateway bills by the same statement', () => {
    const billed = steps.get('billed') ?? {};
    expect(billed).toMatchObject({ outcome: 'complete', billedTheSame: true, promptTokens: 10 });
    expect(billed['session']).toMatch(DIGEST);
    expect(billed['keyset']).toBe(steps.get('verified')?.['keyset']);
  });

  it('a swapped key that is refused by the evidence, before anything is sealed for it', () => {
    const { stage, checks, sealedRequests } = steps.get('refused') ?? {};
    expect([stage, sealedRequests]).toEqual(['appraisal', 0]);
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'bundle.binding.report_data', outcome: 'fail' }),
    );
  });

  it('a machine that is put out, and another that takes its place', () => {
    const { machine } = steps.get('verified') ?? {};
    const revoked = steps.get('revoked') ?? {};
    expect(revoked).toMatchObject({ machine, state: 'revoked', admittedNow: false });
    expect(revoked['answeredBy']).not.toBe(machine);
  });
});

it('leaves a ledger whose decisions come out the same again', async () => {
  const ran = await postern(['audit', 'replay', join(dir, 'gateway/ledger'), '--json'], {}, REAL);
  expect(ran.exit, ran.err).toBe(0);
  const { replayed, same, underOtherRoots } = jsonOf(ran) as Record<string, number>;
  expect(replayed).toBeGreaterThanOrEqual(3);
  expect([same, underOtherRoots]).toEqual([replayed, replayed]);
});

it('is not begun in a folder that has something in it', async () => {
  writeFileSync(join(root, 'something'), 'else');
  const ran = await postern(['demo', '--once', '--dir', root], {}, REAL);
  expect(ran.exit).toBe(64);
  expect(ran.err).toContain('there is something already');
});
