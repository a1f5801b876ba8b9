/**
 * Postern's policies as a library: read, sign, compare and explain them, decide by them, and say
 * the decision in a token. Pure, as all of the verifier: time and keys are parameters.
 */
export type { Appraisal, NearestSet, PolicyName, Reason } from './appraisal/appraise/appraisal.ts';
export { appraise } from './appraisal/appraise/appraise.ts';
export { POLICY_CHECKS, type PolicyCheckId } from './appraisal/appraise/checks.ts';
export { type CompiledPolicy, compilePolicy } from './appraisal/appraise/compiled-policy.ts';
export { type DraftName, draftPolicy } from './appraisal/appraise/draft.ts';
export { type Appraisable, type Subject, subjectOf } from './appraisal/appraise/subject.ts';
export {
  type CorimOptions,
  type CorimReferenceSets,
  corimReferenceSets,
} from './appraisal/corim/reference-sets.ts';
export type { Effect, PolicyChange } from './appraisal/policy/diff/change.ts';
export { diffPolicies } from './appraisal/policy/diff/diff-policies.ts';
export { explainPolicy } from './appraisal/policy/explain/explain-policy.ts';
export { lintPolicy } from './appraisal/policy/lint.ts';
export { type ReadPolicy, readPolicy, tryPolicy } from './appraisal/policy/read-policy.ts';
export { type Policy, PolicySchema } from './appraisal/policy/schema/policy.ts';
export type { SnpReferenceSet } from './appraisal/policy/schema/snp.ts';
export type { TdxReferenceSet } from './appraisal/policy/schema/tdx.ts';
export { checkRevision } from './appraisal/policy/signing/check-revision.ts';
export { CHAIN_CHECKS, SIGNED_POLICY_CHECKS } from './appraisal/policy/signing/checks.ts';
export { type Keyring, parseKeyring } from './appraisal/policy/signing/keyring.ts';
export type { KeyringSource, PolicyTrust } from './appraisal/policy/signing/policy-trust.ts';
export { type KnownRevision, revisionOf } from './appraisal/policy/signing/revision.ts';
export {
  makeRevocation,
  parseRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from './appraisal/policy/signing/revocation.ts';
export { revocationsOf } from './appraisal/policy/signing/revocations.ts';
export {
  POLICY_PAYLOAD_TYPE,
  type SignedPolicyInput,
  type SignedPolicyResult,
  verifySignedPolicy,
} from './appraisal/policy/signing/signed-policy.ts';
export type { EarExpectation } from './appraisal/result/check-claims.ts';
export { EAR_CHECKS, type EarCheckId } from './appraisal/result/checks.ts';
export {
  EAR_PROFILE,
  type EarClaims,
  type EarContext,
  earClaims,
} from './appraisal/result/ear-claims.ts';
export { signEarCwt, verifyEarCwt } from './appraisal/result/ear-cwt.ts';
export { type EarSigner, signEarJwt } from './appraisal/result/ear-jwt.ts';
export { importIssuerKeys } from './appraisal/result/issuer-keys.ts';
export {
  type EarVerification,
  type IssuerKey,
  verifyEarJwt,
} from './appraisal/result/verify-ear.ts';
export { type Problem as PolicyProblem, problemLine } from './core/document/problem.ts';
export { parseEnvelope, writeEnvelope } from './core/encoding/dsse.ts';
export { signEnvelope } from './core/encoding/dsse-signatures.ts';
export { type PublicKey, parsePublicKeyPem } from './core/x509/public-key.ts';
