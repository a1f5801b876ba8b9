import type { TrustAnchor } from '../core/x509/anchors.ts';
import { type FoundSnpEndorsements, SnpFinder, type SnpNeeds } from '../endorsements/amd/finder.ts';
import { kdsClient } from '../endorsements/amd/kds.ts';
import { FOLDER_OPTIONS, onlineMember, readKept, told } from './collateral.ts';
import type { Io } from './io.ts';
import { KDS_OPTION, patient, readKds } from './kds-option.ts';
import type { Args, Options } from './verb.ts';

/** Where the verification of an SEV-SNP report finds what was not given. */
export const AMD_ENDORSEMENT_OPTIONS: Options = { ...FOLDER_OPTIONS, kds: KDS_OPTION };

export interface SnpEndorsementNeeds extends Omit<SnpNeeds, 'crl'> {
  readonly anchors: readonly TrustAnchor[];
  /** The policy wants a list, as --require-crl does. */
  readonly requiresCrl?: boolean;
}

/**
 * What the report's own certificate table lacks, from the folder or from AMD. The verb's
 * `--require-crl` decides how hard a CRL is looked for.
 *
 * @param evidence a report, plain or extended.
 */
export async function findSnpEndorsements(
  io: Io,
  args: Args,
  evidence: Uint8Array,
  { anchors, requiresCrl, ...needs }: SnpEndorsementNeeds,
): Promise<FoundSnpEndorsements> {
  const network = readKdsClient(io, args);
  const finder = new SnpFinder({ ...readKept(io, args), anchors, ...onlineMember(args, network) });
  const crl = requiresCrl || args.has('require-crl') ? 'required' : 'welcome';
  return told(io, await finder.find(evidence, { ...needs, crl }));
}

/** Whom to ask about SEV-SNP. */
export function readKdsClient(io: Io, args: Args) {
  return kdsClient(io, readKds(args), patient(io));
}
