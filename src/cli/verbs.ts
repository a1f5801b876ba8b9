import type { Verb } from './verb.ts';

/**
 * All that `postern` can be asked for, in the order of its help. Each is loaded when it is asked
 * for: what ssh waits for loads no gateway.
 */
const LOADERS: Readonly<Record<string, () => Promise<Verb>>> = {
  'verify tdx': async () => (await import('./verify-tdx.ts')).verifyTdxVerb,
  'verify snp': async () => (await import('./verify-snp.ts')).verifySnpVerb,
  'verify nvidia': async () => (await import('./verify-nvidia.ts')).verifyNvidiaVerb,
  'verify rim': async () => (await import('./verify-rim.ts')).verifyRimVerb,
  'verify vtpm': async () => (await import('./verify-vtpm.ts')).verifyVtpmVerb,
  'verify bundle': async () => (await import('./verify-bundle.ts')).verifyBundleVerb,
  inspect: async () => (await import('./inspect.ts')).inspectVerb,
  'policy lint': async () => (await import('./policy-lint.ts')).policyLintVerb,
  'policy explain': async () => (await import('./policy-explain.ts')).policyExplainVerb,
  'policy diff': async () => (await import('./policy-diff.ts')).policyDiffVerb,
  'policy test': async () => (await import('./policy-test.ts')).policyTestVerb,
  'policy from bundle': async () =>
    (await import('./policy-from-evidence.ts')).policyFromBundleVerb,
  'policy from tdx': async () => (await import('./policy-from-evidence.ts')).policyFromTdxVerb,
  'policy from snp': async () => (await import('./policy-from-evidence.ts')).policyFromSnpVerb,
  'policy from tdx-image': async () =>
    (await import('./policy-from-image.ts')).policyFromTdxImageVerb,
  'policy from snp-image': async () =>
    (await import('./policy-from-image.ts')).policyFromSnpImageVerb,
  'policy from corim': async () => (await import('./policy-from-corim.ts')).policyFromCorimVerb,
  'policy sign': async () => (await import('./policy-sign.ts')).policySignVerb,
  'policy verify': async () => (await import('./policy-verify.ts')).policyVerifyVerb,
  'policy revoke': async () => (await import('./policy-revoke.ts')).policyRevokeVerb,
  'ear verify': async () => (await import('./ear-verify.ts')).earVerifyVerb,
  'audit init': async () => (await import('./audit/audit-init.ts')).auditInitVerb,
  'audit info': async () => (await import('./audit/audit-info.ts')).auditInfoVerb,
  'audit list': async () => (await import('./audit/audit-list.ts')).auditListVerb,
  'audit prove': async () => (await import('./audit/audit-prove.ts')).auditProveVerb,
  'audit verify': async () => (await import('./audit/audit-verify.ts')).auditVerifyVerb,
  'audit replay': async () => (await import('./audit/audit-replay.ts')).auditReplayVerb,
  'audit export': async () => (await import('./audit/audit-export.ts')).auditExportVerb,
  'audit fsck': async () => (await import('./audit/audit-fsck.ts')).auditFsckVerb,
  'audit watch': async () => (await import('./audit/audit-watch.ts')).auditWatchVerb,
  'audit publish': async () => (await import('./audit/audit-publish.ts')).auditPublishVerb,
  'audit policy': async () => (await import('./audit/audit-policy.ts')).auditPolicyVerb,
  'audit forget': async () => (await import('./audit/audit-forget.ts')).auditForgetVerb,
  'audit backup': async () => (await import('./audit/audit-backup.ts')).auditBackupVerb,
  'audit restore': async () => (await import('./audit/audit-backup.ts')).auditRestoreVerb,
  'audit resume': async () => (await import('./audit/audit-resume.ts')).auditResumeVerb,
  'audit serve': async () => (await import('./audit/audit-serve.ts')).auditServeVerb,
  'audit witness': async () => (await import('./audit/audit-witness.ts')).auditWitnessVerb,
  proxy: async () => (await import('./client/proxy-verb.ts')).proxyVerb,
  chat: async () => (await import('./client/chat-verb.ts')).chatVerb,
  ssh: async () => (await import('./ssh/ssh-verb.ts')).sshVerb,
  'known-hosts': async () => (await import('./ssh/known-hosts-verb.ts')).knownHostsVerb,
  'ssh-config': async () => (await import('./ssh/ssh-config-verb.ts')).sshConfigVerb,
  tls: async () => (await import('./tls/tls-verb.ts')).tlsVerb,
  'cert verify': async () => (await import('./client/cert-verify.ts')).certVerifyVerb,
  gateway: async () => (await import('./gateway/gateway-run.ts')).gatewayVerb,
  'gateway init': async () => (await import('./gateway/gateway-init.ts')).gatewayInitVerb,
  'gateway check': async () => (await import('./gateway/gateway-check.ts')).gatewayCheckVerb,
  'ca init': async () => (await import('./certificates/ca-init.ts')).caInitVerb,
  agent: async () => (await import('./agent/agent-run.ts')).agentVerb,
  'agent digest': async () => (await import('./agent/agent-digest.ts')).agentDigestVerb,
  'keys list': async () => (await import('./keys/keys-list.ts')).keysListVerb,
  'keys create': async () => (await import('./keys/keys-create.ts')).keysCreateVerb,
  'keys add-public-key': async () => (await import('./keys/keys-create.ts')).keysAddPublicKeyVerb,
  'keys quotas': async () => (await import('./keys/keys-quotas.ts')).keysQuotasVerb,
  'keys rotate': async () => (await import('./keys/keys-rotate.ts')).keysRotateVerb,
  'keys revoke': async () => (await import('./keys/keys-rotate.ts')).keysRevokeVerb,
  'usage list': async () => (await import('./usage/usage-list.ts')).usageListVerb,
  'usage export': async () => (await import('./usage/usage-export.ts')).usageExportVerb,
  'nodes list': async () => (await import('./nodes/nodes-list.ts')).nodesListVerb,
  'nodes show': async () => (await import('./nodes/nodes-show.ts')).nodesShowVerb,
  'nodes enrol': async () => (await import('./nodes/nodes-enrol.ts')).nodesEnrolVerb,
  'nodes challenge': async () => (await import('./nodes/nodes-attest.ts')).nodesChallengeVerb,
  'nodes attest': async () => (await import('./nodes/nodes-attest.ts')).nodesAttestVerb,
  'nodes call': async () => (await import('./nodes/nodes-call.ts')).nodesCallVerb,
  'nodes quarantine': async () => (await import('./nodes/nodes-acts.ts')).nodesQuarantineVerb,
  'nodes release': async () => (await import('./nodes/nodes-acts.ts')).nodesReleaseVerb,
  'nodes override': async () => (await import('./nodes/nodes-acts.ts')).nodesOverrideVerb,
  'nodes revoke': async () => (await import('./nodes/nodes-acts.ts')).nodesRevokeVerb,
  'nodes remove': async () => (await import('./nodes/nodes-acts.ts')).nodesRemoveVerb,
  'nodes events': async () => (await import('./nodes/nodes-events.ts')).nodesEventsVerb,
  'tdx measure': async () => (await import('./tdx-measure.ts')).tdxMeasureVerb,
  'snp measure': async () => (await import('./snp-measure.ts')).snpMeasureVerb,
  'snp floors': async () => (await import('./snp-floors.ts')).snpFloorsVerb,
  'snp id-block': async () => (await import('./snp-id-block.ts')).snpIdBlockVerb,
  'snp check-id-block': async () => (await import('./snp-check-id-block.ts')).snpCheckIdBlockVerb,
  'endorsements fetch': async () => (await import('./endorsements.ts')).endorsementsFetchVerb,
  'endorsements list': async () => (await import('./endorsements.ts')).endorsementsListVerb,
  'endorsements check': async () => (await import('./endorsements.ts')).endorsementsCheckVerb,
  'endorsements evaluations': async () =>
    (await import('./endorsements.ts')).endorsementsEvaluationsVerb,
  conformance: async () => (await import('./conformance/verb.ts')).conformanceVerb,
  demo: async () => (await import('./demo/demo.ts')).demoVerb,
  'demo ssh': async () => (await import('./demo/ssh/demo-ssh.ts')).demoSshVerb,
  'simulator tdx': async () => (await import('./simulator.ts')).simulatorTdxVerb,
  'simulator snp': async () => (await import('./simulator.ts')).simulatorSnpVerb,
  'simulator nvidia': async () => (await import('./simulator.ts')).simulatorNvidiaVerb,
};

export const VERB_NAMES: readonly string[] = Object.keys(LOADERS);

/** @param name one of `VERB_NAMES`; undefined for any other. */
export async function loadVerb(name: string): Promise<Verb | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]?.() : undefined;
}

/** Those of these names that there are, in their order. */
export async function loadVerbs(names: readonly string[]): Promise<readonly Verb[]> {
  const verbs = await Promise.all(names.map(loadVerb));
  return verbs.filter((verb) => verb !== undefined);
}
