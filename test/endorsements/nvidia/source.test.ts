import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { NvidiaFolder } from '../../../src/endorsements/nvidia/folder.ts';
import { verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import { simulateNvidiaNode } from '../../../src/simulator/nvidia/node.ts';
import { status } from '../amd/fake-kds.ts';
import {
  anchors,
  at,
  DAY,
  device,
  emptyNvidiaFolder,
  filledFolder,
  HOUR,
  manifestSigned,
  networkOf,
  now,
  nvidiaWorld,
  offline,
  response,
  sourceOf,
  startNvidia,
  wants,
  world,
} from './world.ts';

const ALL = [
  'ocsp brom',
  'ocsp driverSigner',
  'ocsp identity',
  'ocsp provisioner',
  'ocsp rimCa',
  'ocsp rimL3',
  'ocsp vbiosSigner',
  `rim ${wants.driver.id}`,
  `rim ${wants.vbios.id}`,
].toSorted();

describe('for a device', () => {
  it('all that its verification needs, one request each, and the verdict is accept', async () => {
    const nvidia = await startNvidia();
    const folder = await emptyNvidiaFolder();
    const found = await sourceOf(nvidia, { folder }).forDevice(device, at);
    expect(nvidia.requests).toEqual(ALL);
    expect(found).toMatchObject({ rims: [world.rims.driver, world.rims.vbios], warnings: [] });
    expect(found).not.toHaveProperty('rimMissing');
    expect(found).not.toHaveProperty('ocspMissing');
    expect(found.ocsp).toHaveLength(7);
    const verified = verifyNvidia({
      ...device,
      ...found,
      at,
      anchors,
      revocation: 'required',
    });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'checked' });
  });

  it('then from the folder alone, without a request', async () => {
    const { folder } = await filledFolder();
    const found = await offline(folder).forDevice(device, at);
    expect(found).toMatchObject({ warnings: [] });
    const verified = verifyNvidia({ ...device, ...found, at, anchors, revocation: 'required' });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'checked' });
  });

  it('a switch has one manifest', async () => {
    const ls10 = nvidiaWorld({ model: 'ls10' });
    const nvidia = await startNvidia(ls10.served);
    const source = sourceOf(nvidia, { anchors: ls10.anchors });
    const found = await source.forDevice(ls10.device, at);
    expect(nvidia.requests.filter((line) => line.startsWith('rim '))).toEqual([
      `rim ${ls10.wants.vbios.id}`,
    ]);
    expect(found.rims).toEqual([ls10.rims.vbios]);
    const verified = verifyNvidia({ ...ls10.device, ...found, at, anchors: ls10.anchors });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'checked' });
  });

  it('with nonces, each another one, and the verifier sees them echoed', async () => {
    const nvidia = await startNvidia();
    let drawn = 0;
    const nonce = (length: number) => new Uint8Array(length).fill(++drawn);
    const folder = await emptyNvidiaFolder();
    const source = sourceOf(nvidia, { folder, network: networkOf(nvidia, { nonce }) });
    const found = await source.forDevice(device, at);
    expect(found.ocsp.every((one) => one.nonce?.length === 32)).toBe(true);
    expect(drawn).toBe(7);
    for (const { ocsp } of [found, await offline(folder).forDevice(device, at)]) {
      const verified = verifyNvidia({ ...device, ...found, ocsp, at, anchors });
      expect(verified.verdict).toBe('accept');
      expect(verified.checks.filter(({ id }) => id.endsWith('.nonce'))).toMatchObject([
        { id: 'nvidia.ocsp.device.nonce', outcome: 'pass' },
        { id: 'nvidia.ocsp.rim.nonce', outcome: 'pass' },
      ]);
    }
  });

  it('a manifest that NVIDIA does not have: said with its id, the rest is there', async () => {
    const rims = new Map([[wants.vbios.id, world.rims.vbios]]);
    const nvidia = await startNvidia({ ...world.served, rims });
    const found = await sourceOf(nvidia).forDevice(device, at);
    expect([...(found.rimMissing ?? [])]).toEqual([
      [wants.driver.id, `RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`],
    ]);
    expect(found.rims).toEqual([world.rims.vbios]);
    const verified = verifyNvidia({ ...device, ...found, at, anchors });
    expect(verified).toMatchObject({ verdict: 'indeterminate', authentic: true });
    expect(verified.checks).toContainEqual(
      expect.objectContaining({
        id: 'nvidia.rim.driver.format',
        outcome: 'unresolved',
        because: `no manifest ${wants.driver.id} (RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id})`,
      }),
    );
  });

  it('an empty folder alone: what is missing is named', async () => {
    const found = await offline(await emptyNvidiaFolder()).forDevice(device, at);
    expect(found).toMatchObject({ rims: [], ocsp: [] });
    const because = 'offline, and not in the folder';
    expect(found.rimMissing).toEqual(
      new Map([
        [wants.driver.id, because],
        [wants.vbios.id, because],
      ]),
    );
    expect(found.warnings).toContain(`the manifest ${wants.driver.id}: ${because}`);
    const verified = verifyNvidia({ ...device, ...found, at, anchors });
    expect(verified.checks.find(({ id }) => id === 'nvidia.rim.vbios.format')).toMatchObject({
      outcome: 'unresolved',
      because: `no manifest ${wants.vbios.id} (${because})`,
    });
    expect(found.ocspMissing).toBe('offline, and without an OCSP response');
  });

  it('a partial folder: the rest is fetched, or named', async () => {
    const { nvidia, folder } = await filledFolder();
    await rm(folder.pathOf(wants.vbios));
    await rm(folder.pathOf(wants.identity));
    const alone = await offline(folder).forDevice(device, at);
    expect(alone.rimMissing).toEqual(new Map([[wants.vbios.id, 'offline, and not in the folder']]));
    expect(alone.ocspMissing).toBe('offline, and without an OCSP response');
    const found = await sourceOf(nvidia, { folder }).forDevice(device, at);
    expect(nvidia.requests).toEqual(['ocsp identity', `rim ${wants.vbios.id}`]);
    expect(found.ocsp).toHaveLength(7);
  });
});

