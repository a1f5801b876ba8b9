import { Fault } from '../core/fault.ts';
import type { TrustAnchor } from '../core/x509/anchors.ts';
import { readCertificates } from '../core/x509/certificate-files.ts';
import { AmdFolder } from '../endorsements/amd/folder.ts';
import { kdsClient } from '../endorsements/amd/kds.ts';
import { linesOf } from '../endorsements/amd/report-key.ts';
import { type AmdEndorsement, AmdEndorsementSource } from '../endorsements/amd/source.ts';
import { wantedFor } from '../endorsements/amd/wanted.ts';
import { entryOf, parseCertificateTable } from '../evidence/snp/certificate-table.ts';
import type { ProductLine } from '../evidence/snp/product.ts';
import {
  keyInfoOf,
  parseSnpReport,
  SNP_REPORT_SIZE,
  type SnpReport,
} from '../evidence/snp/report.ts';
import { officeOf, type VekKind } from '../evidence/snp/roles.ts';
import { FOLDER_OPTIONS } from './collateral.ts';
import { type Io, warn } from './io.ts';
import { KDS_OPTION, patient, readKds } from './kds-option.ts';
import type { Args, Options } from './verb.ts';

/** Where the verification of an SEV-SNP report finds what was not given. */
export const AMD_ENDORSEMENT_OPTIONS: Options = { ...FOLDER_OPTIONS, kds: KDS_OPTION };

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface FoundSnpEndorsements {
  readonly vek?: Uint8Array;
  readonly vekMissing?: string;
  /** For `vek`; absent where the verifier brings its own along. */
  readonly chain?: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  /** Lists that are out of date: they can only revoke. */
  readonly furtherCrls?: readonly Uint8Array[];
  readonly crlMissing?: string;
}

export interface SnpEndorsementNeeds {
  readonly anchors: readonly TrustAnchor[];
  /**
   * The time of `--at`, in milliseconds: a folder that has something for it is enough, and
   * what the network serves now is no better for it.
   */
  readonly asked: number | undefined;
  /** No VEK certificate was named; one in the certificate table goes before any fetched one. */
  readonly needVek: boolean;
  /** No CRL was named; the same. */
  readonly needCrl: boolean;
  /**
   * Whether the network is asked for a list that is only welcome. Unless said: where it is asked
   * for the certificate too, since nobody who brought all that is needed expects a request.
   */
  readonly asksCrl?: boolean;
  /** The policy wants a list, as --require-crl does. */
  readonly requiresCrl?: boolean;
  /** The certificate that was named: it tells the product where the report does not. */
  readonly vek?: Uint8Array;
}

/** Without them a CRL is welcome, and nothing waits for it; of a bundle either means both. */
const REQUIRE_CRL = ['require-crl', 'require-ocsp'];

/**
 * What the report's own certificate table lacks, from the folder or from AMD. The verb's
 * `--require-crl` decides how hard a CRL is looked for.
 *
 * @param evidence a report, plain or extended. For one that can't be read nothing is looked
 *   for: the verifier says what is wrong with it.
 */
export async function findSnpEndorsements(
  io: Io,
  args: Args,
  evidence: Uint8Array,
  needs: SnpEndorsementNeeds,
): Promise<FoundSnpEndorsements> {
  const search = searchOf(io, args, needs);
  const opened = unlessFault(() => open(evidence));
  if (opened === undefined) return {};
  const { report, table } = opened;
  const { signingKey: signs } = keyInfoOf(report);
  if (signs !== 'vcek' && signs !== 'vlek') return {};
  const inTable = entryOf(table, signs);
  const fetches = needs.needVek && inTable === undefined;
  const vek = fetches ? await findVek(search, report) : {};
  // A list about a certificate that is not there is no use, however welcome.
  const lost = fetches && vek.vek === undefined && search.crl === 'welcome';
  if (!needs.needCrl || lost) return vek;
  const line = lineOf(report) ?? lineOfVek(needs.vek ?? inTable ?? vek.vek);
  const asks = needs.asksCrl ?? (fetches || search.crl === 'required');
  return {
    ...vek,
    ...(await findCrl(asks ? search : { ...search, online: undefined }, line, signs)),
  };
}

function open(evidence: Uint8Array) {
  const report = parseSnpReport(evidence.subarray(0, SNP_REPORT_SIZE));
  const behind = evidence.subarray(SNP_REPORT_SIZE);
  return { report, table: behind.length === 0 ? undefined : parseCertificateTable(behind) };
}

