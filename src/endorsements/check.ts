import type { TrustAnchor } from '../core/x509/anchors.ts';
import type { Check, Verdict } from '../evidence/verdict.ts';
import { EndorsementFolder, type FolderEntry } from './folder.ts';
import { type Judgement, judgeTdxCollateral } from './intel/judge.ts';
import { type EndorsementRow, factsRow, keyRow, provenanceRow } from './row.ts';

export interface CheckRow extends EndorsementRow {
  readonly verdict: Verdict;
  readonly because?: string;
  readonly notPassed: readonly Check[];
}

export interface FolderCheck {
  /** The worst of the rows; an empty folder holds nothing to rely on: indeterminate. */
  readonly verdict: Verdict;
  readonly rows: readonly CheckRow[];
}

const VERDICTS = {
  current: 'accept',
  outdated: 'indeterminate',
  refused: 'reject',
} as const satisfies Record<Judgement['state'], Verdict>;

/**
 * Verifies every set of a folder, offline.
 *
 * @param at the instant to verify at, in milliseconds since the epoch.
 * @throws Fault `unreachable` when there is no such folder.
 */
export async function checkEndorsements(
  dir: string,
  { anchors, at }: { readonly anchors: readonly TrustAnchor[]; readonly at: number },
): Promise<FolderCheck> {
  const entries = await new EndorsementFolder(dir).list();
  const rows = entries.map((entry) => checkRow(entry, anchors, at));
  return { verdict: worst(rows.map((row) => row.verdict)), rows };
}

function checkRow(entry: FolderEntry, anchors: readonly TrustAnchor[], at: number): CheckRow {
  const row = keyRow(entry.key, entry.path);
  if ('fault' in entry) {
    return { ...row, verdict: 'reject', because: entry.fault.message, notPassed: [] };
  }
  const judged = judgeTdxCollateral(entry.key, entry.set.collateral, anchors, at);
  return {
    ...row,
    ...provenanceRow(entry.set.provenance),
    ...('facts' in judged ? factsRow(judged.facts) : {}),
    verdict: VERDICTS[judged.state],
    ...('because' in judged ? { because: judged.because } : {}),
    notPassed: 'checks' in judged ? judged.checks : [],
  };
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('reject')) return 'reject';
  const all = verdicts.length > 0 && verdicts.every((verdict) => verdict === 'accept');
  return all ? 'accept' : 'indeterminate';
}
