import { Fault } from '../../core/fault.ts';
import type { ListRow } from '../row.ts';
import { validityOf } from './document.ts';
import { AmdFolder, type AmdFolderEntry } from './folder.ts';
import { amdKeyRow, amdProvenanceRow, amdValidityRow } from './row.ts';

/** What a folder says it holds of AMD's. Nothing is verified. @throws Fault `unreachable`. */
export async function listAmdEndorsements(dir: string): Promise<readonly ListRow[]> {
  return (await new AmdFolder(dir).list()).map(listRow);
}

function listRow(entry: AmdFolderEntry): ListRow {
  const { key, path } = entry;
  const row = amdKeyRow(key, path);
  if ('fault' in entry) return { ...row, problem: entry.fault.message };
  const { bytes, provenance } = entry.document;
  const known = { ...row, ...amdProvenanceRow(provenance) };
  try {
    return { ...known, ...amdValidityRow(validityOf(key, bytes, path)) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { ...known, problem: error.message };
  }
}
