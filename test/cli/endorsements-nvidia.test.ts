import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeNvidiaEvidence } from '../../src/simulator/nvidia/evidence-json.ts';
import { simulateNvidiaNode } from '../../src/simulator/nvidia/node.ts';
import { html, status } from '../endorsements/amd/fake-kds.ts';
import type { FakeNvidia } from '../endorsements/nvidia/fake-nvidia.ts';
import { anchors, DAY, device, now, startNvidia, wants } from '../endorsements/nvidia/world.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { jsonOf, postern, UNSAFE } from './fake-io.ts';

const root = (of: 'device' | 'rim') => anchors[of][0]?.certificate.der ?? '';
const node = simulateNvidiaNode({ gpus: 2, switches: 0 });
const files = {
  report: device.report,
  'chain.pem': device.chain ?? '',
  'device-root.der': root('device'),
  'rim-root.der': root('rim'),
  'evidence.json': encodeNvidiaEvidence(node.devices, node.plan.nonce),
};
const online = { fetch: globalThis.fetch, now: () => now };
const TRUST = ['--trust-anchor', 'device-root.der', '--trust-anchor', 'rim-root.der'];
const DEVICE = ['--nvidia', 'report', '--chain', 'chain.pem'];

function fetchInto(dir: string, nvidia: FakeNvidia, ...options: readonly string[]) {
  const services = ['--rim-service', nvidia.url, '--ocsp-service', nvidia.ocspUrl];
  return postern(['endorsements', 'fetch', dir, ...services, ...TRUST, ...options], files, online);
}

async function filled() {
  const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
  expect((await fetchInto(dir, nvidia, ...DEVICE)).exit).toBe(0);
  return { nvidia, dir };
}

describe('endorsements fetch', () => {
  it('stores what a device needs', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const { exit, out, err } = await fetchInto(dir, nvidia, ...DEVICE);
    expect([exit, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(
      new RegExp(`^stored {8}nvidia rim ${wants.driver.id}  20.* to 20.*\\.xml$`),
    );
    expect(lines[2]).toMatch(
      new RegExp(`^stored {8}nvidia ocsp certificate ${wants.brom.serial}: good  2026-05-31T12`),
    );
  });

  it('in JSON, one object', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const ran = await fetchInto(dir, nvidia, '--rim', wants.driver.id, '--json');
    expect(jsonOf(ran)).toMatchObject({
      rows: [
        { kind: 'nvidia', document: 'rim', id: wants.driver.id, outcome: 'stored' },
        { kind: 'nvidia', document: 'ocsp', status: 'good', outcome: 'stored' },
        { kind: 'nvidia', document: 'ocsp', outcome: 'stored' },
        { kind: 'nvidia', document: 'ocsp', outcome: 'stored' },
      ],
    });
    expect(nvidia.requests).toContain('ocsp driverSigner');
  });

  it('evidence JSON brings its own certificates', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const { exit } = await fetchInto(dir, nvidia, '--nvidia', 'evidence.json');
    // The service knows one of the two GPUs, and is unauthorized to speak of the other.
    expect(exit).toBe(69);
    expect(nvidia.requests).toContain('ocsp of a stranger');
    expect(nvidia.requests.filter((line) => line.startsWith('rim '))).toHaveLength(2);
  });

  it('69 when there is none, 1 when somebody lies', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    nvidia.behave(/^rim .*DRIVER/, status(404));
    const down = await fetchInto(dir, nvidia, ...DEVICE);
    expect(down.exit).toBe(69);
    expect(down.out).toContain(`RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`);
    nvidia.behave(/^ocsp/, html);
    const lies = await fetchInto(dir, nvidia, ...DEVICE);
    expect(lies.exit).toBe(1);
    expect(lies.out + lies.err).not.toMatch(UNSAFE);
  });

  it('without the simulator’s root nothing is asked', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const services = ['--rim-service', nvidia.url, '--ocsp-service', nvidia.ocspUrl];
    const argv = ['endorsements', 'fetch', dir, ...services, ...DEVICE];
    const { exit, err } = await postern(argv, files, online);
    expect([exit, err]).toEqual([1, expect.stringContaining('nvidia.chain.root')]);
    expect(nvidia.requests).toEqual([]);
  });

  it.each([
    [['--rim', '../x'], '--rim: want an id such as'],
    [['--rim', 'NV_X', '--rim-service', 'http://a.example'], '--rim-service: plain http is for'],
    [['--rim-service', 'http://127.0.0.1'], '--rim-service is about NVIDIA'],
    [
      ['--nvidia', 'report'],
      '--nvidia: a report comes without certificates: give them with --chain',
    ],
    [['--chain', 'chain.pem'], '--chain is about NVIDIA'],
    [['--nvidia', 'evidence.json', '--chain', 'chain.pem'], '--chain goes with a report'],
    [[...DEVICE, '--nvidia', 'evidence.json'], '--chain goes with one report'],
  ])('%j: usage', async (options, problem) => {
    const dir = await emptyFolder();
    const { exit, err } = await postern(['endorsements', 'fetch', dir, ...options], files);
    expect([exit, err]).toEqual([64, expect.stringContaining(problem)]);
  });
});

