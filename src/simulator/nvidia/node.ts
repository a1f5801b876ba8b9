import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { NvidiaClocks, OcspInput } from '../../evidence/nvidia/input.ts';
import { encodeNvidiaEvidence, type SimulatedDevice } from './evidence-json.ts';
import type { NvidiaNodeQuestions } from './faults/fault.ts';
import { type NvidiaNodeCaseName, nvidiaNodeCase } from './faults/node-table.ts';
import { chainOf, ocspOf, reportOf, rimOf } from './issue.ts';
import { NVIDIA_MODELS } from './model.ts';
import { type NvidiaNodePlan, type NvidiaNodePlanOptions, standardNodePlan } from './node-plan.ts';
import { standardPlan } from './plan.ts';
import { type NvidiaRoots, rootsOf } from './platform.ts';

export interface NvidiaNodeOptions extends NvidiaNodePlanOptions {
  readonly fault?: NvidiaNodeCaseName;
  /** Changes the plan before anything is signed, after the fault did. */
  readonly edit?: (plan: NvidiaNodePlan) => void;
}

/** All GPUs and switches of one simulated machine, and what its simulated vendor publishes. */
export interface NvidiaNode {
  readonly at: NvidiaClocks;
  readonly roots: NvidiaRoots;
  /** XML; one a kind and model, for all devices. */
  readonly rims: readonly Uint8Array[];
  readonly ocsp: readonly OcspInput[];
  readonly plan: NvidiaNodePlan;
  /** One signature a device; the plan’s own nonce unless one is given, 32 bytes. */
  readonly devices: (nonce?: Uint8Array) => readonly SimulatedDevice[];
}

/** The same options make the same bytes, on any machine and in any year. */
export function createNvidiaNode({
  fault = 'node',
  edit,
  ...given
}: NvidiaNodeOptions = {}): NvidiaNode {
  const { options, apply } = nvidiaNodeCase(fault);
  const plan = standardNodePlan({ ...given, ...options });
  apply?.(plan);
  edit?.(plan);
  const chains = new Map(plan.devices.map((device) => [device, chainOf(device)]));
  const { at } = plan.devices[0] ?? standardPlan({ seed: plan.seed });
  return {
    at,
    roots: rootsOf(plan.seed),
    rims: rimsOf(plan),
    ocsp: ocspResponsesOf(plan),
    plan,
    devices: (nonce = plan.nonce) =>
      plan.devices.map((device) => ({
        kind: NVIDIA_MODELS[device.model].kind,
        model: device.model,
        report: reportOf(
          device,
          equalBytes(device.report.nonce, plan.nonce) ? nonce : device.report.nonce,
        ),
        chain: chains.get(device) ?? chainOf(device),
      })),
  };
}

export interface NvidiaNodeSimulation extends NvidiaNodeOptions {
  readonly nonce?: Uint8Array;
}

/** The evidence of one machine with all that is needed to verify it. */
export interface SimulatedNvidiaNode extends Omit<NvidiaNode, 'devices'> {
  readonly devices: readonly SimulatedDevice[];
  /** Evidence JSON of these devices, where the case is about it; to be verified in their stead. */
  readonly evidence?: Uint8Array;
  readonly questions: NvidiaNodeQuestions;
}

export function simulateNvidiaNode(options: NvidiaNodeSimulation = {}): SimulatedNvidiaNode {
  const { nonce: requested, ...nodeOptions } = options;
  const { devices, ...made } = createNvidiaNode(nodeOptions);
  const nonce = requested ?? made.plan.nonce;
  const asks = options.fault && nvidiaNodeCase(options.fault).asks;
  const handed = devices(nonce);
  return {
    ...made,
    devices: handed,
    ...(made.plan.json && { evidence: made.plan.json(encodeNvidiaEvidence(handed, nonce)) }),
    questions: asks?.({ nonce }) ?? {},
  };
}

/** Of several devices of one kind the first one’s: they are the same. */
function rimsOf({ devices }: NvidiaNodePlan): Uint8Array[] {
  const byId = new Map<string, Uint8Array>();
  for (const device of devices) {
    for (const name of device.handed.rims) {
      const id = device.rims[name]?.id ?? name;
      if (!byId.has(id)) byId.set(id, rimOf(device, name));
    }
  }
  return [...byId.values()];
}

function ocspResponsesOf({ devices }: NvidiaNodePlan): OcspInput[] {
  const byBytes = new Map<string, OcspInput>();
  for (const device of devices) {
    for (const name of device.handed.ocsp) {
      const made = ocspOf(device, name);
      byBytes.set(toHex(made.response), made);
    }
  }
  return [...byBytes.values()];
}
