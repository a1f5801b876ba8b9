import { TDX_CHECKS } from '../evidence/tdx/checks.ts';
import type { TdxVerification } from '../evidence/tdx/verifier.ts';
import { writeEar } from './ear-options.ts';
import { atOption, decodeEvidence, REPORT_DATA_OPTION, readBytes } from './input.ts';
import { otherFormatNotes } from './inspect-formats.ts';
import { EXIT } from './io.ts';
import { decide, POLICY_CHECKS, POLICY_OPTIONS, readPolicyOption } from './policy-decision.ts';
import { asksFrom, CLAIMS_OPTION, printResult } from './render.ts';
import { TDX_AT_KINDS, TDX_EVIDENCE_OPTIONS, verifyTdxEvidence } from './tdx-evidence.ts';
import type { Verb } from './verb.ts';

export const verifyTdxVerb: Verb = {
  name: 'verify tdx',
  summary: 'Verify an Intel TDX quote, version 4 or 5, check by check.',
  operands: '<quote>',
  arity: { min: 1, max: 1 },
  options: {
    ...POLICY_OPTIONS,
    ...REPORT_DATA_OPTION,
    ...TDX_EVIDENCE_OPTIONS,
    ...atOption(TDX_AT_KINDS),
    ...CLAIMS_OPTION,
  },
  notes: [
    'The quote may be binary, hex or base64; - reads it from standard input. Without --collateral the endorsements come from --endorsements, then from Intel, for the platform that the quote’s own PCK chain proves.',
    'Without a policy the built-in baseline decides: every signature, chain, date and revocation list, TCB status UpToDate, no DEBUG, no reserved attribute bit. It does not know what should run inside the TD: measurements are claims for you to compare.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate (something needed is missing or out of date).',
  ],
  run: async (io, args) => {
    const policy = await readPolicyOption(io, args);
    const reportData = readBytes(args, 'report-data', 64);
    let quote: Uint8Array = new Uint8Array();
    const read = async () => {
      quote = decodeEvidence(await io.readFile(args.operand(0)));
      return quote;
    };
    const verified = await verifyTdxEvidence(io, args, read, reportData);
    const result = decide(verified, policy);
    await writeEar(io, args, result, quote);
    const notes = readsAsQuote(verified) ? [] : otherFormatNotes(quote);
    printResult(io, args, result, asksFrom({ ...TDX_CHECKS, ...POLICY_CHECKS }), { notes });
    return EXIT[result.verdict];
  },
};

function readsAsQuote({ checks }: TdxVerification): boolean {
  return checks.some(({ id, outcome }) => id === 'tdx.quote.format' && outcome === 'pass');
}
