import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import { firstOutside } from '../../core/x509/chain.ts';
import { CheckList } from '../check-list.ts';
import { withLazyClaims } from '../lazy-claims.ts';
import { endorsementsOf } from '../relied-on.ts';
import { UNBOUNDED, untilMember } from '../until.ts';
import type { Claims, Verification } from '../verification.ts';
import { checkAcceptable, checkForm, checkRequests, checkSignature } from './baseline.ts';
import {
  type CertificateTable,
  entryOf,
  LARGEST_TABLE,
  parseCertificateTable,
} from './certificate-table.ts';
import { SNP_CHECKS, type SnpCheckId } from './checks.ts';
import { chainClaims, crlsClaims, reportClaims, tableClaims } from './claims.ts';
import { conclusion, REVOCATION } from './conclusion.ts';
import { floorClaims } from './floors/claims.ts';
import { floorInput, judgeFloors } from './floors/judge.ts';
import type { SnpClocks, SnpInput } from './input.ts';
import { type ProductLine, productOf } from './product.ts';
import { endOfChain, reliedOn } from './relied-on.ts';
import { Remembered } from './remembered.ts';
import { keyInfoOf, parseSnpReport, SNP_REPORT_SIZE, type SnpReport } from './report.ts';
import { checkRevocation } from './revocation.ts';
import { asksSomething } from './tcb-version.ts';
import { checkVekBinding } from './vek-binding.ts';
import { certificatesOf, type VekChain } from './vek-chain.ts';

type Checks = CheckList<SnpCheckId>;

/** A {@link Verification} and the parsed report it is about, for policies to look at. */
export interface SnpVerification extends Verification {
  /** Undefined when the bytes are no report. */
  readonly report: SnpReport | undefined;
  /** What the TCB vectors were read as; undefined when neither certificate nor report tells. */
  readonly line: ProductLine | undefined;
}

/**
 * Verifies SEV-SNP attestation reports under a set of anchors: the same input gives the same
 * answer, always.
 *
 * It remembers, keyed by their bytes and bounded in number and size, the certificate chains it
 * has found good. Dates, and whether a certificate is the report's, are looked at anew each
 * time, so what is remembered can't outlive its validity.
 */
export class SnpVerifier {
  readonly #anchors: readonly TrustAnchor[];
  readonly #remembered: Remembered;

  /** @param entries how many VEK certificates to remember. */
  constructor(anchors: readonly TrustAnchor[], entries = 4096) {
    this.#anchors = anchors;
    this.#remembered = new Remembered(anchors, entries);
  }

  verify(input: SnpInput): SnpVerification {
    const checks = new CheckList(SNP_CHECKS);
    checkClocks(checks, input.at);
    // A copy: the caller may use its buffer again while the result is still being read.
    const bytes = new Uint8Array(input.report.subarray(0, MOST_BYTES));
    const report = checks.read('snp.report.format', () =>
      parseSnpReport(bytes.subarray(0, SNP_REPORT_SIZE)),
    );
    const table = readTable(checks, bytes);
    if (report) checkForm(checks, report);
    const chain = this.#chain(checks, input, report, table);
    checkVekValidity(checks, chain, input.at.evidence);
    if (report) checkVekBinding(checks, report, chain);
    const required = input.revocation === 'required';
    const stapled = entryOf(table, 'crl');
    const { crl, relied, further } = checkRevocation(checks, chain, {
      crl: input.crl,
      further: [...(input.furtherCrls ?? []), ...(stapled ? [stapled] : [])],
      required,
      missing: input.crlMissing,
      now: input.at.crl,
    });
    if (report) {
      checkSignature(checks, report, chain.vek);
      checkAcceptable(checks, report, input.relax);
      checkRequests(checks, report, chain.vek, input);
    }
    const asked = askedFor(input, bytes, required || input.crl !== undefined);
    const result = {
      evidence: 'snp' as const,
      ...conclusion(checks.all, asked),
      anchors: anchorKindOf(chain.anchor, this.#anchors),
      at: formatTime(input.at.evidence),
      ...untilMember(report ? endOfChain(chain, relied) : UNBOUNDED),
      report,
      line: report && lineOf(report, chain),
    };
    const claims = () => ({
      ...(report && claimsOf(report, chain)),
      ...(table && tableClaims(table)),
      ...chainClaims(chain),
      ...crlsClaims(crl, further),
    });
    return withLazyClaims(result, claims, () =>
      endorsementsOf(report ? reliedOn(chain, relied) : []),
    );
  }

  #chain(
    checks: Checks,
    input: SnpInput,
    report: SnpReport | undefined,
    table: CertificateTable | undefined,
  ): VekChain {
    const vek = input.vek ?? vekInTable(report, table);
    const given = input.chain ?? [];
    const inTable = [entryOf(table, 'ask'), entryOf(table, 'ark')].filter(
      (entry) => entry !== undefined,
    );
    const blobs = given.length > 0 ? given : inTable;
    if (vek === undefined) {
      checks.unresolved('snp.vek.format', vekMissing(input, report, table));
      return NO_CHAIN;
    }
    const chain = this.#remembered.chain(vek, blobs);
    checks.add(chain.checks);
    return chain;
  }
}

