import { gpuNonceFor, reportDataFor } from '../../appraisal/binding/transcript.ts';
import type { BundleCpu } from '../../appraisal/bundle/cpu.ts';
import type { BundleClocks, FoundEndorsements } from '../../appraisal/bundle/input.ts';
import { WEIGHTS_EVENT } from '../../appraisal/bundle/weights.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { clocksAt } from '../../evidence/tdx/clocks.ts';
import { moveInTime } from '../move-in-time.ts';
import { encodeNvidiaEvidence } from '../nvidia/evidence-json.ts';
import { createNvidiaNode, type NvidiaNode } from '../nvidia/node.ts';
import type { NvidiaNodePlan } from '../nvidia/node-plan.ts';
import type { NvidiaRoots } from '../nvidia/platform.ts';
import type { SnpPlan } from '../snp/plan.ts';
import { createSnpPlatform } from '../snp/platform.ts';
import { runtimeDigest } from '../tdx/dstack-log.ts';
import { replay } from '../tdx/event-log.ts';
import { SIMULATED_NOW, type TdxPlan } from '../tdx/plan.ts';
import { createTdxPlatform } from '../tdx/platform.ts';
import { type BundleFaultName, type BundleQuestions, bundleCase } from './faults.ts';
import { placeSnp, placeTdx } from './place.ts';
import {
  type BundleDocument,
  type BundlePlan,
  type BundlePlanOptions,
  standardBundlePlan,
} from './plan.ts';

export interface BundleMachineOptions extends BundlePlanOptions {
  /**
   * When all of its evidence and endorsements are in date, in milliseconds since the epoch; left
   * out, an instant that never changes.
   */
  readonly at?: number;
  readonly fault?: BundleFaultName;
  /** Changes the plan before anything is signed, after the fault did. */
  readonly edit?: (plan: BundlePlan) => void;
  /** The same of the pieces. */
  readonly hardware?: {
    readonly tdx?: (plan: TdxPlan) => void;
    readonly snp?: (plan: SnpPlan) => void;
    readonly node?: (plan: NvidiaNodePlan) => void;
  };
}

/** DER of the roots that must be named as trust anchors. */
export interface BundleRoots {
  readonly tdx: Uint8Array;
  readonly snp: Uint8Array;
  readonly nvidia: NvidiaRoots;
}

export interface BundleRequest {
  readonly nonce?: Uint8Array;
  readonly purpose?: string;
  /** TDX: another value is another attestation key. */
  readonly attestationSeed?: string;
}

/** A simulated machine: CPU, GPUs, switches, and the keys that its agent made. */
export interface BundleMachine {
  readonly at: BundleClocks;
  readonly roots: BundleRoots;
  readonly plan: BundlePlan;
  /** What the simulated vendors publish, for whoever has it at hand. */
  readonly published: FoundEndorsements;
  /** The bytes of one bundle; a signature for the CPU and for each device. */
  readonly bundle: (request?: BundleRequest) => Uint8Array;
  /** What its hardware signs, for an agent that makes its own keys and bundles. */
  readonly hardware: SimulatedHardware;
}

export interface SimulatedHardware {
  /** @param reportData 64 bytes. */
  cpu(reportData: Uint8Array): Promise<BundleCpu>;
  /** Evidence JSON; of no byte without devices. @param nonce 32 bytes. */
  devices(nonce: Uint8Array): Promise<Uint8Array>;
}

