import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/appraisal/bundle/format.ts';
import { bundleClocksAt } from '../../src/appraisal/bundle/input.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { JsonShape } from '../../src/core/encoding/json-shape.ts';
import {
  BundleEndorsements,
  type BundleEndorsementsOptions,
} from '../../src/endorsements/bundle-endorsements.ts';
import { pcsBase } from '../../src/endorsements/intel/base-url.ts';
import { pcsClient } from '../../src/endorsements/intel/pcs.ts';
import { Prefetcher } from '../../src/endorsements/prefetch.ts';
import { NO_WISH } from '../../src/endorsements/revocation-wish.ts';
import { encodeNvidiaEvidence } from '../../src/simulator/nvidia/evidence-json.ts';
import { status as kdsStatus } from './amd/fake-kds.ts';
import * as amd from './amd/world.ts';
import { status } from './fake-pccs.ts';
import * as nvidia from './nvidia/world.ts';
import { anchors, DAY, emptyFolder, LIMITS, now, platform, startPccs } from './world.ts';

/** Nothing here is about time. */
const PATIENT = { ...LIMITS, deadlineMs: 10_000 };
const WISH = { crl: true, ocsp: true };
const chain = nvidia.device.chain ?? new Uint8Array();
const devices = encodeNvidiaEvidence(
  [{ model: 'h100', report: nvidia.device.report, chain }],
  new Uint8Array(32),
);

function bundleOf(
  cpu: Bundle['cpu'],
  more: Partial<Pick<Bundle, 'devices' | 'endorsements'>> = {},
): Bundle {
  return {
    cpu,
    vtpm: undefined,
    devices: new Uint8Array(),
    binding: new JsonShape({}, 'bundle.binding'),
    endorsements: {},
    statements: {},
    ...more,
  };
}

const quote = platform.quote();
const tdx = { kind: 'tdx', quote } as const;
const snp = { kind: 'snp', report: amd.world.report } as const;
const carried = { tdxCollateral: utf8(JSON.stringify(platform.collateral)) };

/** All vendors' services on loopback, and a clock; whatever is asked is asked at the same instant. */
async function startVendors() {
  const [pccs, kds, services] = [
    await startPccs(),
    await amd.startKds(),
    await nvidia.startNvidia(),
  ];
  const clock = { ms: now };
  const deps = { fetch: globalThis.fetch, now: () => clock.ms };
  const network = {
    intel: pcsClient(deps, pcsBase(pccs.url), { limits: PATIENT }),
    amd: amd.clientOf(kds, { limits: PATIENT }),
    nvidia: nvidia.networkOf(services, { clock: () => clock.ms }),
  };
  const requests = () => pccs.requests.length + kds.requests.length + services.requests.length;
  const make = (more: Partial<BundleEndorsementsOptions> = {}) =>
    new BundleEndorsements({
      anchors: { tdx: anchors, snp: amd.anchors, nvidia: nvidia.anchors },
      channel: 'standard',
      network,
      now: () => clock.ms,
      ...more,
    });
  const offline = (folder?: string) => {
    const { network: _, ...rest } = { network, folder };
    return new BundleEndorsements({
      anchors: { tdx: anchors, snp: amd.anchors, nvidia: nvidia.anchors },
      channel: 'standard',
      now: () => clock.ms,
      ...(rest.folder !== undefined && { folder: rest.folder }),
    });
  };
  const request = () => ({ at: bundleClocksAt(clock.ms), wish: WISH });
  return { pccs, kds, services, clock, requests, make, offline, request };
}

