import { Fault } from '../core/fault.ts';
import { listAmdEndorsements } from './amd/list.ts';
import { EndorsementFolder, type FolderEntry } from './folder.ts';
import { tdxCollateralFacts } from './intel/facts.ts';
import { listNvidiaEndorsements } from './nvidia/list.ts';
import { factsRow, keyRow, type ListRow, provenanceRow } from './row.ts';

/**
 * What a folder says it holds. Nothing is verified: that is {@link checkEndorsements}.
 *
 * @throws Fault `unreachable` when there is no such folder.
 */
export async function listEndorsements(dir: string): Promise<readonly ListRow[]> {
  const entries = await new EndorsementFolder(dir).list();
  return [
    ...entries.map(listRow),
    ...(await listAmdEndorsements(dir)),
    ...(await listNvidiaEndorsements(dir)),
  ];
}

function listRow(entry: FolderEntry): ListRow {
  const row = keyRow(entry.key, entry.path);
  if ('fault' in entry) return { ...row, problem: entry.fault.message };
  const known = { ...row, ...provenanceRow(entry.set.provenance) };
  try {
    return { ...known, ...factsRow(tdxCollateralFacts(entry.set.collateral)) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { ...known, problem: `${entry.path}: ${error.message}` };
  }
}
