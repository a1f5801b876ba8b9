import type { Evidence } from './evidence.ts';
import { type Entry, entriesOf, GUID, REPORT_SIZE, splitReport } from './layout.ts';
import {
  type CertificateFacts,
  type CrlFacts,
  dersOf,
  factsOf,
  hexOf,
  lineIn,
  type VekFacts,
} from './pieces.ts';
import { type GenuineReport, reportKey, type World } from './world.ts';

/** The most that may be said of evidence: `neither` of what is not the vendor's word. */
export type Standing = 'acceptable' | 'authentic' | 'neither';

/** What of all that came is looked at, table and all. */
interface Pieces {
  readonly head: Uint8Array;
  readonly vek: Uint8Array | undefined;
  readonly chain: readonly Uint8Array[];
  /** The list that was handed over. */
  readonly crl?: Uint8Array | undefined;
  /** One that came with the evidence: it may revoke, and clears nobody. */
  readonly stapled?: Uint8Array | undefined;
}

type Certificates = Omit<Pieces, 'head' | 'vek'>;

/**
 * Judges evidence by comparison: every certificate, list and report in it must be, byte for byte,
 * one of those that are known to be genuine, and they must go together. What may differ:
 *
 * - n - s in place of s in a report's signature; nothing else of its 512 bytes, and nothing of a
 *   signature of RSA;
 * - PEM or DER, white space of PEM, and in how many pieces a chain comes;
 * - in a certificate table the order and places of the entries, zeros around them, and entries
 *   that nobody asks for;
 * - intermediates that did not sign the VEK certificate, and pieces in a table in whose stead
 *   others were handed over.
 */
export class Covered {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  standing(evidence: Evidence): Standing {
    const pieces = piecesOf(evidence);
    const report = pieces && this.#world.reports.get(reportKey(pieces.head));
    if (pieces === undefined || report === undefined) return 'neither';
    const { asked } = evidence;
    const vek = this.#vekOf(pieces.vek);
    if (vek === undefined || !goTogether(report, vek)) return 'neither';
    if (!this.chainHolds(vek, pieces)) return 'neither';
    if (asked.revocation === 'required' && pieces.crl === undefined) return 'neither';
    const answered = asked.reportData === undefined || isAnswer(report, asked.reportData);
    return report.acceptable && answered ? 'acceptable' : 'authentic';
  }

  /** Whether certificates without a report are the vendor's. */
  areVendors({ vek: bytes, chain = [], crl }: Evidence): boolean {
    const { veks, mixedVeks } = this.#world;
    const vek = this.#vekOf(bytes, veks) ?? this.#vekOf(bytes, mixedVeks);
    // Of which line each of them is, is asked when there is a report.
    return vek !== undefined && this.chainHolds(vek, { chain, crl }, () => true);
  }

