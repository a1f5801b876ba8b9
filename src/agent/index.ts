/**
 * What runs in the confidential VM beside a model server: keys, evidence, sealed sessions. Whoever
 * embeds it hands in the clock, the randomness, the evidence and the server.
 */
export { type Agent, type AgentDeps, runAgent } from './agent.ts';
export {
  type AgentConfig,
  type AgentSecrets,
  configDigest,
  configText,
} from './config.ts';
export { type MachineOptions, machineEvidence } from './evidence/machine.ts';
export type { EvidenceSource } from './evidence/source.ts';
export type { NodeSigner } from './gateway/proof.ts';
export { parseUpstreamAddress, type UpstreamAddress } from './upstream/address.ts';
export { HttpUpstream, type HttpUpstreamOptions } from './upstream/http-upstream.ts';
export {
  type Header,
  type Upstream,
  type UpstreamAnswer,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamWord,
} from './upstream/upstream.ts';
