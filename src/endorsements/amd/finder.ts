import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { readCertificates } from '../../core/x509/certificate-files.ts';
import { entryOf, parseCertificateTable } from '../../evidence/snp/certificate-table.ts';
import type { ProductLine } from '../../evidence/snp/product.ts';
import {
  keyInfoOf,
  parseSnpReport,
  SNP_REPORT_SIZE,
  type SnpReport,
} from '../../evidence/snp/report.ts';
import { officeOf, type VekKind } from '../../evidence/snp/roles.ts';
import type { Found } from '../found.ts';
import type { AmdEndorsement } from './endorsement.ts';
import { AmdFolder } from './folder.ts';
import type { KdsClient } from './kds.ts';
import type { AmdKey, VcekKey } from './key.ts';
import { linesOf } from './report-key.ts';
import { AmdEndorsementSource } from './source.ts';
import { wantedFor } from './wanted.ts';

export interface SnpFinderOptions {
  readonly anchors: readonly TrustAnchor[];
  /** Where endorsements are kept. */
  readonly folder?: string;
  /** Absent: offline. */
  readonly network?: KdsClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

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

export interface SnpNeeds {
  /**
   * The time that somebody asked for, in milliseconds: a folder that has something for it is
   * enough, and what the network serves now is no better for it. Undefined: the present.
   */
  readonly asked: number | undefined;
  /** No VEK certificate was named; one in the certificate table goes before any fetched one. */
  readonly needVek: boolean;
  /** No CRL was named; the same. */
  readonly needCrl: boolean;
  /** Without a list the verdict can't be good; else it is welcome, and nothing waits for it. */
  readonly crl: 'required' | 'welcome';
  /**
   * Whether the network is asked for a list that is only welcome. Unless said: where it is asked
   * for the certificate too, since nobody who brought all that is needed expects a request.
   */
  readonly asksCrl?: boolean;
  /** The certificate that was named: it tells the product where the report does not. */
  readonly vek?: Uint8Array;
}

/** Finds what AMD says of reports; what it found once it need not read again. */
export class SnpFinder {
  readonly source: AmdEndorsementSource;
  readonly #options: SnpFinderOptions;

  constructor(options: SnpFinderOptions) {
    const { anchors, folder, network } = options;
    this.#options = options;
    this.source = new AmdEndorsementSource({
      anchors,
      ...(network && { network }),
      ...(folder !== undefined && { folder: new AmdFolder(folder) }),
    });
  }

  /**
   * What the report's own certificate table lacks, from memory, the folder or AMD.
   *
   * @param evidence a report, plain or extended. For one that can't be read nothing is looked
   *   for: the verifier says what is wrong with it.
   */
  async find(evidence: Uint8Array, needs: SnpNeeds): Promise<Found<FoundSnpEndorsements>> {
    const opened = unlessFault(() => open(evidence));
    if (opened === undefined) return { found: {}, warnings: [] };
    const { report, table } = opened;
    const { signingKey: signs } = keyInfoOf(report);
    if (signs !== 'vcek' && signs !== 'vlek') return { found: {}, warnings: [] };
    const inTable = entryOf(table, signs);
    const fetches = needs.needVek && inTable === undefined;
    const vek = fetches ? await this.#findVek(report, needs.asked) : NOTHING;
    // A list about a certificate that is not there is no use, however welcome.
    const lost = fetches && vek.found.vek === undefined && needs.crl === 'welcome';
    if (!needs.needCrl || lost) return vek;
    const line = lineOf(report) ?? lineOfVek(needs.vek ?? inTable ?? vek.found.vek);
    const asks = needs.asksCrl ?? (fetches || needs.crl === 'required');
    const reach = asks && this.#options.network !== undefined ? 'network' : 'store';
    const crl = await this.#findCrl(line, signs, needs, reach);
    return {
      found: { ...vek.found, ...crl.found },
      warnings: [...vek.warnings, ...crl.warnings],
    };
  }

