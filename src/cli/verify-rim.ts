import { NVIDIA_ROOTS } from '../evidence/nvidia/anchors.ts';
import { RIM_CHECKS } from '../evidence/nvidia/checks.ts';
import { type RimVerification, verifyRim } from '../evidence/nvidia/rim/verify-rim.ts';
import { RIM_ANCHOR_OPTION } from './anchor-options.ts';
import { AT_OPTION, asciiText, readAnchors, readAt } from './input.ts';
import { otherFormatNotes } from './inspect-formats.ts';
import { looksLikeRim } from './inspect-nvidia.ts';
import { EXIT } from './io.ts';
import { asksFrom, CLAIMS_OPTION, printAnswer, printClaims, printJson } from './render.ts';
import type { Verb } from './verb.ts';

export const verifyRimVerb: Verb = {
  name: 'verify rim',
  summary: 'Verify a manifest (RIM) of NVIDIA’s by itself, without the device that it is about.',
  operands: '<xml>',
  arity: { min: 1, max: 1 },
  options: { ...RIM_ANCHOR_OPTION, ...AT_OPTION, ...CLAIMS_OPTION },
  notes: [
    'Its form, digest and signature, and the signer’s chain to NVIDIA’s pinned root for manifests. Whether the signer is revoked is asked where a device is verified (verify nvidia). - reads standard input.',
    'A signer outside of its validity leaves the verdict indeterminate: a manifest is an endorsement.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate.',
  ],
  run: async (io, args) => {
    const anchors = await readAnchors(io, args, NVIDIA_ROOTS.rim, 'rim-trust-anchor');
    const at = readAt(io, args, []).all;
    const xml = await io.readFile(args.operand(0));
    const answer = verifyRim(xml, { anchors, at });
    const result = { ...answer, revocation: 'unchecked' as const };
    if (args.has('json')) printJson(io, result);
    else {
      const notes = looksLikeRim(asciiText(xml)) ? [] : otherFormatNotes(xml);
      printAnswer(io, result, asksFrom(RIM_CHECKS), { facts: factsOf(answer), notes });
      if (args.has('claims') && Object.keys(answer.claims).length > 0) {
        io.out('\n');
        printClaims(io, answer.claims);
      }
    }
    return EXIT[answer.verdict];
  },
};

function factsOf({ claims }: RimVerification): readonly string[] {
  const { product, edition, colloquialVersion, tagId, activeIndices, signer } = claims;
  if (product === undefined) return [];
  const { length } = Array.isArray(activeIndices) ? activeIndices : [];
  return [
    `${product} ${edition} ${colloquialVersion} · ${tagId}`,
    `${length} active measurement${length === 1 ? '' : 's'} · signed by ${signer ?? '(nobody)'}`,
  ];
}