/** A report and the largest table, and one byte more by which it is found too large. */
const MOST_BYTES = SNP_REPORT_SIZE + LARGEST_TABLE + 1;

const NO_CHAIN: VekChain = {
  checks: [],
  vek: undefined,
  intermediate: undefined,
  root: undefined,
  anchor: undefined,
  until: UNBOUNDED,
};

/** One verification, nothing remembered. */
export function verifySnp(
  input: SnpInput & { readonly anchors: readonly TrustAnchor[] },
): SnpVerification {
  return new SnpVerifier(input.anchors, 0).verify(input);
}

/** A clock that is no instant fails here; every window below then refuses it as well. */
export function checkClocks(checks: Checks, clocks: SnpClocks): void {
  const wrong = Object.entries(clocks).find(([, ms]) => !Number.isFinite(ms));
  checks.answer(
    'snp.clock',
    wrong && { want: 'a time to verify at', got: `${wrong[0]} clock is ${wrong[1]}` },
  );
}

function readTable(checks: Checks, bytes: Uint8Array): CertificateTable | undefined {
  if (bytes.length <= SNP_REPORT_SIZE) return undefined;
  return checks.read('snp.certificate_table.format', () =>
    parseCertificateTable(bytes.subarray(SNP_REPORT_SIZE)),
  );
}

/** The entry of the kind that the report names; one of the other kind is no substitute. */
function vekInTable(
  report: SnpReport | undefined,
  table: CertificateTable | undefined,
): Uint8Array | undefined {
  const kind = report && keyInfoOf(report).signingKey;
  return kind === 'vcek' || kind === 'vlek' ? entryOf(table, kind) : undefined;
}

function vekMissing(
  { vekMissing: why }: SnpInput,
  report: SnpReport | undefined,
  table: CertificateTable | undefined,
): string {
  const names = report && keyInfoOf(report).signingKey;
  const reasons = [
    ...(why === undefined ? [] : [why]),
    ...(table && names !== undefined && names !== 'none'
      ? ['the certificate table has none of the kind that the report names']
      : []),
  ];
  const because = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  return `no VCEK or VLEK certificate was given${because}: the signature can’t be checked`;
}

/** The evidence's own certificates: outside their validity it was never vouched for. */
export function checkVekValidity(checks: Checks, chain: VekChain, now: number): void {
  if (certificatesOf(chain).length === 0) return;
  const id = 'snp.vek.validity';
  const leaf = firstOutside(chain.vek ? [chain.vek.certificate] : [], now);
  const above = firstOutside(certificatesOf({ ...chain, vek: undefined }), now);
  if (leaf) checks.fail(id, leaf);
  else if (above) checks.fail(id, above, { path: 'chain' });
  else checks.pass(id);
}

function askedFor(
  { reportData, minimumTcb, minimumLaunchTcb, minimumCommittedTcb, fixes }: SnpInput,
  bytes: Uint8Array,
  crl: boolean,
): ReadonlySet<SnpCheckId> {
  return new Set<SnpCheckId>([
    ...(bytes.length > SNP_REPORT_SIZE ? ['snp.certificate_table.format' as const] : []),
    ...(crl ? REVOCATION : []),
    ...(reportData ? ['snp.report_data' as const] : []),
    ...(asksSomething(minimumTcb) ? ['snp.tcb.minimum' as const] : []),
    ...(asksSomething(minimumLaunchTcb) ? ['snp.tcb.minimum_launch' as const] : []),
    ...(asksSomething(minimumCommittedTcb) ? ['snp.tcb.minimum_committed' as const] : []),
    ...(fixes?.length ? ['snp.tcb.fixes' as const] : []),
  ]);
}

function claimsOf(report: SnpReport, chain: VekChain): Claims {
  const line = lineOf(report, chain);
  return {
    ...reportClaims(report, line),
    ...(line && floorClaims(line, judgeFloors(floorInput(report, line)))),
  };
}

/** What to read TCB vectors by: the processor's line, or the certificate's where none is named. */
function lineOf({ cpuid }: SnpReport, { vek }: VekChain): ProductLine | undefined {
  return (cpuid && productOf(cpuid)?.line) ?? vek?.office.line;
}
