import { formatTime } from '../../../src/core/encoding/time.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { type AttackersReport, attackersReports } from './attacker.ts';
import { AT } from './evidence.ts';
import { type FixtureCase, genuineCases, rootOf, simulatedCases } from './fixtures.ts';
import { entriesOf, GUID, splitReport } from './layout.ts';
import { withoutSign } from './p384.ts';
import {
  type CertificateFacts,
  type CrlFacts,
  crlFactsOf,
  dersOf,
  factsOf,
  hexOf,
  type ReportFacts,
  reportFactsOf,
  type VekFacts,
  vekFactsOf,
} from './pieces.ts';

/** A report that a machine signed. */
export interface GenuineReport extends ReportFacts {
  /** 1184 bytes. */
  readonly bytes: Uint8Array;
  /** Hex of the SubjectPublicKeyInfo of the key that signed it. */
  readonly signer: string;
  /** Whether the baseline lets it pass; else it only is what the hardware said. */
  readonly acceptable: boolean;
}

/**
 * Everything that there is to take pieces from, and what is genuine among it: the simulator's
 * cases, and genuine machines where the published vectors are at hand. Genuine pieces do not
 * always go together. All of the simulator's product lines have the same keys: names and numbers
 * alone tell them apart.
 */
export interface World {
  readonly anchors: readonly TrustAnchor[];
  /** By {@link reportKey}. */
  readonly reports: ReadonlyMap<string, GenuineReport>;
  /** By hex of the DER, as all that follows: well signed, in date, and of the right form. */
  readonly veks: ReadonlyMap<string, VekFacts>;
  /** Well signed too, but no report's: name, issuer and extensions are of two kinds. */
  readonly mixedVeks: ReadonlyMap<string, VekFacts>;
  readonly intermediates: ReadonlyMap<string, CertificateFacts>;
  readonly crls: ReadonlyMap<string, CrlFacts & { readonly der: Uint8Array }>;
  readonly roots: ReadonlyMap<string, CertificateFacts>;
  /** Of the pinned key and signed by it, but no good as roots. */
  readonly poorRoots: ReadonlySet<string>;
  /** Those among the poor ones that are poor in that they may not sign lists. */
  readonly listlessRoots: ReadonlyMap<string, CertificateFacts>;
  /** Hex of the SubjectPublicKeyInfo by which certificates are issued, by the issuer's name. */
  readonly issuerKeys: ReadonlyMap<string, string>;
  /** Names of the issuers whose certificates need not come along. */
  readonly published: ReadonlySet<string>;
  /** Good and bad pieces alike, in the form in which they were found. */
  readonly any: {
    readonly cases: readonly FixtureCase[];
    readonly reports: readonly Uint8Array[];
    readonly veks: readonly Uint8Array[];
    readonly chains: readonly Uint8Array[];
    readonly crls: readonly Uint8Array[];
  };
  /** DER of every certificate that can be read. */
  readonly certificates: readonly Uint8Array[];
  /** DER of roots of a key that is not pinned, or with a signature that is not its own. */
  readonly strangeRoots: readonly Uint8Array[];
  readonly attackers: readonly AttackersReport[];
}

/** Failures that say nothing against any one of the pieces, only of how they go together. */
const PAIRING: ReadonlySet<string> = new Set([
  ...['snp.vek.hwid', 'snp.vek.tcb', 'snp.product.match', 'snp.report_data'],
  'snp.vek.revocation',
]);

/** What the baseline forbids of a genuine report. */
const UNACCEPTABLE = /^snp\.(?:policy|platform_info|report\.vmpl$)/;

