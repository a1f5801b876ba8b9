import { agentDigestVerb } from './agent/agent-digest.ts';
import { agentVerb } from './agent/agent-run.ts';
import { auditBackupVerb, auditRestoreVerb } from './audit/audit-backup.ts';
import { auditExportVerb } from './audit/audit-export.ts';
import { auditForgetVerb } from './audit/audit-forget.ts';
import { auditFsckVerb } from './audit/audit-fsck.ts';
import { auditInfoVerb } from './audit/audit-info.ts';
import { auditInitVerb } from './audit/audit-init.ts';
import { auditListVerb } from './audit/audit-list.ts';
import { auditPolicyVerb } from './audit/audit-policy.ts';
import { auditProveVerb } from './audit/audit-prove.ts';
import { auditPublishVerb } from './audit/audit-publish.ts';
import { auditReplayVerb } from './audit/audit-replay.ts';
import { auditResumeVerb } from './audit/audit-resume.ts';
import { auditServeVerb } from './audit/audit-serve.ts';
import { auditVerifyVerb } from './audit/audit-verify.ts';
import { auditWatchVerb } from './audit/audit-watch.ts';
import { auditWitnessVerb } from './audit/audit-witness.ts';
import { caInitVerb } from './certificates/ca-init.ts';
import { certVerifyVerb } from './client/cert-verify.ts';
import { chatVerb } from './client/chat-verb.ts';
import { proxyVerb } from './client/proxy-verb.ts';
import { conformanceVerb } from './conformance/verb.ts';
import { demoVerb } from './demo/demo.ts';
import { demoSshVerb } from './demo/ssh/demo-ssh.ts';
import { earVerifyVerb } from './ear-verify.ts';
import {
  endorsementsCheckVerb,
  endorsementsEvaluationsVerb,
  endorsementsFetchVerb,
  endorsementsListVerb,
} from './endorsements.ts';
import { gatewayCheckVerb } from './gateway/gateway-check.ts';
import { gatewayInitVerb } from './gateway/gateway-init.ts';
import { gatewayVerb } from './gateway/gateway-run.ts';
import { inspectVerb } from './inspect.ts';
import { keysAddPublicKeyVerb, keysCreateVerb } from './keys/keys-create.ts';
import { keysListVerb } from './keys/keys-list.ts';
import { keysQuotasVerb } from './keys/keys-quotas.ts';
import { keysRevokeVerb, keysRotateVerb } from './keys/keys-rotate.ts';
import {
  nodesOverrideVerb,
  nodesQuarantineVerb,
  nodesReleaseVerb,
  nodesRemoveVerb,
  nodesRevokeVerb,
} from './nodes/nodes-acts.ts';
import { nodesAttestVerb, nodesChallengeVerb } from './nodes/nodes-attest.ts';
import { nodesCallVerb } from './nodes/nodes-call.ts';
import { nodesEnrolVerb } from './nodes/nodes-enrol.ts';
import { nodesEventsVerb } from './nodes/nodes-events.ts';
import { nodesListVerb } from './nodes/nodes-list.ts';
import { nodesShowVerb } from './nodes/nodes-show.ts';
import { policyDiffVerb } from './policy-diff.ts';
import { policyExplainVerb } from './policy-explain.ts';
import { policyFromCorimVerb } from './policy-from-corim.ts';
import {
  policyFromBundleVerb,
  policyFromSnpVerb,
  policyFromTdxVerb,
} from './policy-from-evidence.ts';
import { policyFromSnpImageVerb, policyFromTdxImageVerb } from './policy-from-image.ts';
import { policyLintVerb } from './policy-lint.ts';
import { policyRevokeVerb } from './policy-revoke.ts';
import { policySignVerb } from './policy-sign.ts';
import { policyTestVerb } from './policy-test.ts';
import { policyVerifyVerb } from './policy-verify.ts';
import { simulatorNvidiaVerb, simulatorSnpVerb, simulatorTdxVerb } from './simulator.ts';
import { snpCheckIdBlockVerb } from './snp-check-id-block.ts';
import { snpFloorsVerb } from './snp-floors.ts';
import { snpIdBlockVerb } from './snp-id-block.ts';
import { snpMeasureVerb } from './snp-measure.ts';
import { knownHostsVerb } from './ssh/known-hosts-verb.ts';
import { sshConfigVerb } from './ssh/ssh-config-verb.ts';
import { sshVerb } from './ssh/ssh-verb.ts';
import { tdxMeasureVerb } from './tdx-measure.ts';
import { tlsVerb } from './tls/tls-verb.ts';
import { usageExportVerb } from './usage/usage-export.ts';
import { usageListVerb } from './usage/usage-list.ts';
import type { Verb } from './verb.ts';
import { verifyBundleVerb } from './verify-bundle.ts';
import { verifyNvidiaVerb } from './verify-nvidia.ts';
import { verifyRimVerb } from './verify-rim.ts';
import { verifySnpVerb } from './verify-snp.ts';
import { verifyTdxVerb } from './verify-tdx.ts';
import { verifyVtpmVerb } from './verify-vtpm.ts';

/** All that `postern` can be asked for, in the order of its help. */
export const VERBS: readonly Verb[] = [
  verifyTdxVerb,
  verifySnpVerb,
  verifyNvidiaVerb,
  verifyRimVerb,
  verifyVtpmVerb,
  verifyBundleVerb,
  inspectVerb,
  policyLintVerb,
  policyExplainVerb,
  policyDiffVerb,
  policyTestVerb,
  policyFromBundleVerb,
  policyFromTdxVerb,
  policyFromSnpVerb,
  policyFromTdxImageVerb,
  policyFromSnpImageVerb,
  policyFromCorimVerb,
  policySignVerb,
  policyVerifyVerb,
  policyRevokeVerb,
  earVerifyVerb,
  auditInitVerb,
  auditInfoVerb,
  auditListVerb,
  auditProveVerb,
  auditVerifyVerb,
  auditReplayVerb,
  auditExportVerb,
  auditFsckVerb,
  auditWatchVerb,
  auditPublishVerb,
  auditPolicyVerb,
  auditForgetVerb,
  auditBackupVerb,
  auditRestoreVerb,
  auditResumeVerb,
  auditServeVerb,
  auditWitnessVerb,
  proxyVerb,
  chatVerb,
  sshVerb,
  knownHostsVerb,
  sshConfigVerb,
  tlsVerb,
  certVerifyVerb,
  gatewayVerb,
  gatewayInitVerb,
  gatewayCheckVerb,
  caInitVerb,
  agentVerb,
  agentDigestVerb,
  keysListVerb,
  keysCreateVerb,
  keysAddPublicKeyVerb,
  keysQuotasVerb,
  keysRotateVerb,
  keysRevokeVerb,
  usageListVerb,
  usageExportVerb,
  nodesListVerb,
  nodesShowVerb,
  nodesEnrolVerb,
  nodesChallengeVerb,
  nodesAttestVerb,
  nodesCallVerb,
  nodesQuarantineVerb,
  nodesReleaseVerb,
  nodesOverrideVerb,
  nodesRevokeVerb,
  nodesRemoveVerb,
  nodesEventsVerb,
  tdxMeasureVerb,
  snpMeasureVerb,
  snpFloorsVerb,
  snpIdBlockVerb,
  snpCheckIdBlockVerb,
  endorsementsFetchVerb,
  endorsementsListVerb,
  endorsementsCheckVerb,
  endorsementsEvaluationsVerb,
  conformanceVerb,
  demoVerb,
  demoSshVerb,
  simulatorTdxVerb,
  simulatorSnpVerb,
  simulatorNvidiaVerb,
];
