import { wishOf } from '../endorsements/revocation-wish.ts';
import { SNP_CHECKS } from '../evidence/snp/checks.ts';
import { floorNotes } from '../evidence/snp/floors/claims.ts';
import { floorInput, judgeFloors } from '../evidence/snp/floors/judge.ts';
import type { SnpVerification } from '../evidence/snp/verifier.ts';
import { writeEar } from './ear-options.ts';
import { atOption, decodeEvidence, REPORT_DATA_OPTION, readBytes } from './input.ts';
import { formatOf } from './inspect-formats.ts';
import { looksLikeSnpReport } from './inspect-snp.ts';
import { EXIT } from './io.ts';
import { decide, POLICY_CHECKS, POLICY_OPTIONS, readPolicyOption } from './policy-decision.ts';
import { asksFrom, CLAIMS_OPTION, printResult } from './render.ts';
import { SNP_AT_KINDS, SNP_EVIDENCE_OPTIONS, verifySnpEvidence } from './snp-evidence.ts';
import type { Verb } from './verb.ts';

export const verifySnpVerb: Verb = {
  name: 'verify snp',
  summary: 'Verify an AMD SEV-SNP attestation report, version 2 to 5, check by check.',
  operands: '<report>',
  arity: { min: 1, max: 1 },
  options: {
    ...POLICY_OPTIONS,
    ...REPORT_DATA_OPTION,
    ...SNP_EVIDENCE_OPTIONS,
    ...atOption(SNP_AT_KINDS),
    ...CLAIMS_OPTION,
  },
  notes: [
    'The report is 1184 bytes, or an extended report with its certificate table behind; binary, hex or base64; - reads it from standard input. Without --vek the certificate comes from the table, then from --endorsements, then from AMD. A VLEK comes with the host’s table only. A CRL is fetched along with a certificate, or with --require-crl; that none can be had blocks only with the latter.',
    'Without a policy the built-in baseline decides: signature, chain to the pinned ARK, the certificate’s chip, TCB and product equal to the report’s, no DEBUG, no MIGRATE_MA, VMPL 0, every bit known. A CRL is checked when one is given or found. It does not know what should run inside: measurements are claims for you to compare (snp measure).',
    'Without --endorsements each run asks AMD anew, and AMD answers about one request in ten seconds: keep a folder.',
    'AMD has no TCB status. What is known of bulletins that the reported TCB does not reach is printed below the checks; --require-fix and --min-tcb make it count.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate (something needed is missing or out of date).',
  ],
  run: async (io, args) => {
    const policy = await readPolicyOption(io, args);
    const reportData = readBytes(args, 'report-data', 64);
    let file: Uint8Array = new Uint8Array();
    const read = async () => {
      file = decodeEvidence(await io.readFile(args.operand(0)));
      return file;
    };
    const verified = await verifySnpEvidence(io, args, read, reportData, wishOf(policy?.compiled));
    const notes = verified.report ? snpNotes(verified) : otherFormatNotes(file);
    const result = decide(verified, policy);
    await writeEar(io, args, result, file);
    printResult(io, args, result, asksFrom({ ...SNP_CHECKS, ...POLICY_CHECKS }), { notes });
    return EXIT[result.verdict];
  },
};

/** What is known of the TCB and of the product line beside what the checks decide. */
export function snpNotes({ report, line }: SnpVerification): readonly string[] {
  if (report === undefined || line === undefined) return [];
  return floorNotes(line, judgeFloors(floorInput(report, line)));
}

/** The wrong file is a likelier mistake than a broken one. */
function otherFormatNotes(file: Uint8Array): readonly string[] {
  const format = looksLikeSnpReport(file) ? undefined : formatOf(file);
  return format ? [`the file looks like another kind: ${format.name} (see postern inspect)`] : [];
}
