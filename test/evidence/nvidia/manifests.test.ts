import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import {
  type GivenRim,
  givenRim,
  rimsOf,
  seatRims,
} from '../../../src/evidence/nvidia/manifests.ts';
import { readRim } from '../../../src/evidence/nvidia/rim/read-rim.ts';
import type { WantedRim } from '../../../src/evidence/nvidia/rim-id.ts';
import type { NvidiaPlan } from '../../../src/simulator/nvidia/plan.ts';
import { createNvidiaPlatform } from '../../../src/simulator/nvidia/platform.ts';

const world = createNvidiaPlatform();
const anchors = [anchorFromCertificate(world.roots.rim, 'root')];
const now = world.at.rim;

function given(xml: Uint8Array): GivenRim {
  return givenRim(xml, readRim(xml, anchors));
}

/** Driver and VBIOS manifest of a plan that was changed. */
function madeBy(edit: (plan: NvidiaPlan) => void = () => undefined): [GivenRim, GivenRim] {
  const [driver, vbios] = createNvidiaPlatform({ edit }).rims.map(given);
  if (!driver || !vbios) throw new Error('want two manifests');
  return [driver, vbios];
}

const [driver, vbios] = madeBy();
const { rims } = world.plan;
const wanted: readonly WantedRim[] = (['driver', 'vbios'] as const).map((kind) => ({
  kind,
  id: rims[kind].id,
  product: rims[kind].product,
  edition: 'GPU',
  version: rims[kind].version,
}));

const issued = (notBefore: string, notAfter: string) => (plan: NvidiaPlan) => {
  Object.assign(plan.certificates.driverSigner, { notBefore, notAfter });
};
const [older] = madeBy(issued('2024-01-01T00:00:00Z', '2026-05-01T00:00:00Z'));
const [newer] = madeBy(issued('2026-02-01T00:00:00Z', '2028-02-01T00:00:00Z'));
const [future] = madeBy(issued('2026-07-01T00:00:00Z', '2028-07-01T00:00:00Z'));
const [otherVersion, otherVbios] = madeBy((plan) => {
  plan.rims.driver.version = '999.1';
  plan.rims.vbios.version = '96.00.FF.00.01';
});
const [otherProduct] = madeBy((plan) => {
  plan.rims.driver.product = 'GB100';
});
const [forged] = madeBy((plan) => {
  plan.rims.driver.afterWriting = (xml) => xml.replace('active="False"', 'active="True"');
});
const [strangers] = createNvidiaPlatform({ seed: 'stranger' }).rims.map(given);
const unreadable = given(new TextEncoder().encode('<x/>'));
const nothing = given(new Uint8Array());

/** Every order of these, and whose place in `all` the seated ones have. */
function seats(...all: readonly GivenRim[]): (readonly [number, number])[] {
  const placeOf = (one: GivenRim | undefined) => all.findIndex(({ xml }) => xml === one?.xml);
  return permutations(all).map((order) => {
    const seated = seatRims(order, wanted, now);
    return [placeOf(seated.get('driver')), placeOf(seated.get('vbios'))] as const;
  });
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) =>
    permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]),
  );
}

describe('which manifest is whose, in whatever order they came', () => {
  it.each<[string, readonly GivenRim[], GivenRim | undefined, GivenRim | undefined]>([
    ['one of each', [driver, vbios], driver, vbios],
    ['none', [], undefined, undefined],
    ['the driver’s alone', [driver], driver, undefined],
    ['another version of it beside', [driver, vbios, otherVersion], driver, vbios],
    ['another version in its stead', [otherVersion, vbios], otherVersion, vbios],
    ['another VBIOS beside', [driver, vbios, otherVbios], driver, vbios],
    ['another product beside', [driver, vbios, otherProduct], driver, vbios],
    ['another product in its stead', [otherProduct, vbios], otherProduct, vbios],
    ['an older issue beside', [driver, vbios, older], driver, vbios],
    ['an older issue in its stead', [older, vbios], older, vbios],
    ['one of the future beside', [driver, vbios, future], driver, vbios],
    ['a newer issue beside', [driver, vbios, newer], newer, vbios],
    ['older and newer', [older, newer, vbios, future], newer, vbios],
    ['a forged one beside', [driver, vbios, forged], driver, vbios],
    ['a forged one in its stead', [forged, vbios], forged, vbios],
    ['an old one and a forged one', [older, forged, vbios], older, vbios],
    ['a stranger’s beside', [driver, vbios, ...(strangers ? [strangers] : [])], driver, vbios],
    ['one that can’t be read in its stead', [vbios, unreadable], unreadable, vbios],
  ])('%s', (_, all, one, other) => {
    const places = [one, other].map((seat) => (seat ? all.indexOf(seat) : -1));
    for (const seated of seats(...all)) expect(seated).toEqual(places);
  });

  it.each([
    ['no manifest', unreadable],
    ['nothing', nothing],
  ])('what can’t be read is not passed over: %s', (_, bad) => {
    for (const [one] of seats(driver, vbios, bad)) expect(one).toBe(2);
  });

  it('where nothing is wanted, nothing is seated', () => {
    expect(seatRims([driver, vbios, unreadable], [], now).size).toBe(0);
  });
});

describe('a machine’s manifests', () => {
  it('are those of this very device, by what they say, and what can’t be read', () => {
    const all = [driver, otherVersion, unreadable, vbios, otherProduct, older, forged];
    const found = rimsOf(all, wanted).map((one) => all.indexOf(one));
    expect(found).toEqual(
      [driver, unreadable, vbios, older, forged].map((one) => all.indexOf(one)),
    );
  });
});
