import { BUNDLE_CHECKS } from '../appraisal/bundle/checks.ts';
import { explainPolicy } from '../appraisal/policy/explain/explain-policy.ts';
import { CHAIN_CHECKS, SIGNED_POLICY_CHECKS } from '../appraisal/policy/signing/checks.ts';
import { EAR_CHECKS } from '../appraisal/result/checks.ts';
import { NVIDIA_CHECKS, NVIDIA_TOPOLOGY_CHECKS } from '../evidence/nvidia/checks.ts';
import { NRAS_CHECKS } from '../evidence/nvidia/nras/checks.ts';
import type { Question } from '../evidence/question.ts';
import { SNP_CHECKS } from '../evidence/snp/checks.ts';
import { TDX_CHECKS } from '../evidence/tdx/checks.ts';
import { VTPM_CHECKS } from '../evidence/vtpm/checks.ts';
import { type Io, usage } from './io.ts';
import { painter } from './paint.ts';
import { POLICY_CHECKS } from './policy-decision.ts';
import { readPolicyFile } from './policy-file.ts';
import { printJson } from './render.ts';
import type { Args, Verb } from './verb.ts';
import { visible } from './visible.ts';

/** Asked of a document, by policy verify and ear verify. */
const OF_DOCUMENTS: Readonly<Record<string, Question>> = {
  ...SIGNED_POLICY_CHECKS,
  ...CHAIN_CHECKS,
  ...EAR_CHECKS,
};

/** Every code that a decision can have, in the order in which they are asked, and a document. */
const CODES: Readonly<Record<string, Question>> = {
  ...POLICY_CHECKS,
  ...BUNDLE_CHECKS,
  ...TDX_CHECKS,
  ...SNP_CHECKS,
  ...VTPM_CHECKS,
  ...NVIDIA_CHECKS,
  ...NVIDIA_TOPOLOGY_CHECKS,
  ...NRAS_CHECKS,
  ...OF_DOCUMENTS,
};

export const policyExplainVerb: Verb = {
  name: 'policy explain',
  summary: 'Say in plain sentences what a policy lets in, or what a reason code means.',
  operands: '[<policy>]',
  arity: { min: 0, max: 1 },
  options: {
    full: { help: 'show measurements and ids in full; otherwise their beginnings' },
    code: { value: '<code>', help: 'what this reason code asks, e.g. policy.tdx.rtmr1' },
    codes: { help: 'the same of all of them' },
  },
  notes: [
    'A signed policy is read without asking who signed it: postern policy verify does. With --json values are in full.',
    'Exit code: 0 done.',
  ],
  run: async (io, args) => {
    const wants = [args.operands.length > 0, args.has('code'), args.has('codes')];
    if (wants.filter((one) => one).length !== 1) {
      throw usage('policy explain: want a policy, --code <code> or --codes, one of them');
    }
    const [path] = args.operands;
    if (path === undefined) printCodes(io, args);
    else await printPolicy(io, args, path);
    return 0;
  },
};

async function printPolicy(io: Io, args: Args, path: string): Promise<void> {
  const { policy, digest } = await readPolicyFile(io, path);
  const { name, revision } = policy.metadata;
  if (args.has('json')) {
    const sections = explainPolicy(policy, 'full');
    printJson(io, { policy: { name, revision, digest }, sections });
    return;
  }
  const paint = painter(io.colours);
  io.out(`${paint('dim', digest)}\n`);
  for (const { heading, lines } of explainPolicy(policy, args.has('full') ? 'full' : 'short')) {
    io.out(`\n${paint('bold', heading)}\n`);
    for (const line of lines) io.out(`  ${visible(line)}\n`);
  }
}

function printCodes(io: Io, args: Args): void {
  const code = args.one('code');
  if (code !== undefined && !Object.hasOwn(CODES, code)) {
    throw usage(`--code: no reason code ${JSON.stringify(code)}; --codes lists them`);
  }
  const chosen = Object.entries(CODES).filter(([id]) => code === undefined || id === code);
  if (args.has('json')) {
    printJson(io, {
      codes: chosen.map(([id, { asks, path, authentic, baseline }]) => ({
        code: id,
        asks,
        path,
        authentic,
        baseline,
      })),
    });
    return;
  }
  const width = Math.max(...chosen.map(([id]) => id.length));
  for (const [id, question] of chosen) {
    const when = code === undefined ? '' : `\n${meaningOf(id, question)}`;
    io.out(`${id.padEnd(width)}  ${question.asks}${when}\n`);
  }
}

/** What an answer other than "pass" says about the evidence, and when it is asked. */
function meaningOf(id: string, { path, authentic, baseline }: Question): string {
  if (Object.hasOwn(OF_DOCUMENTS, id)) return `Asked of the document itself, about ${path}.`;
  const about = authentic
    ? 'Part of what makes the evidence genuine: without it, it is not shown to be the vendor’s.'
    : 'About whether genuine evidence is acceptable: it says nothing against its being genuine.';
  const when = baseline
    ? 'It is always asked.'
    : 'It is asked where a policy, an option or the evidence gives something to compare.';
  return `${about}\n${when}\nIt is about ${path}.`;
}
