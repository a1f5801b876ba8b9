import { NVIDIA_CHECKS, NVIDIA_TOPOLOGY_CHECKS } from '../evidence/nvidia/checks.ts';
import { atOption } from './input.ts';
import { EXIT } from './io.ts';
import {
  NVIDIA_AT_KINDS,
  NVIDIA_EVIDENCE_OPTIONS,
  verifyNvidiaEvidence,
} from './nvidia-evidence.ts';
import { asksFrom, CLAIMS_OPTION, printResult } from './render.ts';
import { CHECKS_OPTION, printTree } from './tree.ts';
import type { Verb } from './verb.ts';

export const verifyNvidiaVerb: Verb = {
  name: 'verify nvidia',
  summary: 'Verify the evidence of NVIDIA GPUs and NVSwitches, locally, check by check.',
  operands: '<report>…',
  // NVIDIA's tools write GPUs and switches into files of their own.
  arity: { min: 1, max: 64 },
  options: {
    ...NVIDIA_EVIDENCE_OPTIONS,
    ...atOption(NVIDIA_AT_KINDS),
    ...CLAIMS_OPTION,
    ...CHECKS_OPTION,
  },
  notes: [
    'The report is an SPDM 1.1 measurements exchange (request and response), binary, hex or base64, with --chain; or evidence JSON as NVIDIA’s tools write it, with any number of devices; several files are one machine. - reads standard input. What that JSON says of a device beside report and certificates (uuid, architecture, driver) nobody signed: it is not looked at.',
    'Without a policy the built-in baseline decides: signature, chain to NVIDIA’s pinned root, firmware id where the report has one, manifests (RIM) of driver and VBIOS under their own pinned root, every active measurement. OCSP is checked when given or found. Without --nonce nothing is fresh.',
    'Manifests and OCSP responses come from --rim and --ocsp, then from --endorsements, then from NVIDIA’s services. A manifest that NVIDIA has not published leaves the verdict indeterminate, and the device authentic.',
    'Several devices are also held against each other: distinct, one nonce, one mode, each switch naming the GPUs that are here and each GPU the switches.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate (something needed is missing or out of date).',
  ],
  run: async (io, args) => {
    const { one, node } = await verifyNvidiaEvidence(io, args);
    if (one) {
      const fresh = one.checks.some(({ id }) => id === 'nvidia.nonce');
      const notes = fresh ? [] : ['no --nonce was asked for: all of this may be a recording'];
      printResult(io, args, one, asksFrom(NVIDIA_CHECKS), notes);
      return EXIT[one.verdict];
    }
    printTree(io, args, node, asksFrom({ ...NVIDIA_CHECKS, ...NVIDIA_TOPOLOGY_CHECKS }));
    return EXIT[node.verdict];
  },
};
