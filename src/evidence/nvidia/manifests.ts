import { outsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../check-list.ts';
import type { NvidiaCheckId } from './checks.ts';
import type { NvidiaRelaxation } from './input.ts';
import { type RimAnswer, type RimReading, rimTitle } from './rim/read-rim.ts';
import type { RimKind, WantedRim } from './rim-id.ts';

type Checks = CheckList<NvidiaCheckId>;

/** A manifest that was given, as read. */
export interface GivenRim {
  readonly xml: Uint8Array;
  readonly reading: RimReading;
}

/** `96.00.9F.00.01`: five bytes in hex, as only VBIOS and BIOS versions are. */
const VBIOS_VERSION = /^[0-9a-f]{2}(\.[0-9a-f]{2}){4}$/i;

interface Titled extends GivenRim {
  readonly title: ReturnType<typeof rimTitle>;
}

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
  const titled = given.map((rim) => ({ ...rim, title: rim.reading.manifest ?? rimTitle(rim.xml) }));
  const unreadable = titled.filter(({ title }) => title === undefined);
  const seats = new Map<RimKind, GivenRim>();
  for (const want of wanted) {
    const ofKind = titled.filter(
      ({ title }) => title && kindOf(title.colloquialVersion) === want.kind,
    );
    const exact = ofKind.filter(({ title }) => title && titleProblem(title, want) === undefined);
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

function issuedAt({ reading: { certificates } }: GivenRim): number {
  return certificates[0]?.validity.from ?? 0;
}

/** Those of a machine's manifests that are of this very device, by what they say of themselves. */
export function rimsOf(
  given: readonly GivenRim[],
  wanted: readonly WantedRim[],
): readonly GivenRim[] {
  return given.filter(({ xml, reading }) => {
    const title = reading.manifest ?? rimTitle(xml);
    return title && wanted.some((want) => titleProblem(title, want) === undefined);
  });
}

function kindOf(version: string): RimKind {
  return VBIOS_VERSION.test(version) ? 'vbios' : 'driver';
}

export function titleProblem(title: NonNullable<Titled['title']>, want: WantedRim) {
  const of = (product: string, edition: string, version: string) =>
    `${product} ${edition} ${version}`;
  const [wanted, got] = [
    of(want.product, want.edition, want.version.toUpperCase()),
    of(title.product, title.edition, title.colloquialVersion.toUpperCase()),
  ];
  return wanted === got ? undefined : { want: `a manifest of ${wanted} (${want.id})`, got };
}

function signerProblem({ certificates }: RimReading, now: number) {
  return certificates
    .map(({ subject, validity }) => outsideValidity(subject.commonName, validity, now))
    .find((problem) => problem !== undefined);
}

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
  const id = <Name extends string>(name: Name) => `nvidia.rim.${want.kind}.${name}` as const;
  if (rim === undefined) {
    const why = missing === undefined ? '' : ` (${missing})`;
    checks.unresolved(id('format'), `no manifest ${want.id} was given${why}`);
    return;
  }
  const { reading } = rim;
  answer(checks, id('format'), reading.format);
  answer(checks, id('signature'), reading.signature);
  answer(checks, id('chain'), reading.chain);
  answer(checks, id('root'), reading.root);
  if (reading.certificates.length > 0) {
    const outside = signerProblem(reading, now);
    if (outside === undefined) checks.pass(id('validity'));
    else if (relax.rimExpired && !outside.early) {
      checks.skipped(id('validity'), `allowed: ${outside.want}: ${outside.got}`);
    } else checks.unresolved(id('validity'), `want ${outside.want}, ${outside.got}`);
  }
  if (reading.manifest) checks.answer(id('match'), titleProblem(reading.manifest, want));
}

function answer(checks: Checks, id: NvidiaCheckId, given: RimAnswer): void {
  if (given === 'pass') checks.pass(id);
  else if (given) checks.fail(id, given.mismatch, { path: given.path });
}
