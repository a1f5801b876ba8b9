import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundlePaths } from '../../src/cli/bundle-paths.ts';
import { rememberingFetch } from '../../src/cli/remembering-fetch.ts';
import { verifiedBundle } from '../support/bundle.ts';
import { type PolicyEdit, policyFor, wholeMachine } from '../support/policy.ts';
import { bundleFilesOf } from './bundle-files.ts';
import { jsonOf, postern } from './fake-io.ts';

const skip = { skip: 'no network in a test' };

/** All that a policy wants and a file can bring along: no answers of NVIDIA's. */
const anyDevice: PolicyEdit = ({ spec }) => {
  if (spec.evidence.gpu) spec.evidence.gpu.ocsp = skip;
  if (spec.evidence.nvswitch) spec.evidence.nvswitch.ocsp = skip;
};

const machine = await wholeMachine({ revocation: 'none' });
const other = await wholeMachine({ revocation: 'none', gpus: 1, switches: 0, mode: 'spt' });
const verified = verifiedBundle(machine, machine.bundle, {
  expected: { nonce: machine.plan.nonce },
});

const policy = (edit: PolicyEdit = () => undefined) =>
  JSON.stringify(
    policyFor(verified, (made) => {
      anyDevice(made);
      edit(made);
    }),
  );

const files = {
  ...bundleFilesOf(machine),
  other: other.bundle,
  'not-json': 'something else',
  policy: policy(),
  draft: policy(({ metadata }) => {
    metadata.lifecycle = { state: 'draft' };
  }),
  strict: policy(({ spec }) => {
    spec.workload.agentConfigSha256 = ['a'.repeat(64)];
  }),
};
const ROOTS = [
  ...['--trust-anchor', 'root.der', '--amd-trust-anchor', 'amd.der'],
  ...['--nvidia-trust-anchor', 'nvidia.der', '--rim-trust-anchor', 'rim.der', '--offline'],
];
const trial = (...argv: readonly string[]) => postern(['policy', 'test', ...argv, ...ROOTS], files);