describe('nobody is asked for', () => {
  const other = nvidiaWorld({ seed: 'another' });
  it.each([
    { name: 'a device without certificates', device: { report: device.report } },
    { name: 'a device under another root', device: other.device },
    {
      name: 'a report that somebody edited',
      device: { ...device, report: device.report.with(50, (device.report[50] ?? 0) ^ 1) },
    },
    {
      name: 'the report of another device',
      device: { ...other.device, chain: device.chain ?? new Uint8Array() },
    },
    { name: 'what is no report', device: { ...device, report: new Uint8Array(100) } },
    { name: 'certificates that are none', device: { ...device, chain: new Uint8Array(9) } },
  ])('$name', async ({ device: stranger }) => {
    const nvidia = await startNvidia();
    const found = await sourceOf(nvidia).forDevice(stranger, at);
    expect(found).toMatchObject({ rims: [], ocsp: [], warnings: [] });
    expect(found).not.toHaveProperty('rimMissing');
    expect(found.ocspMissing).toMatch(/^nothing was asked for device 1: /);
    expect(nvidia.requests).toEqual([]);
  });
});

describe('whoever asks', () => {
  it('the devices of a machine share manifests and CAs', async () => {
    const node = simulateNvidiaNode({ gpus: 4, switches: 0 });
    const nvidia = await startNvidia();
    const found = await sourceOf(nvidia).forDevices(node.devices, at);
    expect(found.rims).toHaveLength(2);
    const lines = nvidia.requests;
    expect(lines.filter((line) => line.startsWith('rim '))).toHaveLength(2);
    // One of the four is the device that the service knows.
    expect(lines.filter((line) => line.startsWith('ocsp '))).toHaveLength(4 + 2 + 4);
    expect(nvidia.busiest).toBeLessThanOrEqual(4);
  });

  it('two callers at once, and a hundred, are one request', async () => {
    const nvidia = await startNvidia();
    const source = sourceOf(nvidia);
    const found = await Promise.all(
      Array.from({ length: 100 }, () => source.forDevice(device, at)),
    );
    expect(nvidia.requests).toEqual(ALL);
    expect(new Set(found.map(({ rims }) => rims[0])).size).toBe(1);
    await source.forDevice(device, at);
    expect(nvidia.requests).toEqual(ALL);
  });

  it('so they are with a refresh among them', async () => {
    const nvidia = await startNvidia();
    const source = sourceOf(nvidia);
    await Promise.all([
      source.refresh(wants.brom, now),
      ...Array.from({ length: 9 }, () => source.get(wants.brom, now)),
    ]);
    expect(nvidia.requests).toEqual(['ocsp brom']);
  });

  it('offline there is no refresh', async () => {
    const source = offline(await emptyNvidiaFolder());
    await expect(source.refresh(wants.brom, now)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('in time', () => {
  const [THIS, NEXT] = [now - 12 * HOUR, now + 12 * HOUR];

  it('a response says when to come back: half-way', async () => {
    const nvidia = await startNvidia();
    expect(await sourceOf(nvidia).get(wants.brom, now)).toMatchObject({
      state: 'current',
      from: 'network',
      provenance: { source: nvidia.ocspUrl, fetchedAt: now },
      facts: { issued: THIS, status: 'good', validity: { from: THIS, to: NEXT } },
      validUntil: NEXT,
      refreshAt: now + 6 * HOUR,
      warnings: [],
    });
  });

  it('past half of its life it is asked for again, and kept until its end when that fails', async () => {
    const { nvidia, folder } = await filledFolder();
    const source = sourceOf(nvidia, { folder, backOffMs: 0 });
    expect(await source.get(wants.brom, now + 5 * HOUR)).toMatchObject({ from: 'folder' });
    expect(nvidia.requests).toEqual([]);
    nvidia.behave(/^ocsp/, status(503));
    const held = await source.get(wants.brom, now + 7 * HOUR);
    expect(held).toMatchObject({ state: 'current' });
    expect(held.warnings).toEqual([expect.stringContaining('HTTP 503')]);
    const late = await source.get(wants.brom, NEXT + 1);
    expect(late).toMatchObject({ state: 'outdated' });
    expect(late.warnings.at(-1)).toMatch(/nvidia\.ocsp\.device\.validity: .*ended/);
  });

  it('one that is past its end is not handed to a verification', async () => {
    const { folder } = await filledFolder();
    const later = { ...at, ocsp: NEXT + 1 };
    const found = await offline(folder).forDevice(device, later);
    expect(found.ocsp).toHaveLength(4);
    expect(found.ocspMissing).toContain(
      'the response about GH100 A01 GSP BROM that could be had is not in date',
    );
    expect(verifyNvidia({ ...device, ...found, at: later, anchors }).verdict).toBe('accept');
    const required = verifyNvidia({
      ...device,
      ...found,
      at: later,
      anchors,
      revocation: 'required',
    });
    expect(required.verdict).toBe('indeterminate');
  });

  it('one that revokes is, and stays when an older or equally old good one comes', async () => {
    const { nvidia, folder } = await filledFolder();
    const good = response('brom');
    const revokes = response('brom', {
      status: { revokedAt: '2026-05-31T10:00:00Z', reason: 1 },
    });
    nvidia.serve(/^ocsp brom/, revokes);
    const source = sourceOf(nvidia, { folder });
    expect(await source.refresh(wants.brom, now)).toMatchObject({ outcome: 'accepted' });
    nvidia.serve(/^ocsp brom/, good);
    expect(await source.refresh(wants.brom, now)).toMatchObject({
      outcome: 'refused',
      because: expect.stringContaining('a revocation'),
    });
    for (const clock of [at, { ...at, ocsp: NEXT + DAY }]) {
      const found = await offline(folder).forDevice(device, clock);
      const verified = verifyNvidia({ ...device, ...found, at: clock, anchors });
      expect(verified).toMatchObject({ verdict: 'reject' });
    }
    const newer = response('brom', {
      producedAt: '2026-05-31T13:00:00Z',
      thisUpdate: '2026-05-31T13:00:00Z',
    });
    nvidia.serve(/^ocsp brom/, newer);
    expect(await source.refresh(wants.brom, now)).toMatchObject({ outcome: 'accepted' });
  });

  it('a manifest is asked for again after a week, and a newer issue takes its place', async () => {
    const { nvidia, folder } = await filledFolder();
    const source = sourceOf(nvidia, { folder });
    expect(await source.get(wants.driver, now + 6 * DAY)).toMatchObject({ from: 'folder' });
    expect(nvidia.requests).toEqual([]);
    const newer = manifestSigned('driver', '2026-06-02T00:00:00Z', '2028-06-01T00:00:00Z');
    nvidia.served = { ...nvidia.served, rims: new Map([[wants.driver.id, newer]]) };
    expect(await source.get(wants.driver, now + 8 * DAY)).toMatchObject({
      from: 'network',
      bytes: newer,
    });
    expect((await folder.read(wants.driver))?.bytes).toEqual(newer);
  });

  it('a file of unknown age is asked about, and good when nobody answers', async () => {
    const { nvidia, folder } = await filledFolder();
    await rm(`${folder.pathOf(wants.driver)}.provenance.json`);
    nvidia.behave(/^rim/, status(500));
    const found = await sourceOf(nvidia, { folder }).get(wants.driver, now);
    expect(found).toMatchObject({ state: 'current', from: 'folder', provenance: undefined });
    expect(found.warnings).toEqual([expect.stringContaining('HTTP 500')]);
  });

  it('a disk that takes nothing costs nobody the document', async () => {
    const nvidia = await startNvidia();
    const source = sourceOf(nvidia, { folder: new NvidiaFolder('/dev/null/endorsements') });
    const found = await source.get(wants.brom, now);
    expect(found).toMatchObject({ from: 'network', state: 'current' });
    expect(found.warnings.at(-1)).toMatch(/^not kept: /);
    expect(await source.get(wants.brom, now)).toMatchObject({ from: 'memory' });
  });
});
