import type { NvidiaClocks, OcspInput } from '../../evidence/nvidia/input.ts';
import { type NvidiaFaultName, type NvidiaVariantName, nvidiaCase } from './faults/table.ts';
import { certificateOf, chainOf, ocspOf, reportOf, rimOf } from './issue.ts';
import { type NvidiaPlan, type NvidiaPlanOptions, standardPlan } from './plan.ts';

/** DER of the two roots that must be named as trust anchors. */
export interface NvidiaRoots {
  readonly device: Uint8Array;
  readonly rim: Uint8Array;
}

export interface NvidiaPlatformOptions extends NvidiaPlanOptions {
  /** What is to be out of the ordinary; its own options go before those given here. */
  readonly fault?: NvidiaFaultName | NvidiaVariantName;
  /** Changes the plan before anything is signed, after the fault did. */
  readonly edit?: (plan: NvidiaPlan) => void;
}

/** A simulated GPU or switch, and what its simulated vendor publishes. */
export interface NvidiaPlatform {
  /** Milliseconds since the epoch: when each kind of thing is in date. */
  readonly at: NvidiaClocks;
  readonly roots: NvidiaRoots;
  /** PEM, leaf first. */
  readonly chain: Uint8Array;
  /** XML. */
  readonly rims: readonly Uint8Array[];
  readonly ocsp: readonly OcspInput[];
  /** What all this was made from. */
  readonly plan: NvidiaPlan;
  /** One signature; the plan’s own nonce unless one is given, 32 bytes. */
  readonly report: (nonce?: Uint8Array) => Uint8Array;
}

/** The same options make the same bytes, on any machine and in any year. */
export function createNvidiaPlatform(options: NvidiaPlatformOptions = {}): NvidiaPlatform {
  const plan = planOf(options);
  const { rims, ocsp } = plan.handed;
  return {
    at: plan.at,
    roots: rootsOf(plan.seed),
    chain: chainOf(plan),
    rims: rims.map((name) => rimOf(plan, name)),
    ocsp: ocsp.map((name) => ocspOf(plan, name)),
    plan,
    report: (nonce = plan.report.nonce) => reportOf(plan, nonce),
  };
}

/** The anchors are the roots as they ought to be, whatever a plan does to its own. */
export function rootsOf(seed: string): NvidiaRoots {
  const plan = standardPlan({ seed });
  return { device: certificateOf(plan, 'root'), rim: certificateOf(plan, 'rimRoot') };
}

function planOf({ fault = 'valid', edit, ...given }: NvidiaPlatformOptions): NvidiaPlan {
  const { options, models, apply } = nvidiaCase(fault);
  const [model = 'h100'] = models ?? [];
  const plan = standardPlan({ model, ...given, ...options });
  apply?.(plan);
  edit?.(plan);
  return plan;
}
