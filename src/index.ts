/**
 * Postern as a library: verifies confidential-computing evidence, purely. Whatever varies
 * (time, anchors, endorsements) is a parameter; nothing here touches network, disk or clock.
 */
export type { Bind, Bound, NotProven } from './appraisal/binding/bound.ts';
export { type Keyset, keysetDigest, parseKeyset } from './appraisal/binding/keyset.ts';
export type { KeysetKey } from './appraisal/binding/keyset-key.ts';
export { raTlsQuote } from './appraisal/binding/ra-tls.ts';
export { type Binding, bindingOf, RECIPES, type RecipeName } from './appraisal/binding/recipe.ts';
export {
  type Challenge,
  type Commitment,
  gpuNonceFor,
  purposeProblem,
  reportDataFor,
  transcriptHash,
} from './appraisal/binding/transcript.ts';
export { BUNDLE_CHECKS, type BundleCheckId } from './appraisal/bundle/checks.ts';
export type { BundleCpu } from './appraisal/bundle/cpu.ts';
export {
  BUNDLE_LIMITS,
  type Bundle,
  type BundleEndorsements,
  type BundleStatements,
  type BundleVtpm,
  parseBundle,
} from './appraisal/bundle/format.ts';
export {
  type BundleAnchors,
  type BundleClocks,
  type BundleExpectation,
  type BundleInput,
  bundleClocksAt,
  type FoundEndorsements,
} from './appraisal/bundle/input.ts';
export {
  type BundleVerification,
  BundleVerifier,
  verifyBundle,
} from './appraisal/bundle/verifier.ts';
export { WEIGHTS_EVENT } from './appraisal/bundle/weights.ts';
export { type VtpmVerification, verifyVtpmOn } from './appraisal/vtpm.ts';
export { JsonShape } from './core/encoding/json-shape.ts';
export { Fault, type FaultCode } from './core/fault.ts';
export { AMD_ROOTS } from './core/x509/amd-roots.ts';
export {
  type AnchorKind,
  anchorFromCertificate,
  INTEL_SGX_ROOT,
  type RootKind,
  type TrustAnchor,
} from './core/x509/anchors.ts';
export { NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from './core/x509/nvidia-roots.ts';
export { NVIDIA_ROOTS, type NvidiaAnchors } from './evidence/nvidia/anchors.ts';
export {
  NVIDIA_CHECKS,
  NVIDIA_TOPOLOGY_CHECKS,
  type NvidiaCheckId,
  type NvidiaTopologyCheckId,
  RIM_CHECKS,
  type RimCheckId,
} from './evidence/nvidia/checks.ts';
export type { DeviceIdentity } from './evidence/nvidia/device.ts';
export { readNvidiaEvidence } from './evidence/nvidia/evidence-json.ts';
export {
  type DeviceKind,
  type NvidiaClocks,
  type NvidiaDevice,
  type NvidiaEndorsements,
  type NvidiaInput,
  type NvidiaRelaxation,
  type NvidiaRequests,
  nvidiaClocksAt,
  type OcspInput,
} from './evidence/nvidia/input.ts';
export {
  type NvidiaNodeInput,
  type NvidiaNodeVerification,
  verifyNvidiaNode,
} from './evidence/nvidia/node.ts';
export { NRAS_CHECKS, type NrasCheckId } from './evidence/nvidia/nras/checks.ts';
export type { NrasInput } from './evidence/nvidia/nras/input.ts';
export {
  type HeldStatements,
  holdStatements,
  type NrasStatement,
  withNrasStatements,
} from './evidence/nvidia/nras/statements.ts';
export { type NrasVerification, verifyNras } from './evidence/nvidia/nras/verify-nras.ts';
export { type NvidiaReport, parseNvidiaReport } from './evidence/nvidia/report.ts';
export { type RimVerification, verifyRim } from './evidence/nvidia/rim/verify-rim.ts';
export { type WantedRim, wantedRims } from './evidence/nvidia/rim-id.ts';
export type { DeviceCounts } from './evidence/nvidia/topology.ts';
export {
  type NvidiaFindings,
  type NvidiaVerification,
  NvidiaVerifier,
  verifyNvidia,
} from './evidence/nvidia/verifier.ts';
export { SNP_AUTHENTIC, SNP_BASELINE, SNP_CHECKS, type SnpCheckId } from './evidence/snp/checks.ts';
export { BULLETINS, FLOORS_AS_OF } from './evidence/snp/floors/bulletins.ts';
export { type BulletinFloor, floorOf, highestFloor } from './evidence/snp/floors/floor.ts';
export { type BulletinState, floorInput, judgeFloors } from './evidence/snp/floors/judge.ts';
export { weaknessesOf } from './evidence/snp/floors/weaknesses.ts';
export {
  type SnpClocks,
  type SnpInput,
  type SnpRelaxation,
  type SnpRequests,
  snpClocksAt,
} from './evidence/snp/input.ts';
export { amdKeyDigest } from './evidence/snp/measure/amd-public-key.ts';
export {
  checkIdBlock,
  type IdBlockInput,
  type IdBlockResult,
} from './evidence/snp/measure/check-id-block.ts';
export { explainMeasurement, type NearMatch } from './evidence/snp/measure/explain.ts';
export { type IdSigner, makeIdAuth } from './evidence/snp/measure/id-auth.ts';
export { encodeIdBlock, type IdBlock } from './evidence/snp/measure/id-block.ts';
export { hashKernel, type KernelHashes } from './evidence/snp/measure/kernel-hashes.ts';
export { type LaunchInput, launchDigest } from './evidence/snp/measure/launch-digest.ts';
export type { Cpuid, ProductLine } from './evidence/snp/product.ts';
export { parseSnpReport, type SnpReport } from './evidence/snp/report.ts';
export { type MinimumTcb, type TcbVersion, tcbVersion } from './evidence/snp/tcb-version.ts';
export {
  type SnpVerification,
  SnpVerifier,
  verifySnp,
} from './evidence/snp/verifier.ts';
export {
  type SnpChainInput,
  type SnpChainVerification,
  verifySnpChain,
} from './evidence/snp/verify-chain.ts';
export { TDX_AUTHENTIC, TDX_BASELINE, TDX_CHECKS, type TdxCheckId } from './evidence/tdx/checks.ts';
export { clocksAt, type TdxClocks } from './evidence/tdx/clocks.ts';
export { parseTdxCollateral, type TdxCollateral } from './evidence/tdx/collateral.ts';
export type { TdxEventLogInput } from './evidence/tdx/event-log/check.ts';
export type { TdxInput, TdxRequests } from './evidence/tdx/input.ts';
export { parseQuote, type Quote } from './evidence/tdx/quote.ts';
export {
  type TdxVerification,
  TdxVerifier,
  verifyTdx,
} from './evidence/tdx/verifier.ts';
export { verifyTdxCollateral } from './evidence/tdx/verify-collateral.ts';
export { type Check, type CheckId, conclude, type Verdict } from './evidence/verdict.ts';
export type {
  Claim,
  Claims,
  EvidenceKind,
  TcbSummary,
  Verification,
} from './evidence/verification.ts';
export { VTPM_CHECKS, type VtpmCheckId } from './evidence/vtpm/checks.ts';
export { type HclReport, parseHclReport } from './evidence/vtpm/hcl-report.ts';
export type { TpmQuoteInput, VtpmInput } from './evidence/vtpm/input.ts';