describe('what a bundle needs', () => {
  it('of a TDX machine with a device: asked for once, then had from memory', async () => {
    const { make, request, requests } = await startVendors();
    const finder = make();
    const bundle = bundleOf(tdx, { devices });
    const { endorsements, warnings } = await finder.find(bundle, request());
    expect(warnings).toEqual([]);
    expect(endorsements).toMatchObject({ collateral: platform.collateral });
    expect([endorsements.rims?.length, endorsements.ocsp?.length]).toEqual([2, 7]);
    expect(requests()).toBe(4 + 2 + 7);
    const again = await Promise.all([1, 2, 3].map(() => finder.find(bundle, request())));
    for (const one of again) expect(one).toEqual({ endorsements, warnings });
    expect(requests()).toBe(4 + 2 + 7);
  });

  it('of an SEV-SNP machine', async () => {
    const { make, request, requests } = await startVendors();
    const finder = make();
    const { endorsements, warnings } = await finder.find(bundleOf(snp), request());
    expect(warnings).toEqual([]);
    expect(endorsements).toEqual({
      vek: amd.world.vcek,
      chain: [amd.world.vcekChain],
      crl: amd.world.crl,
    });
    expect(requests()).toBe(3);
    expect((await finder.find(bundleOf(snp), request())).endorsements).toEqual(endorsements);
    expect(requests()).toBe(3);
  });

  it('a fleet that comes at once asks each service once', async () => {
    const { make, request, requests } = await startVendors();
    const finder = make({ folder: await emptyFolder() });
    const bundles = [bundleOf(tdx, { devices }), bundleOf(snp), bundleOf(tdx)];
    const all = Array.from({ length: 60 }, (_, i) => bundles[i % 3] ?? bundleOf(tdx));
    const found = await Promise.all(all.map((one) => finder.find(one, request())));
    expect(found.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(requests()).toBe(4 + 2 + 7 + 3);
  });

  it('what the caller has is asked of nobody', async () => {
    const { make, request, requests } = await startVendors();
    const given = {
      collateral: platform.collateral,
      rims: [nvidia.world.rims.driver, nvidia.world.rims.vbios],
    };
    const bundle = bundleOf(tdx, { devices });
    const found = await make().find(bundle, { ...request(), wish: NO_WISH, given });
    expect(found.endorsements).toMatchObject({ ...given, ocsp: [] });
    expect(requests()).toBe(0);
    const all = { vek: amd.world.vcek, crl: amd.world.crl, chain: [amd.world.vcekChain] };
    const ofSnp = await make().find(bundleOf(snp), { ...request(), given: all });
    expect(ofSnp).toEqual({ endorsements: all, warnings: [] });
    expect(requests()).toBe(0);
  });

  it('what the machine carries spares nobody the question, and serves where there is no answer', async () => {
    const { make, request, pccs, clock } = await startVendors();
    const bundle = bundleOf(tdx, { endorsements: carried });
    expect((await make().find(bundle, request())).endorsements).toEqual({
      collateral: platform.collateral,
    });
    expect(pccs.requests).toHaveLength(4);
    pccs.behave(status(500));
    clock.ms += 120_000;
    const { endorsements, warnings } = await make().find(bundle, request());
    expect(endorsements).toEqual({});
    expect(warnings.join()).toContain('HTTP 500');
  });

  it('without pieces there is nothing to find, nor in those that can’t be read', async () => {
    const { make, request, requests } = await startVendors();
    const none = { endorsements: {}, warnings: [] };
    const odd = utf8('[{"arch":"HOPPER"}]');
    expect(await make().find(bundleOf(undefined), request())).toEqual(none);
    expect(await make().find(bundleOf(undefined, { devices: odd }), request())).toEqual(none);
    expect(await make().find(bundleOf({ kind: 'snp', report: utf8('x') }), request())).toEqual(
      none,
    );
    const { endorsements } = await make().find(
      bundleOf({ kind: 'tdx', quote: utf8('x') }),
      request(),
    );
    expect(endorsements.collateral).toEqual({});
    expect(requests()).toBe(0);
  });

  it('a TDX quote whose chain nobody vouches for makes us ask nobody', async () => {
    const { make, request, requests } = await startVendors();
    const finder = make({ anchors: { tdx: [], snp: [], nvidia: { device: [], rim: [] } } });
    const { endorsements } = await finder.find(bundleOf(tdx, { devices }), request());
    expect(endorsements.collateralMissing).toContain('does not reach a trusted root');
    expect(endorsements).toMatchObject({ rims: [], ocsp: [] });
    expect(requests()).toBe(0);
  });
});

describe('another time than the present', () => {
  it('the folder is enough where it has something for it; concurrent questions don’t mix', async () => {
    const { make, request, clock, requests, pccs } = await startVendors();
    const folder = await emptyFolder();
    await make({ folder }).find(bundleOf(tdx), request());
    const before = requests();
    clock.ms = now + 60 * DAY;
    pccs.behave(status(404));
    const finder = make({ folder });
    const ask = (asked: number) =>
      finder.find(bundleOf(tdx), { at: bundleClocksAt(asked), asked, wish: NO_WISH });
    const [then, later] = await Promise.all([ask(now + DAY), ask(now + 59 * DAY)]);
    expect(then).toEqual({
      endorsements: { collateral: platform.collateral },
      warnings: [],
    });
    expect(later.warnings.join()).toContain('HTTP 404');
    expect(requests()).toBeGreaterThan(before);
  });
});

describe('an outage', () => {
  it('offline: what the folder has, and why the rest is missing', async () => {
    const { make, offline, request, requests } = await startVendors();
    const folder = await emptyFolder();
    const bundle = bundleOf(tdx, { devices });
    const online = await make({ folder }).find(bundle, request());
    const before = requests();
    expect(await offline(folder).find(bundle, request())).toEqual(online);
    const { endorsements, warnings } = await offline().find(bundle, request());
    expect(endorsements.collateralMissing).toContain('and offline');
    expect(endorsements.rimMissing?.size).toBe(2);
    expect(warnings.length).toBeGreaterThan(0);
    expect(requests()).toBe(before);
  });

  it('of all vendors: what is held serves on until it ends, and is asked for in the order in which it does', async () => {
    const { make, request, clock, pccs, kds, services } = await startVendors();
    const finder = make();
    const bundles = [bundleOf(tdx, { devices }), bundleOf(snp)];
    for (const bundle of bundles) await finder.find(bundle, request());
    const held = finder.held();
    expect(held.map(({ name }) => name.split('/').slice(0, 2).join('/'))).toEqual(
      expect.arrayContaining(['nvidia/ocsp', 'nvidia/rims', 'amd/genoa']),
    );
    expect(new Set(held.flatMap(({ kinds }) => kinds))).toEqual(
      new Set([
        ...['tdx.tcb-info', 'tdx.qe-identity', 'tdx.crl', 'snp.vcek', 'snp.chain', 'snp.crl'],
        ...['nvidia.rim', 'nvidia.ocsp'],
      ]),
    );
    const ends = held.map(({ validity }) => validity.to);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    for (const { fetchedAt, refreshAt, validity, usedAt } of held) {
      expect(fetchedAt).toBeLessThanOrEqual(now);
      expect(refreshAt).toBeLessThanOrEqual(validity.to);
      expect(usedAt).toBe(now);
    }
    pccs.behave(status(503));
    kds.behave(/./, kdsStatus(503));
    services.behave(/./, kdsStatus(503));
    clock.ms = now + 8 * DAY;
    const prefetcher = new Prefetcher({
      now: () => clock.ms,
      random: () => 0.5,
      held: () => finder.held(),
    });
    const done = await prefetcher.run();
    expect(done.refreshed).toBe(0);
    expect(done.failed.length).toBeGreaterThan(0);
    const found = await finder.find(bundleOf(tdx), request());
    expect(found.endorsements.collateral).toEqual(platform.collateral);
    expect(found.warnings.join()).toContain('HTTP 503');
  });

  it('that is over: all is had anew, with one request each', async () => {
    const { make, request, clock, requests } = await startVendors();
    const finder = make();
    await finder.find(bundleOf(tdx), request());
    await finder.find(bundleOf(snp), request());
    clock.ms = now + 7 * DAY;
    const before = requests();
    const prefetcher = new Prefetcher({
      now: () => clock.ms,
      random: () => 0.5,
      held: () => finder.held(),
    });
    const [one, other] = await Promise.all([prefetcher.run(), prefetcher.run()]);
    expect(one).toBe(other);
    // Collateral and AMD's list; certificates are good for years.
    expect(one).toMatchObject({ refreshed: 2, failed: [], postponed: 0 });
    expect(requests()).toBe(before + 4 + 1);
    await finder.find(bundleOf(tdx), request());
    expect(requests()).toBe(before + 4 + 1);
  });
});