  #vekOf(bytes: Uint8Array | undefined, known = this.#world.veks): VekFacts | undefined {
    const [only, ...more] = (bytes && dersOf(bytes, 'CERTIFICATE')) ?? [];
    return more.length === 0 ? known.get(hexOf(only)) : undefined;
  }

  /**
   * That the certificate is one of ours under one of our roots, and its issuer not revoked.
   *
   * @param fits of several intermediates of one name, those that count.
   */
  chainHolds(
    vek: VekFacts,
    { chain, crl, stapled }: Certificates,
    fits: (intermediate: CertificateFacts) => boolean = isOfOneLine,
  ): boolean {
    const ders = chain.map((blob) => dersOf(blob, 'CERTIFICATE'));
    if (!ders.every((some) => some !== undefined)) return false;
    return this.#offered(vek, ders.flat())
      .flatMap((der) => this.#issuerOf(vek, der) ?? [])
      .filter(fits)
      .some((intermediate) => {
        const root = this.#rootOf(intermediate, ders.flat(), crl);
        if (root === undefined) return false;
        const serials = [intermediate.serial, root.serial];
        const revoked = (list: CrlFacts) => serials.some((serial) => list.revoked.includes(serial));
        const said = [crl, stapled].map((list) => list && this.#listOf(list, root));
        if (said.some((list) => list && revoked(list))) return false;
        return crl === undefined || said[0] !== undefined;
      });
  }

  /** A vendor's intermediate need not come along; whatever comes goes before it. */
  #offered({ issuer }: VekFacts, ders: readonly Uint8Array[]): readonly Uint8Array[] {
    const { published, intermediates } = this.#world;
    const given = ders.filter((der) => !isSelfIssued(der));
    if (given.length > 0 || !published.has(issuer)) return given;
    return [...intermediates.values()].map(({ der }) => der);
  }

  #issuerOf({ issuer }: VekFacts, der: Uint8Array): CertificateFacts | undefined {
    const known = this.#world.intermediates.get(hexOf(der));
    const fits = known?.subject === issuer && known.key === this.#world.issuerKeys.get(issuer);
    return fits ? known : undefined;
  }

  /** Roots that came along are all pinned ones, and the first of the right name is a good one. */
  #rootOf(
    { issuer }: CertificateFacts,
    ders: readonly Uint8Array[],
    crl: Uint8Array | undefined,
  ): CertificateFacts | undefined {
    const { roots, poorRoots, listlessRoots } = this.#world;
    const brought = ders.filter((der) => isSelfIssued(der));
    const names = brought.map(hexOf);
    if (!names.every((name) => roots.has(name) || poorRoots.has(name))) return undefined;
    const [first] = brought.filter((der) => factsOf(der).subject === issuer);
    if (first && crl === undefined && listlessRoots.has(hexOf(first))) return factsOf(first);
    if (first) return roots.get(hexOf(first));
    return [...roots.values()].find(({ subject }) => subject === issuer);
  }

  /** A list that this root signed. */
  #listOf(bytes: Uint8Array, root: CertificateFacts): CrlFacts | undefined {
    const [only, ...more] = dersOf(bytes, 'X509 CRL') ?? [];
    const crl = more.length === 0 ? this.#world.crls.get(hexOf(only)) : undefined;
    return crl?.issuer === root.subject ? crl : undefined;
  }
}

function isOfOneLine({ subject, issuer }: CertificateFacts): boolean {
  return lineIn(subject) === lineIn(issuer);
}

/** Of whatever can't be read, nothing is known: an unknown certificate is no root that counts. */
function isSelfIssued(der: Uint8Array): boolean {
  try {
    return factsOf(der).selfIssued;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Key, kind, chip, TCB and product line alike; nobody's chip is every certificate's. */
export function goTogether(report: GenuineReport, vek: VekFacts): boolean {
  const [line] = vek.lines;
  const anyChip = vek.kind === 'vlek' || /^0*$/.test(report.chipId);
  return (
    report.signer === vek.key &&
    report.kind === vek.kind &&
    (anyChip || vek.hwId?.padEnd(128, '0') === report.chipId) &&
    report.tcb === vek.tcb &&
    line !== undefined &&
    vek.lines.every((other) => other === line) &&
    (report.line === undefined || report.line === line)
  );
}

function isAnswer({ reportData }: GenuineReport, wanted: Uint8Array): boolean {
  return reportData === hexOf(wanted).padEnd(128, '0');
}

/** What was handed over goes before what stands in the table; undefined where that is none. */
export function piecesOf({ report, vek, chain = [], crl }: Evidence): Pieces | undefined {
  const { head, table } = splitReport(report);
  if (head.length < REPORT_SIZE) return undefined;
  const entries = table.length === 0 ? [] : entriesOf(table);
  if (entries === undefined) return undefined;
  const entry = (name: keyof typeof GUID) => dataOf(entries, GUID[name]);
  const signer = ((head[0x48] ?? 0) >> 2) & 7;
  const inTable = [entry('ask'), entry('ark')].filter((some) => some !== undefined);
  return {
    head,
    vek: vek ?? (signer === 0 ? entry('vcek') : signer === 1 ? entry('vlek') : undefined),
    chain: chain.length > 0 ? chain : inTable,
    crl,
    stapled: entry('crl'),
  };
}

function dataOf(entries: readonly Entry[], guid: string): Uint8Array | undefined {
  return entries.find((entry) => entry.guid === guid)?.data;
}