/** The same options make the same bytes, on any machine and in any year. */
export async function createBundleMachine({
  fault = 'bundle',
  at,
  edit,
  hardware = {},
  ...given
}: BundleMachineOptions = {}): Promise<BundleMachine> {
  const { options, apply } = bundleCase(fault);
  const seed = given.seed ?? 'postern';
  const move = (made: object): void => {
    if (at !== undefined) moveInTime(made, toSecond(at) - SIMULATED_NOW);
  };
  const cpuKind = options?.cpu ?? given.cpu ?? 'tdx';
  const tdx = await createTdxPlatform({
    seed,
    workload: 'dstack',
    edit: (plan) => {
      move(plan);
      measureWeights(plan, options?.weights ?? given.weights);
      if (given.machine !== undefined) placeTdx(plan, given.machine);
      hardware.tdx?.(plan);
    },
  });
  const snp = await createSnpPlatform({
    seed,
    edit: (plan) => {
      move(plan);
      if (given.revocation === 'published') plan.handed.crl = 'der';
      // A chip that is not in it need not be made: its certificate takes longer than all the rest.
      if (given.machine !== undefined && cpuKind === 'snp') placeSnp(plan, given.machine);
      hardware.snp?.(plan);
    },
  });
  const plan = standardBundlePlan({ ...given, ...options }, tdx.at);
  apply?.(plan);
  edit?.(plan);
  const node = createNvidiaNode({
    ...plan.node,
    edit: (devices) => {
      move(devices);
      hardware.node?.(devices);
    },
  });
  const cpu = (reportData: Uint8Array, attestationSeed = ''): Piece =>
    plan.cpu === 'tdx'
      ? {
          evidence: {
            kind: 'tdx',
            quote: toBase64(tdx.quote({ reportData, attestationSeed })),
            ...(plan.eventLog === 'carried' && { event_log: toBase64(tdx.dstackLog) }),
          },
          endorsements: { tdx_collateral: toBase64(utf8(JSON.stringify(tdx.collateral))) },
        }
      : {
          evidence: { kind: 'snp', report: toBase64(snp.report({ reportData })) },
          endorsements: {
            snp_vek: toBase64(snp.vek ?? new Uint8Array()),
            snp_chain: snp.chain.map(toBase64),
          },
        };
  return {
    at: { ...clocksAt(tdx.at), ...node.at, evidence: tdx.at },
    roots: { tdx: tdx.root, snp: snp.root, nvidia: node.roots },
    plan,
    published: {
      ...(plan.cpu === 'tdx'
        ? { collateral: tdx.collateral }
        : {
            ...(snp.vek && { vek: snp.vek }),
            ...(snp.crl && { crl: snp.crl }),
            chain: snp.chain,
          }),
      rims: node.rims,
      ocsp: node.ocsp,
    },
    bundle: (request = {}) => encodeBundle(plan, node, cpu, request),
    hardware: {
      cpu: async (reportData) =>
        plan.cpu === 'snp'
          ? { kind: 'snp', report: snp.report({ reportData }) }
          : {
              kind: 'tdx',
              quote: tdx.quote({ reportData }),
              ...(plan.eventLog === 'carried' && { eventLog: tdx.dstackLog }),
            },
      devices: async (nonce) => {
        const devices = node.devices(nonce);
        return devices.length === 0 ? EMPTY : encodeNvidiaEvidence(devices, nonce);
      },
    },
  };
}

export interface SimulatedBundle extends Omit<BundleMachine, 'bundle' | 'hardware'> {
  readonly bundle: Uint8Array;
  /** What the fault wants to be asked beyond the baseline. */
  readonly questions: BundleQuestions;
}

/** One bundle of a machine that is made for it. */
export async function simulateBundle(options: BundleMachineOptions = {}): Promise<SimulatedBundle> {
  const { bundle, hardware: _, ...made } = await createBundleMachine(options);
  const asks = bundleCase(options.fault ?? 'bundle').asks;
  return { ...made, bundle: bundle(), questions: asks?.(made.plan) ?? {} };
}

function toSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** A member of the document each, as JSON will have it. */
interface Piece {
  readonly evidence: BundleDocument;
  readonly endorsements: BundleDocument;
}

function encodeBundle(
  plan: BundlePlan,
  node: NvidiaNode,
  cpu: (reportData: Uint8Array, attestationSeed?: string) => Piece,
  { nonce = plan.nonce, purpose = plan.purpose, attestationSeed }: BundleRequest,
): Uint8Array {
  const { keyset } = plan;
  const deviceNonce = plan.deviceNonce(gpuNonceFor({ purpose, nonce, keyset }));
  const devices = node.devices(deviceNonce);
  const evidence = devices.length === 0 ? EMPTY : encodeNvidiaEvidence(devices, deviceNonce);
  const due = reportDataFor({ purpose, nonce, keyset, deviceEvidence: evidence });
  const processor = cpu(plan.reportData(due), attestationSeed);
  const document: BundleDocument = {
    v: 1,
    cpu: processor.evidence,
    ...(devices.length > 0 && { devices: toBase64(plan.afterDevices(evidence)) }),
    binding: { recipe: 'postern-v1', purpose, nonce: toHex(nonce), keyset: toBase64(keyset) },
    ...(plan.endorsements === 'carried' && {
      endorsements: {
        ...processor.endorsements,
        ...(devices.length > 0 && { nvidia_rims: node.rims.map(toBase64) }),
      },
    }),
  };
  const made = plan.afterDocument(document);
  return utf8(typeof made === 'string' ? made : `${JSON.stringify(made)}\n`);
}

const EMPTY = new Uint8Array();

/** As the agent of a measured image does before anybody else may extend RTMR3. */
function measureWeights(plan: TdxPlan, weights: Uint8Array | undefined): void {
  if (weights === undefined) return;
  const { logs, quote } = plan;
  logs.runtime.push({ name: WEIGHTS_EVENT, payload: weights, version: 2 });
  const extended = logs.runtime.map((event) => ({
    rtmr: 3 as const,
    digest: runtimeDigest(event),
  }));
  const [, , , rtmr3] = replay(extended);
  if (rtmr3) quote.body.rtmr3 = rtmr3;
}
