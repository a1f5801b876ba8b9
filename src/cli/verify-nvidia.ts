import type { WithParts } from '../appraisal/result/result-json.ts';
import { wishOf } from '../endorsements/revocation-wish.ts';
import { NVIDIA_CHECKS, NVIDIA_TOPOLOGY_CHECKS } from '../evidence/nvidia/checks.ts';
import { NRAS_CHECKS } from '../evidence/nvidia/nras/checks.ts';
import { withNrasStatements } from '../evidence/nvidia/nras/statements.ts';
import { writeEar } from './ear-options.ts';
import { atOption } from './input.ts';
import { otherFormatNotes } from './inspect-formats.ts';
import { EXIT, usage } from './io.ts';
import { NRAS_OPTIONS, nrasNotes, readNrasStatements } from './nras-statement.ts';
import {
  NVIDIA_AT_KINDS,
  NVIDIA_EVIDENCE_OPTIONS,
  type NvidiaAnswer,
  verifyNvidiaEvidence,
} from './nvidia-evidence.ts';
import { deviceFacts } from './nvidia-facts.ts';
import { decide, POLICY_CHECKS, POLICY_OPTIONS, readPolicyOption } from './policy-decision.ts';
import { asksFrom, CLAIMS_OPTION, printResult } from './render.ts';
import { CHECKS_OPTION, printTree } from './tree.ts';
import type { Args, Verb } from './verb.ts';

const ASKS = asksFrom({
  ...NVIDIA_CHECKS,
  ...NVIDIA_TOPOLOGY_CHECKS,
  ...NRAS_CHECKS,
  ...POLICY_CHECKS,
});

export const verifyNvidiaVerb: Verb = {
  name: 'verify nvidia',
  summary: 'Verify the evidence of NVIDIA GPUs and NVSwitches, locally, check by check.',
  operands: '<report>…',
  // NVIDIA's tools write GPUs and switches into files of their own.
  arity: { min: 1, max: 64 },
  options: {
    ...POLICY_OPTIONS,
    ...NVIDIA_EVIDENCE_OPTIONS,
    ...NRAS_OPTIONS,
    ...atOption(NVIDIA_AT_KINDS),
    ...CLAIMS_OPTION,
    ...CHECKS_OPTION,
  },
  notes: [
    'The report is an SPDM 1.1 measurements exchange (request and response), binary, hex or base64, with --chain; or evidence JSON as NVIDIA’s tools write it, with any number of devices; several files are one machine. - reads standard input. What that JSON says of a device beside report and certificates (uuid, architecture, driver) nobody signed: it is not looked at.',
    'Without a policy the built-in baseline decides: signature, chain to NVIDIA’s pinned root, firmware id where the report has one, manifests (RIM) of driver and VBIOS under their own pinned root, every active measurement. OCSP is checked when given or found. Without --nonce nothing is fresh.',
    'A manifest that --rim does not name comes from --endorsements, then from NVIDIA’s services. OCSP responses come from --ocsp, and always from --endorsements; NVIDIA’s service is asked where neither responses nor all manifests were named, or with --require-ocsp. A manifest that NVIDIA has not published leaves the verdict indeterminate, and the device authentic.',
    'Several devices are also held against each other: distinct, one nonce, one mode, each switch naming the GPUs that are here and each GPU the switches.',
    'With --nras, what NVIDIA’s remote service says of the devices is verified beside their evidence: a statement that is rejected rejects the whole; any other changes nothing. The service answers for GPUs and for switches apart: --nras may be repeated, and each statement be about some of the devices.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate (something needed is missing or out of date).',
  ],
  run: async (io, args) => {
    const policy = await readPolicyOption(io, args);
    const statements = await readNrasStatements(io, args);
    const { answer, asked, file, padded } = await verifyNvidiaEvidence(
      io,
      args,
      wishOf(policy?.compiled),
    );
    const notes = [
      ...(readsAsNvidia(answer) ? freshnessNotes(args) : otherFormatNotes(file)),
      ...paddingNotes(padded),
    ];
    if (statements.length > 0 && policy) {
      throw usage('--nras is not weighed by a policy: verify it without --policy, or in a bundle');
    }
    const result = decide(answer, policy);
    await writeEar(io, args, result, file);
    if (statements.length === 0 && answer.evidence !== 'bundle') {
      printResult(io, args, result, ASKS, { notes, facts: deviceFacts(answer.claims) });
      return EXIT[result.verdict];
    }
    const whole: WithParts =
      statements.length > 0 ? withNrasStatements(answer, statements, asked) : result;
    printTree(io, args, whole, ASKS, [...notes, ...nrasNotes(whole.parts)]);
    return EXIT[whole.verdict];
  },
};

function freshnessNotes(args: Args): readonly string[] {
  return args.has('nonce') ? [] : ['no --nonce was asked for: all of this may be a recording'];
}

function paddingNotes(padded: number): readonly string[] {
  if (padded === 0) return [];
  const which = padded === 1 ? 'a report' : `${padded} reports`;
  return [`zero bytes stand behind ${which}: --trim-zeros drops them`];
}

/** Whether there is anything of a device in it. */
function readsAsNvidia(answer: NvidiaAnswer): boolean {
  if (answer.evidence === 'bundle') {
    return !answer.checks.some(
      ({ id, outcome }) => id === 'nvidia.topology.format' && outcome === 'fail',
    );
  }
  return answer.report !== undefined;
}
