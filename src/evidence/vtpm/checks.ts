import { authentic, authenticIfGiven, idsWhere, onRequest, type Questions } from '../question.ts';
import type { CheckId } from '../verdict.ts';

/**
 * Every question about a vTPM that a paravisor vouches for. One that can't be asked, since what
 * it is about could not be read, has no answer in a result; asked or not, an answer other than
 * `pass` to one of the baseline, or to what was given or asked for, accepts nothing.
 */
export const VTPM_CHECKS = {
  'vtpm.evidence.authentic': authentic(
    'evidence',
    'Is the hardware evidence that all of this rests on authentic itself?',
  ),
  'vtpm.evidence.vmpl': authenticIfGiven(
    'evidence.vmpl',
    'Was the SNP report requested at VMPL 0, where the paravisor is and the guest is not?',
  ),
  'vtpm.hcl.format': authentic('hcl', 'Is it an HCL report, its three lengths of one mind?'),
  'vtpm.hcl.hardware': authentic(
    'hcl.report_type',
    'Is it of the kind of hardware that the evidence is of?',
  ),
  'vtpm.hcl.binding': authentic(
    'hcl.variable_data',
    'Is the evidence’s REPORT_DATA the hash of these very bytes of JSON?',
  ),
  'vtpm.runtime.format': authentic('runtime', 'Is the JSON well-formed, each key in it once?'),
  'vtpm.ak.format': authentic(
    'runtime.keys',
    'Does it name an attestation key, RSA of 2048 bits or more?',
  ),
  'vtpm.quote.format': authenticIfGiven('quote', 'Is it a TPM quote, well-formed to its end?'),
  'vtpm.quote.signature': authenticIfGiven(
    'quote.signature',
    'Did the attestation key sign the quote?',
  ),
  'vtpm.quote.nonce': onRequest('quote.extraData', 'Is the quote’s nonce exactly the one asked?'),
  'vtpm.pcrs.format': onRequest('pcrs', 'Are the PCR values readable?'),
  'vtpm.pcrs.selection': onRequest(
    'quote.pcrSelect',
    'Does the quote cover PCRs, and is there a value of each?',
  ),
  'vtpm.pcrs.digest': onRequest('quote.pcrDigest', 'Are these the values that the TPM quoted?'),
  'vtpm.user_data': onRequest('runtime.user-data', 'Is the user data what was asked for?'),
} as const satisfies Questions<CheckId>;

export type VtpmCheckId = keyof typeof VTPM_CHECKS;

/** What must pass for `authentic`, as far as it applies. */
export const VTPM_AUTHENTIC = idsWhere(VTPM_CHECKS, (question) => question.authentic);

/** What must pass for `accept` whatever was given or asked. */
export const VTPM_BASELINE = idsWhere(VTPM_CHECKS, (question) => question.baseline);
