import type { Mismatch } from '../../core/mismatch.ts';
import { firstOutside } from '../../core/x509/chain.ts';
import type { OutsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../check-list.ts';
import type { Relied } from '../relied-on.ts';
import { UNBOUNDED } from '../until.ts';
import type { NvidiaCheckId } from './checks.ts';
import type { NvidiaRelaxation } from './input.ts';
import { type RimAnswer, type RimReading, type RimTitle, rimTitle } from './rim/read-rim.ts';
import type { RimKind, WantedRim } from './rim-id.ts';

type Checks = CheckList<NvidiaCheckId>;

/** A manifest that was given, as read. */
export interface GivenRim {
  readonly xml: Uint8Array;
  readonly reading: RimReading;
  /** What it says of itself, verified or not; undefined where it can't be read. */
  readonly title: RimTitle | undefined;
}

export function givenRim(xml: Uint8Array, reading: RimReading): GivenRim {
  return { xml, reading, title: reading.manifest ?? rimTitle(xml) };
}

/** `96.00.9F.00.01`: five bytes in hex, as only VBIOS and BIOS versions are. */
const VBIOS_VERSION = /^[0-9a-f]{2}(\.[0-9a-f]{2}){4}$/i;

/**
 * Which of the files given is to be the manifest of which kind. What a file says of itself is
 * believed only for this; a file chosen wrongly fails its checks.
 *
 * Of several the one of this very product and version goes before others; of those one that is
 * signed before one that is not, one in date before an older issue, the newest issue before
 * others: in whatever order they came. What can't be read goes where nothing else does, so
 * that it is refused and not passed over.
 */
export function seatRims(
  given: readonly GivenRim[],
  wanted: readonly WantedRim[],
  now: number,
): ReadonlyMap<RimKind, GivenRim> {
  const unreadable = given.filter(({ title }) => title === undefined);
  const seats = new Map<RimKind, GivenRim>();
  for (const want of wanted) {
    const ofKind = given.filter(
      ({ title }) => title && kindOf(title.colloquialVersion) === want.kind,
    );
    const exact = ofKind.filter(({ title }) => title && isOf(title, want));
    const signed = exact
      .filter(({ reading }) => reading.manifest !== undefined)
      .toSorted((a, b) => issuedAt(b) - issuedAt(a));
    const inDate = signed.find(({ reading }) => signerProblem(reading, now) === undefined);
    const seated = inDate ?? signed[0] ?? exact[0] ?? ofKind[0] ?? unreadable.shift();
    if (seated) seats.set(want.kind, seated);
  }
  const [left] = unreadable;
  const [first] = wanted;
  if (left && first) seats.set(first.kind, left);
  return seats;
}

/** Whether one is there of this very product and version, signed and in date. */
export function isHeld(given: readonly GivenRim[], want: WantedRim, now: number): boolean {
  const seated = seatRims(given, [want], now).get(want.kind)?.reading;
  return (
    seated?.manifest !== undefined &&
    isOf(seated.manifest, want) &&
    signerProblem(seated, now) === undefined
  );
}

function issuedAt({ reading: { certificates } }: GivenRim): number {
  return certificates[0]?.validity.from ?? 0;
}

/**
 * Those of a machine's manifests that are of this very device, by what they say of themselves,
 * and what can't be read: that is nobody's, and refused as it is of one device.
 */
export function rimsOf(
  given: readonly GivenRim[],
  wanted: readonly WantedRim[],
): readonly GivenRim[] {
  return given.filter(({ title }) => !title || wanted.some((want) => isOf(title, want)));
}

function kindOf(version: string): RimKind {
  return VBIOS_VERSION.test(version) ? 'vbios' : 'driver';
}

/** NVIDIA’s own tools compare versions without regard to case. */
function isOf(
  { product, edition, colloquialVersion: version }: RimTitle,
  want: WantedRim,
): boolean {
  return (
    product === want.product &&
    edition === want.edition &&
    (version === want.version || version.toUpperCase() === want.version.toUpperCase())
  );
}

export function titleProblem(title: RimTitle, want: WantedRim): Mismatch | undefined {
  if (isOf(title, want)) return undefined;
  return {
    want: `a manifest of ${want.product} ${want.edition} ${want.version} (${want.id})`,
    got: `${title.product} ${title.edition} ${title.colloquialVersion}`,
  };
}

function signerProblem({ certificates }: RimReading, now: number): OutsideValidity | undefined {
  return firstOutside(certificates, now);
}

/** When the first signer's certificate ends, in milliseconds; those out of date and let pass apart. */
export function endOfRims(
  seated: readonly RimReading[],
  now: number,
  relax: NvidiaRelaxation = {},
): number {
  let end = UNBOUNDED;
  for (const { until } of seated)
    if (!(relax.rimExpired && until < now)) end = Math.min(end, until);
  return end;
}

export function reliedRims(seated: readonly RimReading[]): readonly Relied[] {
  return seated.flatMap(({ xml }) => (xml ? [{ kind: 'rim', bytes: xml }] : []));
}

const IDS = {
  driver: {
    format: 'nvidia.rim.driver.format',
    signature: 'nvidia.rim.driver.signature',
    chain: 'nvidia.rim.driver.chain',
    root: 'nvidia.rim.driver.root',
    validity: 'nvidia.rim.driver.validity',
    match: 'nvidia.rim.driver.match',
  },
  vbios: {
    format: 'nvidia.rim.vbios.format',
    signature: 'nvidia.rim.vbios.signature',
    chain: 'nvidia.rim.vbios.chain',
    root: 'nvidia.rim.vbios.root',
    validity: 'nvidia.rim.vbios.validity',
    match: 'nvidia.rim.vbios.match',
  },
} as const satisfies Record<RimKind, Record<string, NvidiaCheckId>>;

/**
 * The answers about the manifest of one kind.
 *
 * @param rim undefined where none was given.
 * @param missing why, for people.
 */
export function checkRim(
  checks: Checks,
  want: WantedRim,
  rim: GivenRim | undefined,
  { now, missing, relax }: { now: number; missing: string | undefined; relax: NvidiaRelaxation },
): void {
  const ids = IDS[want.kind];
  if (rim === undefined) {
    const why = missing === undefined ? 'was given' : `(${missing})`;
    checks.unresolved(ids.format, `no manifest ${want.id} ${why}`);
    return;
  }
  const { reading } = rim;
  answer(checks, ids.format, reading.format);
  answer(checks, ids.signature, reading.signature);
  answer(checks, ids.chain, reading.chain);
  answer(checks, ids.root, reading.root);
  if (reading.certificates.length > 0) {
    const outside = signerProblem(reading, now);
    if (outside === undefined) checks.pass(ids.validity);
    else if (relax.rimExpired && !outside.early) {
      checks.waived(ids.validity, `allowed: ${outside.want}: ${outside.got}`);
    } else checks.unresolved(ids.validity, `want ${outside.want}, ${outside.got}`);
  }
  if (reading.manifest) checks.answer(ids.match, titleProblem(reading.manifest, want));
}

function answer(checks: Checks, id: NvidiaCheckId, given: RimAnswer): void {
  if (given === 'pass') checks.pass(id);
  else if (given) checks.fail(id, given.mismatch, { path: given.path });
}