export function createWorld(): World {
  const at = formatTime(AT.evidence);
  const genuineOnes = genuineCases(at);
  const cases = [...simulatedCases(at), ...genuineOnes];
  const sound = cases.filter(
    ({ failed, unresolved }) =>
      unresolved.length === 0 && failed.every((id) => PAIRING.has(id) || UNACCEPTABLE.test(id)),
  );
  const anchored = (['genoa', 'milan', 'turin'] as const).map(rootOf);
  const chains = sound.flatMap(chainOf).map(factsOf);
  // A bundle may begin with the leaf, which is nobody's issuer.
  const leaves = new Set(sound.flatMap(vekOf).map(hexOf));
  const isLeaf = (der: Uint8Array) => leaves.has(hexOf(der));
  // Out of place among the CAs, and as good as the one that it replaces.
  const seated = new Set(chains.map(({ der }) => hexOf(der)));
  const reissued = casesNamed(cases, 'bad/genoa/stray-vcek')
    .flatMap(chainOf)
    .filter((der) => !seated.has(hexOf(der)));
  const roots = byDer([...anchored.map(factsOf), ...chains].filter(({ selfIssued }) => selfIssued));
  const reports = new Map(sound.map(genuine).map((report) => [reportKey(report.bytes), report]));
  const poorRoots = poorRootsOf(cases, roots);
  const certificates = distinct([...cases.flatMap(vekOf), ...cases.flatMap(chainOf)]).filter(
    isReadable,
  );
  return {
    anchors: [...anchored.map((der) => anchorFromCertificate(der, 'anchor')), ...AMD_ROOTS],
    reports,
    attackers: attackersReports(reports),
    veks: byDer([...sound.flatMap(vekOf), ...reissued].map(vekFactsOf)),
    mixedVeks: byDer(
      cases
        .filter(({ failed }) => failed.join() === 'snp.vek.kind')
        .flatMap(vekOf)
        .map(vekFactsOf),
    ),
    intermediates: byDer(chains.filter(({ selfIssued, der }) => !selfIssued && !isLeaf(der))),
    crls: byDer(sound.flatMap(crlOf).map((der) => ({ der, ...crlFactsOf(der) }))),
    roots,
    poorRoots,
    listlessRoots: byDer(
      casesNamed(cases, 'bad/genoa/crl-of-root-without-crl-sign')
        .flatMap(chainOf)
        .map(factsOf)
        .filter(({ selfIssued }) => selfIssued),
    ),
    issuerKeys: new Map(sound.map(intermediatesOf).flatMap(onlyOne)),
    published: new Set(
      genuineOnes
        .map(intermediatesOf)
        .flatMap(onlyOne)
        .map(([name]) => name),
    ),
    any: {
      cases,
      reports: distinct(cases.map(({ report }) => report)),
      veks: distinct(cases.flatMap(({ vek }) => vek ?? [])),
      chains: distinct(cases.flatMap(({ chain }) => chain ?? [])),
      crls: distinct(cases.flatMap(({ crl }) => crl ?? [])),
    },
    certificates,
    strangeRoots: certificates.filter(
      (der) => factsOf(der).selfIssued && !roots.has(hexOf(der)) && !poorRoots.has(hexOf(der)),
    ),
  };
}

/** One name for a report in both forms of its signature. */
export function reportKey(report: Uint8Array): string {
  return `${hexOf(report.subarray(0, 0x2a0))}/${withoutSign(report)}`;
}

function genuine(one: FixtureCase): GenuineReport {
  const bytes = splitReport(one.report).head;
  const acceptable = !one.failed.some((id) => UNACCEPTABLE.test(id));
  const [vek = new Uint8Array()] = vekOf(one);
  return { bytes, acceptable, signer: factsOf(vek).key, ...reportFactsOf(bytes) };
}

/** What stands in the table counts where nothing else was handed over. */
function inTable({ report }: FixtureCase, ...names: readonly (keyof typeof GUID)[]): Uint8Array[] {
  const entries = entriesOf(splitReport(report).table) ?? [];
  return names.flatMap((name) => entries.filter(({ guid }) => guid === GUID[name])).map(dataOf);
}

function dataOf({ data }: { readonly data: Uint8Array }): Uint8Array {
  return data;
}

function vekOf(one: FixtureCase): Uint8Array[] {
  const found = one.vek ? [one.vek] : inTable(one, 'vcek', 'vlek');
  return found.flatMap((bytes) => dersOf(bytes, 'CERTIFICATE') ?? []);
}

function chainOf(one: FixtureCase): Uint8Array[] {
  const found = one.chain ? [one.chain] : inTable(one, 'ask', 'ark');
  return found.flatMap((bytes) => dersOf(bytes, 'CERTIFICATE') ?? []);
}

/** In the table there may be old ones, which clear nobody. */
function crlOf({ crl }: FixtureCase): Uint8Array[] {
  return (crl && dersOf(crl, 'X509 CRL')) ?? [];
}

/** Those whose own signature is wrong are nobody's roots. */
function poorRootsOf(cases: readonly FixtureCase[], roots: World['roots']): ReadonlySet<string> {
  const pinned = new Set([...roots.values()].map(({ key }) => key));
  const all = cases.filter(({ id }) => !id.endsWith('root-self-signature-broken')).flatMap(chainOf);
  return new Set(
    all
      .filter(isReadable)
      .map(factsOf)
      .filter(({ selfIssued, key, der }) => selfIssued && pinned.has(key) && !roots.has(hexOf(der)))
      .map(({ der }) => hexOf(der)),
  );
}

function intermediatesOf(one: FixtureCase): readonly CertificateFacts[] {
  return chainOf(one)
    .map(factsOf)
    .filter(({ selfIssued }) => !selfIssued);
}

/** Of several, one may be there to mislead. */
function onlyOne(facts: readonly CertificateFacts[]): (readonly [name: string, key: string])[] {
  return facts.length === 1 ? facts.map(({ subject, key }) => [subject, key]) : [];
}

function casesNamed(cases: readonly FixtureCase[], id: string): readonly FixtureCase[] {
  const found = cases.filter((one) => one.id === id);
  if (found.length === 0) throw new RangeError(`no fixture ${id}`);
  return found;
}

/** Damaged ones are no certificates, and have no facts. */
function isReadable(der: Uint8Array): boolean {
  try {
    factsOf(der);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function byDer<Facts extends { readonly der: Uint8Array }>(
  facts: readonly Facts[],
): ReadonlyMap<string, Facts> {
  return new Map(facts.map((one) => [hexOf(one.der), one]));
}

function distinct(pieces: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(pieces.map((piece) => [hexOf(piece), piece])).values()];
}