describe('policy test', () => {
  it('accepts a stored bundle by the challenge that it names', async () => {
    const { exit, out } = await trial('policy', 'bundle');
    expect(out).toBe('bundle  accept         machine\n\n1 accepted, 0 not\n');
    expect(exit).toBe(0);
  });

  it('is not lenient about a challenge that was named', async () => {
    const { exit, out } = await trial('policy', 'bundle', '--nonce', 'ab'.repeat(32));
    expect(exit).toBe(1);
    expect(out).toContain('bundle.nonce');
  });

  it('says why others are not accepted', async () => {
    const { exit, out } = await trial('policy', 'bundle', 'other');
    expect(exit).toBe(1);
    expect(out).toMatch(/^other {3}reject +machine {2}policy\.gpu\.count/m);
    expect(out).toMatch(/\n1 accepted, 1 not\n$/);
  });

  it('tries a draft as if it were in force, and says so', async () => {
    const { exit, err } = await trial('draft', 'bundle');
    expect(exit).toBe(0);
    expect(err).toContain('draft is a draft: it is tried as if it were in force');
  });

  it('says who would be newly refused, and newly admitted', async () => {
    const refused = await trial('strict', 'bundle', 'other', '--against', 'policy');
    expect(refused.exit).toBe(1);
    expect(refused.out).toContain('newly refused  machine  policy.workload.agent_config');
    expect(refused.out).toMatch(/\n0 accepted, 2 not, 0 newly admitted, 1 newly refused\n$/);
    const admitted = await trial('policy', 'bundle', '--against', 'strict');
    expect([admitted.exit, admitted.out]).toEqual([
      1,
      'bundle  accept         newly admitted  machine\n\n1 accepted, 0 not, 1 newly admitted, 0 newly refused\n',
    ]);
    expect((await trial('policy', 'bundle', 'other', '--against', 'draft')).exit).toBe(0);
  });

  it('says of what can’t be read that it is not testable', async () => {
    const { exit, out } = await trial('policy', 'bundle', 'not-json', 'not-there');
    expect(exit).toBe(69);
    expect(out).toMatch(/^not-json {3}not testable: want a value/m);
    expect(out).toMatch(/^not-there {2}not testable: not-there: can’t be read/m);
    expect(out).toMatch(/\n1 accepted, 0 not, 2 not testable\n$/);
  });

  it.each([
    { exit: 0, argv: ['policy', 'bundle'] },
    { exit: 2, argv: ['policy', 'not-json'] },
    { exit: 2, argv: ['policy', 'bundle', 'not-json'] },
    { exit: 69, argv: ['policy', 'not-there'] },
    { exit: 69, argv: ['policy', 'not-there', 'bundle'] },
    { exit: 69, argv: ['not-there', 'bundle'] },
    { exit: 69, argv: ['policy', 'bundle', '--against', 'not-there'] },
  ])('exits $exit: $argv', async ({ exit, argv }) => {
    expect((await trial(...argv)).exit).toBe(exit);
  });

  it('says in JSON what is not there, and tries the others', async () => {
    const ran = await trial('policy', 'not-there', 'bundle', 'not-json', '--json');
    expect(jsonOf(ran)).toMatchObject({
      counts: { accepted: 1, notTestable: 2 },
      bundles: [
        { file: 'not-there', because: 'unreachable' },
        { file: 'bundle', decided: { verdict: 'accept' } },
        { file: 'not-json', untestable: expect.any(String) },
      ],
    });
  });

  it('says the same in JSON', async () => {
    const ran = await trial('strict', 'bundle', 'not-json', '--against', 'policy', '--json');
    expect(ran.exit).toBe(2);
    expect(jsonOf(ran)).toMatchObject({
      policy: { name: 'test' },
      against: { name: 'test' },
      challenge: 'assumed',
      counts: { accepted: 0, notAccepted: 1, newlyAdmitted: 0, newlyRefused: 1, notTestable: 1 },
      bundles: [
        {
          file: 'bundle',
          decided: { verdict: 'reject', codes: ['policy.workload.agent_config'] },
          against: { verdict: 'accept', codes: [] },
          change: 'newly-refused',
        },
        { file: 'not-json' },
      ],
    });
  });

  it('refuses an option that can’t be used with any of them', async () => {
    expect((await trial('policy', 'bundle', '--recipe', 'none')).exit).toBe(64);
  });

  it('walks a folder, and no links', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bundles-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    await mkdir(join(dir, 'a', 'b'), { recursive: true });
    await symlink(dir, join(dir, 'a', 'around'));
    for (const name of ['z.json', 'a/x.json', 'a/b/y.json', 'a/readme.txt']) {
      await writeFile(join(dir, name), machine.bundle);
    }
    const found = ['a/b/y.json', 'a/x.json', 'z.json'].map((name) => join(dir, name));
    expect(await bundlePaths([dir, 'bundle'])).toEqual([...found, 'bundle']);
    await expect(bundlePaths([dir], { files: 2, depth: 8 })).rejects.toThrow(/more than 2 bundles/);
    await expect(bundlePaths([dir], { files: 9, depth: 2 })).rejects.toThrow(/folders deep/);
    const { exit, out } = await trial('policy', dir);
    expect([exit, out.split('\n').length]).toEqual([0, 6]);
  });

  it('has nothing to say of an empty folder', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bundles-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    expect((await trial('policy', dir)).exit).toBe(2);
  });
});

describe('rememberingFetch', () => {
  it('asks the same question once, and another one again', async () => {
    const asked: string[] = [];
    const fetch = rememberingFetch(async (input, init) => {
      asked.push(`${init?.method ?? 'GET'} ${String(input)} ${String(init?.body ?? '')}`);
      return new Response(`answer ${asked.length}`);
    });
    const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();
    expect(await text('https://a.example/x')).toBe('answer 1');
    expect(await text('https://a.example/x')).toBe('answer 1');
    expect(await text('https://a.example/y')).toBe('answer 2');
    expect(await text('https://a.example/x', { method: 'POST', body: 'one' })).toBe('answer 3');
    expect(await text('https://a.example/x', { method: 'POST', body: 'two' })).toBe('answer 4');
    expect(await text('https://a.example/x', { method: 'POST', body: 'one' })).toBe('answer 3');
  });

  it('remembers no failure', async () => {
    let asked = 0;
    const fetch = rememberingFetch(async () => {
      asked++;
      return new Response('', { status: asked === 1 ? 503 : 200 });
    });
    expect((await fetch('https://a.example/')).status).toBe(503);
    expect((await fetch('https://a.example/')).status).toBe(200);
  });
});
