import type { TrustAnchor } from '../core/x509/anchors.ts';
import type { EndorsementDeps } from './deps.ts';
import { EndorsementFolder } from './folder.ts';
import { HTTP_LIMITS, type HttpLimits } from './http.ts';
import { pcsBase } from './intel/base-url.ts';
import { tdxCollateralFacts } from './intel/facts.ts';
import { type TdxChannel, type TdxPlatform, tdxEndorsementKey } from './intel/key.ts';
import { type FetchRow, factsRow, keyRow, provenanceRow } from './row.ts';
import { type Refresh, TdxEndorsementSource } from './source.ts';

export interface FetchRequest {
  readonly dir: string;
  /** Base URL of Intel's service or of a PCCS; the operator's choice, never a peer's. */
  readonly source: string;
  readonly channel: TdxChannel;
  readonly platforms: readonly TdxPlatform[];
  readonly anchors: readonly TrustAnchor[];
  readonly limits?: HttpLimits;
}

/**
 * Fetches, verifies and stores the sets asked for, one platform after the other; one that
 * fails does not stop the rest.
 *
 * @throws Fault `usage` for a bad URL, FMSPC, CA or channel, before anything is fetched.
 */
export async function fetchTdxEndorsements(
  deps: EndorsementDeps,
  request: FetchRequest,
): Promise<readonly FetchRow[]> {
  const { channel, anchors } = request;
  const folder = new EndorsementFolder(request.dir);
  const base = pcsBase(request.source);
  const network = { fetch: deps.fetch, base, limits: request.limits ?? HTTP_LIMITS };
  const source = new TdxEndorsementSource({ anchors, channel, folder, network });
  const keys = request.platforms.map((platform) => tdxEndorsementKey(platform, channel));
  const rows: FetchRow[] = [];
  for (const key of keys) {
    const row = { ...keyRow(key, folder.pathOf(key)), source: base.url };
    rows.push({ ...row, ...outcome(await source.refresh(key, deps.now())) });
  }
  return rows;
}

function outcome(refresh: Refresh) {
  if (refresh.outcome !== 'accepted') {
    const notPassed = refresh.outcome === 'refused' ? refresh.checks : [];
    const because = `${refresh.at}: ${refresh.because}`;
    return { outcome: refresh.outcome, because, notPassed, warnings: [] };
  }
  const { set, notKept } = refresh;
  const row = {
    ...provenanceRow(set.provenance),
    ...factsRow(tdxCollateralFacts(set.collateral)),
    notPassed: [],
    warnings: set.warnings,
  };
  // A good set that could not be written: the folder is what this operation is about.
  return notKept === undefined
    ? { ...row, outcome: 'stored' as const }
    : { ...row, outcome: 'unreachable' as const, because: notKept.message };
}
