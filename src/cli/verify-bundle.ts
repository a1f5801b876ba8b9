import { BUNDLE_CHECKS } from '../appraisal/bundle/checks.ts';
import type { BundleVerification } from '../appraisal/bundle/verifier.ts';
import { wishOf } from '../endorsements/revocation-wish.ts';
import { NVIDIA_CHECKS, NVIDIA_TOPOLOGY_CHECKS } from '../evidence/nvidia/checks.ts';
import { NRAS_CHECKS } from '../evidence/nvidia/nras/checks.ts';
import { SNP_CHECKS } from '../evidence/snp/checks.ts';
import type { SnpVerification } from '../evidence/snp/verifier.ts';
import { TDX_CHECKS } from '../evidence/tdx/checks.ts';
import type { Verification } from '../evidence/verification.ts';
import { VTPM_CHECKS } from '../evidence/vtpm/checks.ts';
import { openRecorder, RECORD_OPTION, recordedNote } from './audit/recorder.ts';
import { BUNDLE_AT_KINDS, BUNDLE_OPTIONS, verifyBundleFile } from './bundle-evidence.ts';
import { readBundle } from './bundle-file.ts';
import { keysetNotes, revocationNotes } from './bundle-notes.ts';
import { makeEar, putEar } from './ear-options.ts';
import { atOption, decodeEvidence } from './input.ts';
import { otherFormatNotes } from './inspect-formats.ts';
import { EXIT } from './io.ts';
import { nrasNotes } from './nras-statement.ts';
import { decide, POLICY_CHECKS, POLICY_OPTIONS, readPolicyOption } from './policy-decision.ts';
import { asksFrom, CLAIMS_OPTION } from './render.ts';
import { CHECKS_OPTION, printTree } from './tree.ts';
import type { Verb } from './verb.ts';
import { snpNotes } from './verify-snp.ts';

const ASKS = asksFrom({
  ...BUNDLE_CHECKS,
  ...TDX_CHECKS,
  ...SNP_CHECKS,
  ...VTPM_CHECKS,
  ...NVIDIA_CHECKS,
  ...NVIDIA_TOPOLOGY_CHECKS,
  ...NRAS_CHECKS,
  ...POLICY_CHECKS,
});

export const verifyBundleVerb: Verb = {
  name: 'verify bundle',
  summary:
    'Verify a machine: CPU evidence, devices, and the keys that they vouch for, in one file.',
  operands: '<file|url>',
  arity: { min: 1, max: 1 },
  options: {
    ...POLICY_OPTIONS,
    ...BUNDLE_OPTIONS,
    ...atOption(BUNDLE_AT_KINDS),
    ...CLAIMS_OPTION,
    ...CHECKS_OPTION,
    ...RECORD_OPTION,
  },
  notes: [
    'A bundle (application/vnd.postern.bundle+json) holds the exact bytes of a TDX quote or SEV-SNP report, of event logs, of NVIDIA’s evidence JSON, and of a keyset or whatever else its recipe binds into report data. It may carry the vendors’ endorsements along, which spares nobody the question: options, folder and the vendors’ services are looked at all the same.',
    'A URL is https, or http on this machine and in its own network; no redirect is followed. - reads standard input.',
    '--trust-anchor is about Intel’s root; of AMD’s, NVIDIA’s and that of NVIDIA’s manifests speak --amd-trust-anchor, --nvidia-trust-anchor and --rim-trust-anchor.',
    'The result names the recipe, and what nobody has shown: locality (that GPU and CPU share a chassis) never is where there are devices, the model only by a measured digest of its weights, freshness only by --nonce.',
    'An option about a piece that the bundle does not have is refused: what it asks for would never be asked.',
    'With --record nothing is printed, and no token written, before decision and evidence are in the ledger: a ledger that can’t be written is an error, whatever the verdict (see postern audit).',
    'Exit code: 0 accept, 1 reject, 2 indeterminate; over all pieces and over what binds them.',
  ],
  run: async (io, args) => {
    const policy = await readPolicyOption(io, args);
    const file = await readBundle(io, args.operand(0));
    const recorder = await openRecorder(io, args);
    try {
      const { input, verified } = await verifyBundleFile(io, args, file, wishOf(policy?.compiled));
      const result = decide(verified, policy);
      const ear = await makeEar(io, args, result, file, recorder?.id);
      // Nobody is told anything, by token or in words, that is not in the ledger.
      const recorded = await recorder?.record({ input, verified, result, policy, ear });
      await putEar(args, ear);
      const notes = [
        ...(isBundle(verified) ? [] : otherFormatNotes(decodeEvidence(file))),
        ...notesOf(verified),
        ...verified.parts.flatMap((part) => (isSnp(part) ? snpNotes(part) : [])),
        ...nrasNotes(verified.parts),
        ...(recorded ? [recordedNote(recorded)] : []),
      ];
      printTree(io, args, result, ASKS, notes, recorded ? { recorded: { ...recorded } } : {});
      return EXIT[result.verdict];
    } finally {
      await recorder?.close();
    }
  },
};

function isBundle({ checks }: BundleVerification): boolean {
  return checks.some(({ id, outcome }) => id === 'bundle.format' && outcome === 'pass');
}

function isSnp(part: Verification): part is SnpVerification {
  return part.evidence === 'snp';
}

/** What a client would otherwise have to look for among the claims. */
function notesOf({ binding, claims, parts, revocation }: BundleVerification): readonly string[] {
  if (binding === undefined) return [];
  const open = claims['notProven'];
  return [
    `recipe ${binding.recipe}, which binds ${binding.binds.join(', ') || 'nothing'}`,
    ...keysetNotes(claims),
    ...(revocation === 'checked' ? [] : revocationNotes(parts)),
    ...(Array.isArray(open) && open.length > 0 ? [`not proven: ${open.join(', ')}`] : []),
  ];
}
