import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { type CheckRow, VERDICTS } from '../row.ts';
import { AmdFolder, type AmdFolderEntry } from './folder.ts';
import { judgeAmd } from './judge.ts';
import { amdKeyRow, amdProvenanceRow, amdValidityRow } from './row.ts';

/**
 * Verifies all that a folder holds of AMD's, offline: a VCEK under the chain beside it, or
 * under the one that this release brings along.
 *
 * @param at milliseconds since the epoch.
 * @throws Fault `unreachable`.
 */
export async function checkAmdEndorsements(
  dir: string,
  anchors: readonly TrustAnchor[],
  at: number,
): Promise<readonly CheckRow[]> {
  const entries = await new AmdFolder(dir).list();
  return entries.map((entry) => checkRow(entry, chainAbove(entry, entries), anchors, at));
}

function chainAbove(
  { key }: AmdFolderEntry,
  entries: readonly AmdFolderEntry[],
): readonly Uint8Array[] {
  if (key.kind !== 'vcek') return [];
  const chain = entries.find(
    (entry) =>
      entry.key.kind === 'chain' && entry.key.signs === 'vcek' && entry.key.line === key.line,
  );
  return chain && 'document' in chain ? [chain.document.bytes] : [];
}

function checkRow(
  entry: AmdFolderEntry,
  chain: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  now: number,
): CheckRow {
  const row = amdKeyRow(entry.key, entry.path);
  if ('fault' in entry) {
    return { ...row, verdict: 'reject', because: entry.fault.message, notPassed: [] };
  }
  const { bytes, provenance } = entry.document;
  const judged = judgeAmd(entry.key, bytes, { anchors, now, chain });
  return {
    ...row,
    ...amdProvenanceRow(provenance),
    ...('validity' in judged ? amdValidityRow(judged.validity) : {}),
    verdict: VERDICTS[judged.state],
    ...('because' in judged ? { because: judged.because } : {}),
    notPassed: 'checks' in judged ? judged.checks : [],
  };
}
