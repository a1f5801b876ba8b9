import { acceptable, onRequest, type Questions } from '../../evidence/question.ts';
import type { CheckId } from '../../evidence/verdict.ts';

/**
 * Every question that a policy asks beyond what a verification has answered. Their ids are the
 * reason codes of a decision: API, added to and never renamed.
 */
export const POLICY_CHECKS = {
  'policy.lifecycle': acceptable('policy.metadata.lifecycle', 'Is the policy in force?'),
  'policy.evidence.kind': acceptable(
    'cpu',
    'Is it evidence of the kind of CPU that the policy is about?',
  ),
  'policy.reference_set.lifecycle': acceptable(
    'cpu',
    'Does that reference set admit machines now?',
  ),
  'policy.tdx.mr_td': onRequest(
    'quote.body.mr_td',
    'Is the firmware the one of the reference set?',
  ),
  'policy.tdx.rtmr0': onRequest('quote.body.rtmr0', 'Is RTMR0 that of the reference set?'),
  'policy.tdx.rtmr1': onRequest('quote.body.rtmr1', 'Is RTMR1 that of the reference set?'),
  'policy.tdx.rtmr2': onRequest('quote.body.rtmr2', 'Is RTMR2 that of the reference set?'),
  'policy.tdx.rtmr3': onRequest('quote.body.rtmr3', 'Is RTMR3 that of the reference set?'),
  'policy.tdx.mr_config_id': onRequest(
    'quote.body.mr_config_id',
    'Is MRCONFIGID that of the reference set?',
  ),
  'policy.tdx.mr_owner': onRequest('quote.body.mr_owner', 'Is MROWNER that of the reference set?'),
  'policy.tdx.mr_owner_config': onRequest(
    'quote.body.mr_owner_config',
    'Is MROWNERCONFIG that of the reference set?',
  ),
  'policy.tdx.mr_service_td': onRequest(
    'quote.body.mr_service_td',
    'Is MRSERVICETD that of the reference set?',
  ),
  'policy.tdx.attributes': onRequest(
    'quote.body.td_attributes',
    'Are the attributes of the TD set and clear as wanted?',
  ),
  'policy.tdx.xfam': onRequest('quote.body.xfam', 'Are the TD’s CPU features as wanted?'),
  'policy.tdx.module_version': onRequest(
    'quote.body.tee_tcb_svn',
    'Is the TDX module, at launch and now, at or above its floor?',
  ),
  'policy.tdx.mr_seam': onRequest('quote.body.mr_seam', 'Is it one of the TDX modules wanted?'),
  'policy.tdx.fmspc': onRequest('quote.pck', 'Is it one of the kinds of platform wanted (FMSPC)?'),
  'policy.tdx.platform': onRequest('quote.pck', 'Is the platform configured as wanted?'),
  'policy.tdx.tcb_status': onRequest(
    'quote.body.tee_tcb_svn',
    'Is the TCB status one that is accepted?',
  ),
  'policy.tdx.advisories': onRequest(
    'collateral.tcb_info',
    'Is there an exception in date for each advisory that the platform is behind on?',
  ),
  'policy.tdx.evaluation_data_number': onRequest(
    'collateral.tcb_info.tcbEvaluationDataNumber',
    'Is Intel’s evaluation at or above the floor?',
  ),
  'policy.snp.measurement': onRequest(
    'report.measurement',
    'Is the launch measurement that of the reference set?',
  ),
  'policy.snp.host_data': onRequest('report.host_data', 'Is HOST_DATA that of the reference set?'),
  'policy.snp.family_id': onRequest('report.family_id', 'Is FAMILY_ID that of the reference set?'),
  'policy.snp.image_id': onRequest('report.image_id', 'Is IMAGE_ID that of the reference set?'),
  'policy.snp.id_key_digest': onRequest(
    'report.id_key_digest',
    'Is the ID block signed by the key of the reference set?',
  ),
  'policy.snp.author_key_digest': onRequest(
    'report.author_key_digest',
    'Is the author key that of the reference set?',
  ),
  'policy.snp.guest_svn': onRequest(
    'report.guest_svn',
    'Is GUEST_SVN at or above that of the reference set?',
  ),
  'policy.snp.guest_policy': onRequest(
    'report.policy',
    'Are the bits of the guest policy set and clear as wanted?',
  ),
  'policy.snp.min_abi': onRequest(
    'report.policy',
    'Does the guest demand firmware of this ABI version or a later one?',
  ),
  'policy.snp.platform_info': onRequest(
    'report.platform_info',
    'Are the bits of the platform information set and clear as wanted?',
  ),
  'policy.snp.min_tcb': onRequest(
    'report.reported_tcb',
    'Is each TCB named at or above the minimum of its product?',
  ),
  'policy.snp.bulletins': onRequest(
    'report.reported_tcb',
    'Does the reported TCB show the fixes of the bulletins wanted?',
  ),
  'policy.snp.vmpl': onRequest('report.vmpl', 'Was it requested at a VMPL that is accepted?'),
  'policy.snp.signer': onRequest(
    'report.key_info',
    'Was it signed by a kind of key that is accepted?',
  ),
  'policy.snp.provisional_firmware': onRequest(
    'report.committed_tcb',
    'Is the firmware that runs also the committed one?',
  ),
  'policy.snp.revocation': onRequest('crl', 'Was a CRL of AMD’s checked?'),
  'policy.gpu.count': onRequest('devices', 'Are there as many GPUs as wanted?'),
  'policy.gpu.distinct': onRequest('devices', 'Are they different GPUs, by their serials?'),
  'policy.gpu.challenge': onRequest(
    'devices',
    'Did every GPU sign a nonce derived from the CPU’s own challenge?',
  ),
  'policy.gpu.model': onRequest('devices', 'Is each GPU of a model that is accepted?'),
  'policy.gpu.mode': onRequest('devices', 'Is each GPU in a mode that is accepted?'),
  'policy.gpu.release': onRequest(
    'devices',
    'Do driver and VBIOS of each GPU belong to one release that is accepted?',
  ),
  'policy.gpu.revocation': onRequest('devices', 'Was the revocation of each GPU checked?'),
  'policy.nvswitch.count': onRequest('devices', 'Are there as many switches as wanted?'),
  'policy.nvswitch.distinct': onRequest(
    'devices',
    'Are they different switches, by their serials?',
  ),
  'policy.nvswitch.challenge': onRequest(
    'devices',
    'Did every switch sign a nonce derived from the CPU’s own challenge?',
  ),
  'policy.nvswitch.bios': onRequest('devices', 'Is the BIOS of each switch one that is accepted?'),
  'policy.nvswitch.revocation': onRequest('devices', 'Was the revocation of each switch checked?'),
  'policy.vtpm.quote': onRequest('vtpm.quote', 'Did the vTPM quote over the appraiser’s nonce?'),
  'policy.vtpm.pcrs': onRequest('vtpm.pcrs', 'Are the quoted PCRs those of the policy?'),
  'policy.composite.topology': onRequest(
    'devices',
    'Do GPUs and switches name each other, all in one mode?',
  ),
  'policy.composite.unexpected': acceptable(
    'bundle',
    'Is there nothing beside what the policy is about?',
  ),
  'policy.binding.recipe': onRequest(
    'binding.recipe',
    'Are keys bound by a recipe that is accepted?',
  ),
  'policy.binding.keys': onRequest('binding', 'Is each kind of key bound that is wanted?'),
  'policy.binding.purpose': onRequest(
    'binding.purpose',
    'Was it made for a purpose that is accepted?',
  ),
  'policy.binding.challenge': onRequest(
    'binding.nonce',
    'Does it answer the challenge of whoever appraises it?',
  ),
  'policy.workload.agent_config': onRequest(
    'binding.keyset',
    'Was the agent told what it should be told?',
  ),
  'policy.workload.weights': onRequest(
    'event_log',
    'Are the measured weights of a model that is accepted?',
  ),
  'policy.deployment.identity': onRequest('cpu', 'Is it one of the operator’s own machines?'),
  'policy.log.command_line': onRequest(
    'event_log',
    'Does the measured command line keep the kernel from the host’s eyes?',
  ),
  'policy.log.events': onRequest('event_log', 'Is there no measured event that is forbidden?'),
  'policy.assertion': onRequest('policy.spec.assertions', 'Is the assertion strictly true?'),
} as const satisfies Questions<CheckId>;

export type PolicyCheckId = keyof typeof POLICY_CHECKS;