describe('endorsements list', () => {
  it('a line a document', async () => {
    const { dir } = await filled();
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(0);
    expect(out.match(/^nvidia rim NV_GPU_/gm)).toHaveLength(2);
    expect(out.match(/^nvidia ocsp certificate [0-9a-f]+: good {2}2026/gm)).toHaveLength(7);
  });

  it('a damaged file: 1', async () => {
    const { dir } = await filled();
    await writeFile(join(dir, 'nvidia', 'rims', `${wants.driver.id}.xml`), '\u001b[2Jx');
    const { exit, out } = await postern(['endorsements', 'list', dir]);
    expect(exit).toBe(1);
    expect(out).not.toMatch(UNSAFE);
  });
});

describe('endorsements check', () => {
  const check = (dir: string, ...options: readonly string[]) =>
    postern(['endorsements', 'check', dir, ...options], files, online);

  it('all in date: 0', async () => {
    const { dir } = await filled();
    const { exit, out } = await check(dir, ...TRUST);
    expect(exit).toBe(0);
    expect(out.match(/^accept {8}nvidia /gm)).toHaveLength(9);
  });

  it('responses out of date: 2', async () => {
    const { dir } = await filled();
    const later = new Date(now + DAY).toISOString();
    const { exit, out } = await check(dir, ...TRUST, '--at', later);
    expect(exit).toBe(2);
    expect(out).toMatch(/^indeterminate nvidia ocsp .*\n {2}nvidia\.ocsp\.rim\.validity: want /m);
  });

  it('not NVIDIA’s: 1', async () => {
    const { dir } = await filled();
    const { exit, out } = await check(dir);
    expect(exit).toBe(1);
    expect(out).toMatch(/^reject {8}nvidia rim .*\n {2}nvidia\.rim\.root: /m);
  });
});

describe('verify nvidia', () => {
  const TRUSTED = ['--trust-anchor', 'device-root.der', '--rim-trust-anchor', 'rim-root.der'];
  const verify = (...options: readonly string[]) =>
    postern(
      ['verify', 'nvidia', 'report', '--chain', 'chain.pem', ...TRUSTED, '--json', ...options],
      files,
      online,
    );

  it('with what the services serve; then offline, from the folder alone', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const services = ['--rim-service', nvidia.url, '--ocsp-service', nvidia.ocspUrl];
    const accepted = { verdict: 'accept', authentic: true, revocation: 'checked' };
    const first = await verify(...services, '--endorsements', dir, '--require-ocsp');
    expect([first.exit, first.err]).toEqual([0, '']);
    expect(jsonOf(first)).toMatchObject(accepted);
    const asked = nvidia.requests.length;
    const again = await verify('--endorsements', dir, '--offline', '--require-ocsp');
    expect([again.exit, again.err]).toEqual([0, '']);
    expect(jsonOf(again)).toMatchObject(accepted);
    expect(nvidia.requests).toHaveLength(asked);
  });

  it('a manifest that there is not: indeterminate, authentic, with the id that was looked for', async () => {
    const nvidia = await startNvidia({ rims: new Map(), ocsp: [] });
    const ran = await verify('--rim-service', nvidia.url, '--ocsp-service', nvidia.ocspUrl);
    expect(ran.exit).toBe(2);
    expect(jsonOf(ran)).toMatchObject({
      verdict: 'indeterminate',
      authentic: true,
      checks: expect.arrayContaining([
        expect.objectContaining({
          id: 'nvidia.rim.driver.format',
          because: expect.stringContaining(
            `RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`,
          ),
        }),
      ]),
    });
  });
});
