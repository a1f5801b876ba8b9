import {
  acceptable,
  authentic,
  authenticIfGiven,
  idsWhere,
  onRequest,
  type Questions,
} from '../question.ts';
import type { CheckId } from '../verdict.ts';

/**
 * Every question that the SEV-SNP verifier asks. One that can't be asked, since what it is
 * about could not be read, has no answer in a result; asked or not, an answer other than
 * `pass` or `skipped` to one of the baseline accepts nothing.
 */
export const SNP_CHECKS = {
  'snp.clock': authentic('at', 'Is the time to verify at a real instant?'),
  'snp.report.format': authentic(
    'report',
    'Is it an attestation report of version 2 to 5, its length exact?',
  ),
  'snp.report.reserved': authentic('report', 'Are all bytes zero that this version reserves?'),
  'snp.report.signature_algo': authentic(
    'report.signature_algo',
    'Does it say ECDSA P-384 with SHA-384?',
  ),
  'snp.report.signing_key': authentic('report.key_info', 'Did a VCEK or a VLEK sign it?'),
  'snp.report.signature_format': authentic(
    'report.signature',
    'Are R and S in range, and all bytes around them zero?',
  ),
  'snp.certificate_table.format': authenticIfGiven(
    'certificate_table',
    'Is the table behind the report well-formed, every entry within its bounds?',
  ),
  'snp.vek.format': authentic('vek', 'Is there a readable VCEK or VLEK certificate?'),
  'snp.vek.kind': authentic('vek', 'Is it the kind of certificate that the report names?'),
  'snp.vek.extensions': authentic('vek', 'Are all of AMD’s extensions there, each exact?'),
  'snp.vek.intermediate': authentic(
    'chain',
    'Is there an ASK (for a VLEK: an ASVK), fit for its role?',
  ),
  'snp.vek.chain': authentic('chain', 'Is each certificate issued and signed by the next?'),
  'snp.vek.root': authentic('chain', 'Is the root a pinned ARK?'),
  'snp.vek.validity': authentic('vek', 'Are all three certificates within their validity?'),
  'snp.vek.hwid': authentic('vek.extensions.hwID', 'Is the certificate for this chip?'),
  'snp.vek.tcb': authentic('vek.extensions.spl', 'Is the certificate for the reported TCB?'),
  'snp.product.known': authentic('report.cpuid', 'Is the processor one that has SEV-SNP roots?'),
  'snp.product.match': authentic(
    'report.cpuid',
    'Are report, certificates and root of one product line?',
  ),
  'snp.crl.format': authenticIfGiven('crl', 'Is the CRL readable?'),
  'snp.crl.signature': authenticIfGiven('crl', 'Did this ARK sign the CRL?'),
  'snp.crl.validity': authenticIfGiven('crl', 'Is the CRL in date?'),
  'snp.vek.revocation': authenticIfGiven('chain', 'Is the ASK or ASVK not revoked?'),
  'snp.report.signature': authentic('report.signature', 'Did the VCEK or VLEK sign this report?'),
  'snp.policy.reserved': acceptable(
    'report.policy',
    'Is bit 17 of the guest policy set, and every other bit known?',
  ),
  'snp.policy.debug': acceptable('report.policy', 'Does the guest policy forbid debugging?'),
  'snp.policy.migrate_ma': acceptable(
    'report.policy',
    'Does the guest policy forbid a migration agent?',
  ),
  'snp.platform_info.reserved': acceptable(
    'report.platform_info',
    'Is every bit of the platform information known?',
  ),
  'snp.report.vmpl': acceptable('report.vmpl', 'Was it requested at VMPL 0, and not by the host?'),
  'snp.report_data': onRequest('report.report_data', 'Is the report data what was asked for?'),
  'snp.tcb.minimum': onRequest(
    'report.reported_tcb',
    'Is the reported TCB at or above the minimum?',
  ),
  'snp.tcb.minimum_launch': onRequest(
    'report.launch_tcb',
    'Is the TCB at the guest’s launch at or above the minimum?',
  ),
  'snp.tcb.minimum_committed': onRequest(
    'report.committed_tcb',
    'Is the committed TCB at or above the minimum?',
  ),
  'snp.tcb.fixes': onRequest(
    'report.reported_tcb',
    'Does the reported TCB have the fixes of the bulletins asked for?',
  ),
} as const satisfies Questions<CheckId>;

export type SnpCheckId = keyof typeof SNP_CHECKS;

/** What must pass for `authentic`, as far as it applies. */
export const SNP_AUTHENTIC = idsWhere(SNP_CHECKS, (question) => question.authentic);

/** What must pass for `accept` without a policy (the built-in baseline), as far as it applies. */
export const SNP_BASELINE = idsWhere(SNP_CHECKS, (question) => question.baseline);
