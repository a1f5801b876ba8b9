/**
 * Postern's client: verifies the machines behind a gateway, seals requests to what it has verified,
 * and opens their answers. For Node and for browsers; whatever varies is an option.
 */
export { createPostern } from './create-postern.ts';
export { PosternError, type PosternErrorDetails, STAGES, type Stage } from './errors.ts';
export { type Memory, memoryInProcess, storageMemory, type WebStorage } from './memory.ts';
export type { LedgerTrust, PolicyPin, PosternOptions } from './options.ts';
export type { Postern, Target } from './postern.ts';
export type { CheckedReceipt } from './receipt.ts';
export type {
  AdmissionView,
  EvidenceView,
  KeysView,
  LedgerView,
  NodeView,
  PolicyView,
  VerificationView,
  WitnessView,
} from './view.ts';