interface Search {
  readonly io: Io;
  readonly asked: number | undefined;
  readonly crl: 'required' | 'welcome';
  /** What the folder holds; asks nobody. */
  readonly stored: AmdEndorsementSource;
  /** Folder and network; undefined with `--offline`. */
  readonly online: AmdEndorsementSource | undefined;
}

function searchOf(
  io: Io,
  args: Args,
  { anchors, asked, requiresCrl }: SnpEndorsementNeeds,
): Search {
  const dir = args.one('endorsements');
  const base = readKds(args);
  const kept = { anchors, ...(dir === undefined ? {} : { folder: new AmdFolder(dir) }) };
  const network = args.has('offline') ? undefined : kdsClient(io, base, patient(io));
  return {
    io,
    asked,
    crl: requiresCrl || REQUIRE_CRL.some((name) => args.has(name)) ? 'required' : 'welcome',
    stored: new AmdEndorsementSource(kept),
    online: network && new AmdEndorsementSource({ ...kept, network }),
  };
}

async function findVek(search: Search, report: SnpReport): Promise<FoundSnpEndorsements> {
  if (keyInfoOf(report).signingKey === 'vlek') {
    return {
      vekMissing:
        'a VLEK certificate comes from the host’s certificate table: pass the extended report or --vek',
    };
  }
  const wanted = orFault(() => wantedFor(report));
  if (wanted instanceof Fault) return { vekMissing: wanted.message };
  const { signs, vceks } = wanted;
  const { io, stored, online, asked } = search;
  const attempts = [
    // All from the folder before any from the network: a report of version 2 has several.
    ...vceks.map((key) => ({ key, source: stored, at: asked ?? io.now() })),
    ...(online ? vceks.map((key) => ({ key, source: online, at: io.now() })) : []),
  ];
  const reasons: string[] = [];
  for (const [i, { key, source, at }] of attempts.entries()) {
    const found = await orUnreachable(source.vcekFor(key, at));
    if (found instanceof Fault) {
      if (online === undefined || source === online) reasons.push(found.message);
    } else if (found.state === 'current' || i === attempts.length - 1) {
      const chain = await source.chainFor(key.line, signs, at);
      return { vek: shown(io, found), ...(chain.from !== 'built-in' && { chain: [chain.bytes] }) };
    }
  }
  const vekMissing = reasons.join('; ');
  warn(io, vekMissing);
  return { vekMissing };
}

async function findCrl(
  { io, asked, crl: need, stored, online }: Search,
  line: ProductLine | undefined,
  signs: VekKind,
): Promise<FoundSnpEndorsements> {
  if (line === undefined)
    return { crlMissing: 'nothing says which of AMD’s product lines the processor is of' };
  const at = asked ?? io.now();
  const ask = () =>
    orUnreachable((online ?? stored).crlFor(line, signs, online ? io.now() : at, need));
  // Of the time asked for the folder may know; of now, only with the network beside it.
  const held =
    asked === undefined ? undefined : await orUnreachable(stored.crlFor(line, signs, at));
  const enough = held !== undefined && !(held instanceof Fault) && held.state === 'current';
  const found = enough ? held : await ask();
  if (found instanceof Fault) {
    if (online || need === 'required') warn(io, found.message);
    return { crlMissing: found.message };
  }
  const { from, to } = found.validity;
  const crl = shown(io, found);
  const inDate = from <= at && at <= to;
  // Nobody asked for a list that is out of date; but whom it revoked stays revoked.
  if (!inDate && need === 'welcome') {
    return { furtherCrls: [crl], crlMissing: 'the CRL that could be had is not in date' };
  }
  return { crl };
}

async function orUnreachable(found: Promise<AmdEndorsement>): Promise<AmdEndorsement | Fault> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return error;
    throw error;
  }
}

function shown(io: Io, { bytes, warnings }: AmdEndorsement): Uint8Array {
  for (const warning of warnings) warn(io, warning);
  return bytes;
}

/** Undefined where the report names no processor, or one whose roots are not known. */
function lineOf(report: SnpReport): ProductLine | undefined {
  const lines = unlessFault(() => linesOf(report));
  return lines?.length === 1 ? lines[0] : undefined;
}

/** By its issuer; the verifier finds out whether that is true. */
function lineOfVek(vek: Uint8Array | undefined): ProductLine | undefined {
  if (vek === undefined) return undefined;
  return unlessFault(
    () => officeOf(readCertificates(vek, 'vek')[0]?.issuer.commonName ?? '')?.line,
  );
}

/** Undefined for what can't be read: the verifier reads it again, and says why. */
function unlessFault<T>(read: () => T): T | undefined {
  const value = orFault(read);
  return value instanceof Fault ? undefined : value;
}

function orFault<T>(read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return error;
    throw error;
  }
}
