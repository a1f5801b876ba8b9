/**
 * Postern as a library: verifies confidential-computing evidence, purely. Whatever varies
 * (time, anchors, endorsements) is a parameter; nothing here touches network, disk or clock.
 */
export { Fault, type FaultCode } from './core/fault.ts';
export {
  type AnchorKind,
  anchorFromCertificate,
  INTEL_SGX_ROOT,
  type TrustAnchor,
} from './core/x509/anchors.ts';
export { TDX_AUTHENTIC, TDX_BASELINE, TDX_CHECKS, type TdxCheckId } from './evidence/tdx/checks.ts';
export { clocksAt, type TdxClocks } from './evidence/tdx/clocks.ts';
export { parseTdxCollateral, type TdxCollateral } from './evidence/tdx/collateral.ts';
export type { TdxEventLogInput } from './evidence/tdx/event-log/check.ts';
export type { TdxInput } from './evidence/tdx/input.ts';
export { parseQuote, type Quote } from './evidence/tdx/quote.ts';
export {
  type TdxVerification,
  TdxVerifier,
  verifyTdx,
} from './evidence/tdx/verifier.ts';
export { verifyTdxCollateral } from './evidence/tdx/verify-collateral.ts';
export { type Check, type CheckId, conclude, type Verdict } from './evidence/verdict.ts';
export type { Claim, Claims, TcbSummary, Verification } from './evidence/verification.ts';
