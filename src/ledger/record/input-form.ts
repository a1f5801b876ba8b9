import { RECIPES } from '../../appraisal/binding/recipe.ts';
import type {
  BundleClocks,
  BundleExpectation,
  BundleInput,
  FoundEndorsements,
} from '../../appraisal/bundle/input.ts';
import type { NvidiaRelaxation, OcspInput } from '../../evidence/nvidia/input.ts';
import type { DeviceCounts } from '../../evidence/nvidia/topology.ts';
import type { SnpRelaxation, SnpRequests } from '../../evidence/snp/input.ts';
import type { MinimumTcb } from '../../evidence/snp/tcb-version.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import type { TdxRequests } from '../../evidence/tdx/input.ts';
import { anyText, blobText } from '../form/any-text.ts';
import {
  blob,
  count,
  type Form,
  flag,
  hexBytes,
  list,
  members,
  oneOf,
  optional,
} from '../form/form.ts';
import { instant } from '../form/instant.ts';
import { textMap } from '../form/text-map.ts';

/*
 * Every member of what a bundle is verified with has its form here, and the compiler sees to it:
 * what a verifier is told and a record does not say could not be replayed.
 */

/** What a bundle was verified with, its own bytes included. */
export type RecordedInput = Omit<BundleInput, 'bundle'> & { readonly bundle: Uint8Array };

/** Many times what a machine needs; a record is made by us, and read from anybody. */
const MOST = 4096;

const number = count(Number.MAX_SAFE_INTEGER);
/** Nonces and their like: 32 bytes where we choose them. */
const short = hexBytes(0, 1024);
const blobs = list(blob, MOST);

const clocks = members<BundleClocks>({
  evidence: instant,
  tcbInfo: instant,
  qeIdentity: instant,
  crl: instant,
  rim: instant,
  ocsp: instant,
  rimOcsp: instant,
});

const collateralMembers = members<TdxCollateral>({
  tcb_info: optional(blobText),
  tcb_info_signature: optional(blobText),
  tcb_info_issuer_chain: optional(blobText),
  qe_identity: optional(blobText),
  qe_identity_signature: optional(blobText),
  qe_identity_issuer_chain: optional(blobText),
  root_ca_crl: optional(blobText),
  pck_crl: optional(blobText),
  pck_crl_issuer_chain: optional(blobText),
});

/** The digest of the JSON file, or one for each member of what was read. */
const collateral: Form<TdxCollateral | Uint8Array> = {
  write: (value, path, sink) =>
    value instanceof Uint8Array
      ? blob.write(value, path, sink)
      : collateralMembers.write(value, path, sink),
  read: (value, path, source) =>
    typeof value === 'string'
      ? blob.read(value, path, source)
      : collateralMembers.read(value, path, source),
};

const ocsp = members<OcspInput>({ response: blob, nonce: optional(short) });

const endorsements = members<FoundEndorsements>({
  collateral: optional(collateral),
  collateralMissing: optional(anyText),
  vek: optional(blob),
  vekMissing: optional(anyText),
  chain: optional(blobs),
  crl: optional(blob),
  crlMissing: optional(anyText),
  furtherCrls: optional(blobs),
  rims: optional(blobs),
  rimMissing: optional(textMap(anyText, MOST)),
  ocsp: optional(list(ocsp, MOST)),
  ocspMissing: optional(anyText),
});

const expectation = members<BundleExpectation>({
  recipes: optional(list(oneOf(...RECIPES), MOST)),
  nonce: optional(short),
  purpose: optional(anyText),
  keysetSha384: optional(short),
  devices: optional(members<DeviceCounts>({ gpu: optional(number), switch: optional(number) })),
  deviceNonce: optional(short),
});

const minimumTcb = members<MinimumTcb>({
  fmc: optional(number),
  bootLoader: optional(number),
  tee: optional(number),
  snp: optional(number),
  microcode: optional(number),
});

const snpRequests = members<SnpRequests>({
  minimumTcb: optional(minimumTcb),
  minimumLaunchTcb: optional(minimumTcb),
  minimumCommittedTcb: optional(minimumTcb),
  fixes: optional(list(anyText, MOST)),
  relax: optional(
    members<SnpRelaxation>({
      vmpls: optional(list(oneOf(1, 2, 3), MOST)),
      platformInfoBits: optional(list(number, MOST)),
    }),
  ),
});

export const recordedInput = members<RecordedInput>({
  bundle: blob,
  at: clocks,
  endorsements: optional(endorsements),
  expected: optional(expectation),
  revocation: optional(oneOf('required')),
  tdx: optional(members<TdxRequests>({ minEvaluationDataNumber: optional(number) })),
  snp: optional(snpRequests),
  relax: optional(
    members<NvidiaRelaxation>({
      rimHold: optional(flag),
      rimExpired: optional(flag),
      opaqueTypes: optional(list(number, MOST)),
    }),
  ),
  nrasKeys: optional(blob),
});
