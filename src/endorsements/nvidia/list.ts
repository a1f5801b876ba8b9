import { Fault, malformed } from '../../core/fault.ts';
import { parseOcspResponse } from '../../core/x509/ocsp.ts';
import { readRim } from '../../evidence/nvidia/rim/read-rim.ts';
import type { ListRow } from '../row.ts';
import type { NvidiaFacts } from './document.ts';
import { NvidiaFolder, type NvidiaFolderEntry } from './folder.ts';
import { commonWindow } from './judge.ts';
import type { NvidiaKey } from './key.ts';
import { nvidiaFactsRow, nvidiaKeyRow, nvidiaProvenanceRow } from './row.ts';

/** What a folder says it holds of NVIDIA's. Nothing is verified. @throws Fault `unreachable`. */
export async function listNvidiaEndorsements(dir: string): Promise<readonly ListRow[]> {
  return (await new NvidiaFolder(dir).list()).map(listRow);
}

function listRow(entry: NvidiaFolderEntry): ListRow {
  const { key, path } = entry;
  const row = nvidiaKeyRow(key, path);
  if ('fault' in entry) return { ...row, problem: entry.fault.message };
  const { bytes, provenance } = entry.document;
  const known = { ...row, ...nvidiaProvenanceRow(provenance) };
  try {
    return { ...known, ...nvidiaFactsRow(factsOf(key, bytes, path)) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { ...known, problem: error.message };
  }
}

/** @throws Fault `malformed` at `at`. */
function factsOf(
  key: NvidiaKey,
  bytes: Uint8Array,
  at: string,
): Pick<NvidiaFacts, 'validity' | 'status'> {
  if (key.kind === 'rim') {
    const { format, certificates } = readRim(bytes, []);
    if (format !== 'pass') throw malformed(at, format?.mismatch.got ?? 'no manifest');
    return { validity: commonWindow(certificates.map(({ validity }) => validity)) };
  }
  const parsed = parseOcspResponse(bytes, at);
  if (parsed.status !== 'successful')
    throw malformed(at, `the responder answered ${parsed.status}`);
  const single = parsed.response.responses.find(({ certId }) => certId.serial === key.serial);
  if (single === undefined) throw malformed(at, `it is not about certificate ${key.serial}`);
  return single;
}
