import type { TrustAnchor } from '../core/x509/anchors.ts';
import type { NvidiaAnchors } from '../evidence/nvidia/anchors.ts';
import type { Verdict } from '../evidence/verdict.ts';
import { checkAmdEndorsements } from './amd/check.ts';
import { EndorsementFolder, type FolderEntry } from './folder.ts';
import { judgeTdxCollateral } from './intel/judge.ts';
import { checkNvidiaEndorsements } from './nvidia/check.ts';
import { type CheckRow, factsRow, keyRow, provenanceRow, VERDICTS } from './row.ts';

/** By whose endorsements they judge. */
export interface FolderAnchors {
  readonly intel: readonly TrustAnchor[];
  readonly amd: readonly TrustAnchor[];
  readonly nvidia: NvidiaAnchors;
}

export interface FolderCheck {
  /** The worst of the rows; an empty folder holds nothing to rely on: indeterminate. */
  readonly verdict: Verdict;
  readonly rows: readonly CheckRow[];
}

/**
 * Verifies everything in a folder, offline.
 *
 * @param at the instant to verify at, in milliseconds since the epoch.
 * @throws Fault `unreachable` when there is no such folder.
 */
export async function checkEndorsements(
  dir: string,
  { anchors, at }: { readonly anchors: FolderAnchors; readonly at: number },
): Promise<FolderCheck> {
  const entries = await new EndorsementFolder(dir).list();
  const rows = [
    ...entries.map((entry) => checkRow(entry, anchors.intel, at)),
    ...(await checkAmdEndorsements(dir, anchors.amd, at)),
    ...(await checkNvidiaEndorsements(dir, anchors.nvidia, at)),
  ];
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
