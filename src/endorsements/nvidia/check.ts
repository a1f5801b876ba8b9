import { Fault } from '../../core/fault.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCertificates } from '../../core/x509/certificate-files.ts';
import { linkProblem, rootProblem } from '../../core/x509/chain.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import type { OcspSubject } from '../../evidence/nvidia/ocsp.ts';
import { Remembered } from '../../evidence/nvidia/remembered.ts';
import { type CheckRow, VERDICTS } from '../row.ts';
import { NvidiaFolder, type NvidiaFolderEntry } from './folder.ts';
import { judgeNvidia } from './judge.ts';
import { nvidiaFileName, type OcspKey } from './key.ts';
import { nvidiaFactsRow, nvidiaKeyRow, nvidiaProvenanceRow } from './row.ts';
import { type NvidiaWant, type OcspWant, ocspWants } from './want.ts';
import { wantedOfRim } from './wanted.ts';

/**
 * Verifies all that a folder holds of NVIDIA's, offline: a response about the certificates
 * that stand beside it, or that signed a manifest of the folder.
 *
 * @param at milliseconds since the epoch.
 * @throws Fault `unreachable`.
 */
export async function checkNvidiaEndorsements(
  dir: string,
  anchors: NvidiaAnchors,
  at: number,
): Promise<readonly CheckRow[]> {
  const read = new Remembered(anchors, 0);
  const entries = await new NvidiaFolder(dir).list();
  const signers = new Map(
    entries
      .flatMap((entry) => ('fault' in entry || entry.key.kind !== 'rim' ? [] : [entry.document]))
      .flatMap(({ bytes }) => wantedOfRim(bytes, read))
      .map((want) => [nvidiaFileName(want), want] as const),
  );
  return entries.map((entry) => checkRow(entry, signers, anchors, at));
}

function checkRow(
  entry: NvidiaFolderEntry,
  signers: ReadonlyMap<string, OcspWant>,
  anchors: NvidiaAnchors,
  now: number,
): CheckRow {
  const row = nvidiaKeyRow(entry.key, entry.path);
  if ('fault' in entry) {
    return { ...row, verdict: 'reject', because: entry.fault.message, notPassed: [] };
  }
  const known = { ...row, ...nvidiaProvenanceRow(entry.document.provenance) };
  const want = wantOf(entry, signers, anchors);
  if ('verdict' in want) return { ...known, ...want, notPassed: [] };
  const judged = judgeNvidia(want, entry.document, { anchors, now });
  return {
    ...known,
    ...('facts' in judged ? nvidiaFactsRow(judged.facts) : {}),
    verdict: VERDICTS[judged.state],
    ...('because' in judged ? { because: judged.because } : {}),
    notPassed: 'checks' in judged ? judged.checks : [],
  };
}

type NoWant = Pick<CheckRow, 'verdict'> & { readonly because: string };

/** What the entry is to be an answer to, or why nobody can tell. */
function wantOf(
  { key, path, certificates }: Extract<NvidiaFolderEntry, { readonly document: unknown }>,
  signers: ReadonlyMap<string, OcspWant>,
  anchors: NvidiaAnchors,
): NvidiaWant | NoWant {
  if (key.kind === 'rim') return key;
  const signer = signers.get(nvidiaFileName(key));
  if (signer !== undefined) return signer;
  if (certificates === undefined) {
    const because = 'nothing beside it says whose certificate it is about';
    return { verdict: 'indeterminate', because };
  }
  try {
    return wantOfCertificates(key, readCertificates(certificates, path), anchors);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { verdict: 'reject', because: `the certificates beside it: ${error.message}` };
  }
}

function wantOfCertificates(
  key: OcspKey,
  chain: readonly Certificate[],
  anchors: NvidiaAnchors,
): NvidiaWant | NoWant {
  const owner = ownerOf(chain, anchors);
  if (owner === undefined) {
    const because = 'the certificates beside it do not verify to a trust anchor';
    return { verdict: 'reject', because };
  }
  const [want] = ocspWants(chain, owner);
  if (want === undefined || nvidiaFileName(want) !== nvidiaFileName(key)) {
    return { verdict: 'reject', because: 'the certificates beside it are others' };
  }
  return want;
}

function ownerOf(
  chain: readonly Certificate[],
  anchors: NvidiaAnchors,
): OcspSubject['owner'] | undefined {
  const [root] = chain.slice(-1);
  const linked = chain.slice(0, -1).every((certificate, i) => {
    const issuer = chain[i + 1];
    return issuer !== undefined && linkProblem(certificate, issuer, i) === undefined;
  });
  if (root === undefined || !linked) return undefined;
  if (rootProblem(root, anchors.device) === undefined) return 'device';
  return rootProblem(root, anchors.rim) === undefined ? 'rim' : undefined;
}