  async #findVek(
    report: SnpReport,
    asked: number | undefined,
  ): Promise<Found<FoundSnpEndorsements>> {
    if (keyInfoOf(report).signingKey === 'vlek') {
      return missing({
        vekMissing:
          'a VLEK certificate comes from the host’s certificate table: pass the extended report or --vek',
      });
    }
    const wanted = orFault(() => wantedFor(report));
    if (wanted instanceof Fault) return missing({ vekMissing: wanted.message });
    const reasons: string[] = [];
    const attempts = this.#attempts(wanted.vceks, asked);
    for (const [i, { key, reach, at }] of attempts.entries()) {
      const found = await orUnreachable(this.#get(key, reach, at));
      if (found instanceof Fault) {
        if (reach === 'network' || this.#options.network === undefined) reasons.push(found.message);
      } else if (found.state === 'current' || i === attempts.length - 1) {
        const { line } = key;
        const chain = await this.#get({ kind: 'chain', line, signs: wanted.signs }, reach, at);
        const above = chain.from === 'built-in' ? {} : { chain: [chain.bytes] };
        return { found: { vek: found.bytes, ...above }, warnings: found.warnings };
      }
    }
    const vekMissing = reasons.join('; ');
    return { found: { vekMissing }, warnings: [vekMissing] };
  }

  /** All from the folder before any from the network: a report of version 2 has several. */
  #attempts(vceks: readonly VcekKey[], asked: number | undefined): readonly Attempt[] {
    const { network, now } = this.#options;
    const stored = vceks.map((key) => ({ key, reach: 'store' as const, at: asked ?? now() }));
    if (network === undefined) return stored;
    return [...stored, ...vceks.map((key) => ({ key, reach: 'network' as const, at: now() }))];
  }

  async #findCrl(
    line: ProductLine | undefined,
    signs: VekKind,
    { asked, crl: need }: SnpNeeds,
    reach: Reach,
  ): Promise<Found<FoundSnpEndorsements>> {
    if (line === undefined) {
      return missing({
        crlMissing: 'nothing says which of AMD’s product lines the processor is of',
      });
    }
    const { now } = this.#options;
    const key = { kind: 'crl', line, signs } as const;
    const at = asked ?? now();
    // Of the time asked for the folder may know; of now, only with the network beside it.
    const held = asked === undefined ? undefined : await orUnreachable(this.source.stored(key, at));
    const enough = held !== undefined && !(held instanceof Fault) && held.state === 'current';
    const found = enough
      ? held
      : await orUnreachable(
          reach === 'network'
            ? this.source.crlFor(line, signs, now(), need)
            : this.source.stored(key, at),
        );
    if (found instanceof Fault) {
      const told = reach === 'network' || need === 'required';
      return { found: { crlMissing: found.message }, warnings: told ? [found.message] : [] };
    }
    const { bytes: crl, validity, warnings } = found;
    const inDate = validity.from <= at && at <= validity.to;
    // Nobody asked for a list that is out of date; but whom it revoked stays revoked.
    if (inDate || need === 'required') return { found: { crl }, warnings };
    const crlMissing = 'the CRL that could be had is not in date';
    return { found: { furtherCrls: [crl], crlMissing }, warnings };
  }

  #get(key: VcekKey | ChainKey, reach: Reach, at: number): Promise<AmdEndorsement> {
    if (reach === 'store') return this.source.stored(key, at);
    return key.kind === 'vcek'
      ? this.source.vcekFor(key, at)
      : this.source.chainFor(key.line, key.signs, at);
  }
}

/** Whether the network may be asked for what memory and folder don't have. */
type Reach = 'store' | 'network';

type ChainKey = Extract<AmdKey, { readonly signs: VekKind }> & { readonly kind: 'chain' };

interface Attempt {
  readonly key: VcekKey;
  readonly reach: Reach;
  readonly at: number;
}

const NOTHING: Found<FoundSnpEndorsements> = { found: {}, warnings: [] };

/** Nobody could have been asked for it. */
function missing(found: FoundSnpEndorsements): Found<FoundSnpEndorsements> {
  return { found, warnings: [] };
}

function open(evidence: Uint8Array) {
  const report = parseSnpReport(evidence.subarray(0, SNP_REPORT_SIZE));
  const behind = evidence.subarray(SNP_REPORT_SIZE);
  return { report, table: behind.length === 0 ? undefined : parseCertificateTable(behind) };
}

async function orUnreachable(found: Promise<AmdEndorsement>): Promise<AmdEndorsement | Fault> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return error;
    throw error;
  }
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
