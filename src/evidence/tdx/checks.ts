import { acceptable, authentic, idsWhere, onRequest, type Questions } from '../question.ts';
import type { CheckId } from '../verdict.ts';

/**
 * Every question that the TDX verifier asks. One that can't be asked, since what it is about
 * could not be read, has no answer in a result; asked or not, an answer other than `pass` to
 * one of the baseline accepts nothing.
 */
export const TDX_CHECKS = {
  'tdx.clock': authentic('at', 'Is the time to verify at a real instant?'),
  'tdx.quote.format': authentic('quote', 'Is it a TDX quote, every length exact?'),
  'tdx.quote.trailing_bytes': authentic('quote', 'Is what follows the quote nothing but zeros?'),
  'tdx.quote.qe_vendor_id': authentic(
    'quote.header.qe_vendor_id',
    'Is it from Intel’s quoting enclave?',
  ),
  'tdx.quote.certification_data': authentic(
    'quote.certification_data',
    'Does the quote carry its PCK certificate chain?',
  ),
  'tdx.pck.certificates': authentic(
    'quote.certification_data',
    'Are there exactly a PCK certificate, a PCK CA and the root, each fit for its role?',
  ),
  'tdx.pck.chain': authentic(
    'quote.certification_data',
    'Is each certificate issued and signed by the next?',
  ),
  'tdx.pck.root': authentic('quote.certification_data', 'Is the root the pinned anchor?'),
  'tdx.pck.validity': authentic(
    'quote.certification_data',
    'Are all three certificates within their validity?',
  ),
  'tdx.pck.extension': authentic(
    'quote.certification_data',
    'Is Intel’s SGX extension of the PCK certificate complete?',
  ),
  'tdx.collateral.format': onRequest('collateral', 'Is the collateral file readable?'),
  'tdx.root_crl.format': authentic(
    'collateral.root_ca_crl',
    'Is there a readable CRL of the root CA?',
  ),
  'tdx.root_crl.signature': authentic('collateral.root_ca_crl', 'Did the root sign its CRL?'),
  'tdx.root_crl.validity': authentic('collateral.root_ca_crl', 'Is the root CA’s CRL in date?'),
  'tdx.pck_crl.signer': onRequest(
    'collateral.pck_crl_issuer_chain',
    'Without a quote: is the issuer chain a PCK CA under the pinned root?',
  ),
  'tdx.pck_crl.format': authentic('collateral.pck_crl', 'Is there a readable CRL of the PCK CA?'),
  'tdx.pck_crl.signature': authentic(
    'collateral.pck_crl',
    'Did the PCK CA of this quote sign its CRL?',
  ),
  'tdx.pck_crl.validity': authentic('collateral.pck_crl', 'Is the PCK CA’s CRL in date?'),
  'tdx.pck.revocation': authentic(
    'quote.certification_data',
    'Are the PCK certificate and its CA not revoked?',
  ),
  'tdx.tcb_info.format': authentic(
    'collateral.tcb_info',
    'Is there a readable TDX TCB info, version 3?',
  ),
  'tdx.tcb_info.signer': authentic(
    'collateral.tcb_info_issuer_chain',
    'Is the signer of the TCB info Intel’s TCB signing certificate, issued by the pinned root?',
  ),
  'tdx.tcb_info.revocation': authentic(
    'collateral.tcb_info_issuer_chain',
    'Is the signer of the TCB info not revoked?',
  ),
  'tdx.tcb_info.signature': authentic(
    'collateral.tcb_info_signature',
    'Are the exact bytes of the TCB info signed?',
  ),
  'tdx.tcb_info.validity': acceptable(
    'collateral.tcb_info',
    'Are the TCB info and its signer in date?',
  ),
  'tdx.tcb_info.fmspc': authentic(
    'collateral.tcb_info.fmspc',
    'Is the TCB info for this kind of platform (FMSPC)?',
  ),
  'tdx.tcb_info.pceid': authentic(
    'collateral.tcb_info.pceId',
    'Is the TCB info for this provisioning certification enclave (PCEID)?',
  ),
  'tdx.qe_identity.format': authentic(
    'collateral.qe_identity',
    'Is there a readable TD_QE identity, version 2?',
  ),
  'tdx.qe_identity.signer': authentic(
    'collateral.qe_identity_issuer_chain',
    'Is the signer of the QE identity Intel’s TCB signing certificate, issued by the pinned root?',
  ),
  'tdx.qe_identity.revocation': authentic(
    'collateral.qe_identity_issuer_chain',
    'Is the signer of the QE identity not revoked?',
  ),
  'tdx.qe_identity.signature': authentic(
    'collateral.qe_identity_signature',
    'Are the exact bytes of the QE identity signed?',
  ),
  'tdx.qe_identity.validity': acceptable(
    'collateral.qe_identity',
    'Are the QE identity and its signer in date?',
  ),
  'tdx.qe_report.signature': authentic(
    'quote.qe_report_signature',
    'Did the PCK key sign the quoting enclave’s report?',
  ),
  'tdx.qe_report.binding': authentic(
    'quote.qe_report.report_data',
    'Does that report commit to the attestation key?',
  ),
  'tdx.qe_report.identity': authentic(
    'quote.qe_report',
    'Is it the enclave that the QE identity describes?',
  ),
  'tdx.qe_report.debug': authentic(
    'quote.qe_report.attributes',
    'Is the quoting enclave not a debug enclave?',
  ),
  'tdx.quote.signature': authentic(
    'quote.signature',
    'Did the attestation key sign header and body?',
  ),
  'tdx.module.identity': authentic(
    'quote.body.tee_tcb_svn',
    'Does the TCB info know this TDX module version?',
  ),
  'tdx.module.mr_signer': authentic(
    'quote.body.mr_signer_seam',
    'Is the TDX module signed by its expected signer?',
  ),
  'tdx.module.attributes': authentic(
    'quote.body.seam_attributes',
    'Are the TDX module’s attributes zero and as expected?',
  ),
  'tdx.tcb.supported': acceptable(
    'quote.body.tee_tcb_svn',
    'Does Intel list a TCB level for platform, TDX module and QE?',
  ),
  'tdx.tcb.not_revoked': authentic('quote.body.tee_tcb_svn', 'Is none of these levels revoked?'),
  'tdx.tcb.status': acceptable('quote.body.tee_tcb_svn', 'Is the converged TCB status UpToDate?'),
  'tdx.tcb.evaluation_data_number': onRequest(
    'collateral.tcb_info.tcbEvaluationDataNumber',
    'Is the evaluation data at or above the floor asked for?',
  ),
  'tdx.td.debug': acceptable('quote.body.td_attributes', 'Is the trust domain not in debug mode?'),
  'tdx.td.attributes': acceptable('quote.body.td_attributes', 'Is no reserved attribute bit set?'),
  'tdx.report_data': onRequest('quote.body.report_data', 'Is the report data what was asked for?'),
  'tdx.event_log.table': onRequest(
    'event_log.table',
    'Is the ACPI table one of a TDX event log, and large enough for it?',
  ),
  'tdx.event_log.format': onRequest('event_log', 'Is the event log readable to its end?'),
  'tdx.event_log.rtmr0': onRequest('event_log.rtmr0', 'Does the log replay to the quoted RTMR0?'),
  'tdx.event_log.rtmr1': onRequest('event_log.rtmr1', 'Does the log replay to the quoted RTMR1?'),
  'tdx.event_log.rtmr2': onRequest('event_log.rtmr2', 'Does the log replay to the quoted RTMR2?'),
  'tdx.event_log.rtmr3': onRequest('event_log.rtmr3', 'Does the log replay to the quoted RTMR3?'),
  'tdx.event_log.expected': onRequest(
    'event_log',
    'Does the log tell the expected story, event by event?',
  ),
} as const satisfies Questions<CheckId>;

export type TdxCheckId = keyof typeof TDX_CHECKS;

/** What must pass for `authentic`. */
export const TDX_AUTHENTIC = idsWhere(TDX_CHECKS, (question) => question.authentic);

/** What must pass for `accept` without a policy (the built-in baseline). */
export const TDX_BASELINE = idsWhere(TDX_CHECKS, (question) => question.baseline);
