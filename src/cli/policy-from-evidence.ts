import { sha256 } from '#crypto';
import { draftPolicy } from '../appraisal/appraise/draft.ts';
import { type Appraisable, subjectOf } from '../appraisal/appraise/subject.ts';
import { toHex } from '../core/bytes/hex.ts';
import { BUNDLE_AT_KINDS, BUNDLE_OPTIONS, verifyBundleFile } from './bundle-evidence.ts';
import { readBundle } from './bundle-file.ts';
import { atOption, decodeEvidence } from './input.ts';
import { EXIT, type Io, usage, warn } from './io.ts';
import { readSetId, SET_ID_OPTION } from './policy-set-id.ts';
import { policyYaml } from './policy-yaml.ts';
import { printJson, reasonOf } from './render.ts';
import { SNP_AT_KINDS, SNP_EVIDENCE_OPTIONS, verifySnpEvidence } from './snp-evidence.ts';
import { TDX_AT_KINDS, TDX_EVIDENCE_OPTIONS, verifyTdxEvidence } from './tdx-evidence.ts';
import type { Args, Options, Verb } from './verb.ts';

const NAME_OPTIONS: Options = {
  name: { value: '<name>', help: 'what the policy is called; unless said, observed' },
  ...SET_ID_OPTION,
};

const NOTES = [
  'The evidence is verified first: what is not authentic is no model for anything. The policy is a draft, which admits nobody: look through it, loosen what may differ between your machines, give it a state, then sign it.',
  'Values that one machine shows are observed, not known: nobody has said that they are right.',
  'Exit code: 0 written, 1 the evidence is not authentic, 2 it is not shown to be; with --json an object then says verdict and because.',
] as const;

export const policyFromBundleVerb: Verb = {
  name: 'policy from bundle',
  summary: 'Write a draft policy that one machine meets, from its bundle.',
  operands: '<file|url>',
  arity: { min: 1, max: 1 },
  options: { ...NAME_OPTIONS, ...BUNDLE_OPTIONS, ...atOption(BUNDLE_AT_KINDS) },
  notes: NOTES,
  run: async (io, args) => {
    const file = await readBundle(io, args.operand(0));
    const { verified } = await verifyBundleFile(io, args, file);
    return printDraft(io, args, verified, file);
  },
};

export const policyFromTdxVerb: Verb = {
  name: 'policy from tdx',
  summary: 'Write a draft policy that one TDX quote meets.',
  operands: '<quote>',
  arity: { min: 1, max: 1 },
  options: { ...NAME_OPTIONS, ...TDX_EVIDENCE_OPTIONS, ...atOption(TDX_AT_KINDS) },
  notes: NOTES,
  run: async (io, args) => {
    const quote = decodeEvidence(await io.readFile(args.operand(0)));
    const result = await verifyTdxEvidence(io, args, async () => quote, undefined);
    return printDraft(io, args, result, quote);
  },
};

export const policyFromSnpVerb: Verb = {
  name: 'policy from snp',
  summary: 'Write a draft policy that one SEV-SNP report meets.',
  operands: '<report>',
  arity: { min: 1, max: 1 },
  options: { ...NAME_OPTIONS, ...SNP_EVIDENCE_OPTIONS, ...atOption(SNP_AT_KINDS) },
  notes: NOTES,
  run: async (io, args) => {
    const report = decodeEvidence(await io.readFile(args.operand(0)));
    const result = await verifySnpEvidence(io, args, async () => report, undefined);
    return printDraft(io, args, result, report);
  },
};

function printDraft(io: Io, args: Args, result: Appraisable, file: Uint8Array): number {
  for (const sentence of problemsOf(result)) warn(io, sentence);
  if (!result.authentic) {
    const detail = 'the evidence is not shown to be authentic: no policy is made from it';
    const verdict = result.verdict === 'reject' ? 'reject' : 'indeterminate';
    warn(io, detail);
    if (args.has('json')) printJson(io, { verdict, because: [detail, ...problemsOf(result)] });
    return EXIT[verdict];
  }
  if (result.verdict !== 'accept') {
    warn(
      io,
      'genuine, and not accepted by the baseline (see above): mind what the draft says of it',
    );
  }
  const name = args.one('name') ?? 'observed';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw usage('--name: want 1 to 63 of a to z, digits and -');
  }
  const policy = draftPolicy(subjectOf(result), {
    name,
    setId: readSetId(args, 'observed-1'),
    provenance: {
      kind: 'observed',
      source: `evidence of ${result.at}`,
      inputs: { evidence: `sha256:${toHex(sha256(file))}` },
    },
  });
  if (policy === undefined) throw usage('there is no CPU evidence to make a policy from');
  if (args.has('json')) printJson(io, policy);
  else
    io.out(
      policyYaml(
        policy,
        ' A draft: it admits nobody before it is looked through, given a state and signed.',
      ),
    );
  return EXIT.accept;
}

/** What is not well about the evidence, and about each piece of it. */
function problemsOf(result: Appraisable): readonly string[] {
  const parts = 'parts' in result ? result.parts : [];
  const sentences = [result, ...parts].flatMap(({ checks }) =>
    checks.flatMap((check) =>
      check.outcome === 'fail' || check.outcome === 'unresolved'
        ? [`${check.id}: ${reasonOf(check)}`]
        : [],
    ),
  );
  return [...new Set(sentences)];
}
