import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { ProductLine } from '../../evidence/snp/product.ts';
import type { SnpReport } from '../../evidence/snp/report.ts';
import type { PacedDeps } from '../deps.ts';
import type { FetchRow } from '../row.ts';
import type { AmdRefresh } from './endorsement.ts';
import { AmdFolder } from './folder.ts';
import { type KdsClientOptions, kdsClient } from './kds.ts';
import { type AmdKey, amdKeyName, type VcekKey } from './key.ts';
import { amdKeyRow, amdProvenanceRow, amdValidityRow } from './row.ts';
import { AmdEndorsementSource } from './source.ts';
import { aboveOf, wantedFor } from './wanted.ts';

export interface AmdFetchRequest {
  readonly dir: string;
  /** See `kdsBase`; the operator's choice, never a peer's. */
  readonly base: string;
  readonly anchors: readonly TrustAnchor[];
  /** For each its VCEK, or nothing where a VLEK signed it, and the chain and CRL above. */
  readonly reports: readonly SnpReport[];
  /** For each both chains and both CRLs. */
  readonly products: readonly ProductLine[];
  readonly client?: KdsClientOptions;
}

/**
 * Fetches, verifies and stores what is asked for, one document after the other, at the pace
 * that the service wants; one that fails does not stop the rest. A VCEK that the folder holds
 * already is not asked for again.
 *
 * @throws Fault `unsupported` or `malformed` for a report that does not say what to fetch,
 * before anything is fetched.
 */
export async function fetchAmdEndorsements(
  deps: PacedDeps,
  request: AmdFetchRequest,
): Promise<readonly FetchRow[]> {
  const wanted = request.reports.map(wantedFor);
  const fetching = new Fetching(deps, request);
  for (const { signs, vceks, line } of wanted) {
    // Above first: without it a VCEK could not be verified under roots that are not AMD's.
    if (line !== undefined) await fetching.all(aboveOf(line, signs));
    const found = await fetching.firstOf(vceks);
    if (line === undefined && found !== undefined) await fetching.all(aboveOf(found.line, signs));
  }
  for (const line of request.products) {
    await fetching.all([...aboveOf(line, 'vcek'), ...aboveOf(line, 'vlek')]);
  }
  return fetching.rows;
}

/** One run: what it has asked for, it does not ask for again. */
class Fetching {
  readonly #rows = new Map<string, FetchRow>();
  readonly #now: () => number;
  readonly #base: string;
  readonly #folder: AmdFolder;
  readonly #source: AmdEndorsementSource;
  readonly #stored: AmdEndorsementSource;

  constructor(deps: PacedDeps, { dir, base, anchors, client }: AmdFetchRequest) {
    this.#now = deps.now;
    this.#base = base;
    const folder = new AmdFolder(dir);
    this.#folder = folder;
    this.#source = new AmdEndorsementSource({
      anchors,
      folder,
      network: kdsClient(deps, base, client),
    });
    this.#stored = new AmdEndorsementSource({ anchors, folder });
  }

  get rows(): readonly FetchRow[] {
    return [...this.#rows.values()];
  }

  async all(keys: readonly AmdKey[]): Promise<void> {
    for (const key of keys) await this.#one(key);
  }

  /** The first that there is; those before it were guesses, and no failures. */
  async firstOf(keys: readonly VcekKey[]): Promise<VcekKey | undefined> {
    for (const [i, key] of keys.entries()) {
      const { outcome } = await this.#one(key);
      if (outcome !== 'stored') continue;
      for (const guess of keys.slice(0, i)) this.#rows.delete(amdKeyName(guess));
      return key;
    }
    return undefined;
  }

  async #one(key: AmdKey): Promise<FetchRow> {
    const name = amdKeyName(key);
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = {
      ...amdKeyRow(key, this.#folder.pathOf(key)),
      ...outcomeRow(
        (await this.#held(key)) ?? (await this.#source.refresh(key, this.#now())),
        this.#base,
      ),
    };
    this.#rows.set(name, row);
    return row;
  }

  /** A VCEK is what it is for all its life. */
  async #held(key: AmdKey): Promise<AmdRefresh | undefined> {
    if (key.kind !== 'vcek') return undefined;
    try {
      const endorsement = await this.#stored.vcekFor(key, this.#now());
      return endorsement.state === 'current' ? { outcome: 'accepted', endorsement } : undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return undefined;
      throw error;
    }
  }
}

function outcomeRow(came: AmdRefresh, source: string) {
  if (came.outcome !== 'accepted') {
    const notPassed = came.outcome === 'refused' ? came.checks : [];
    const because = `${came.at}: ${came.because}`;
    return { source, outcome: came.outcome, because, notPassed, warnings: [] };
  }
  const { provenance, validity, warnings } = came.endorsement;
  const row = {
    ...amdProvenanceRow(provenance),
    ...amdValidityRow(validity),
    notPassed: [],
    warnings,
  };
  // Good, but it could not be written: the folder is what this operation is about.
  return came.notKept === undefined
    ? { ...row, outcome: 'stored' as const }
    : { ...row, outcome: 'unreachable' as const, because: came.notKept.message };
}
