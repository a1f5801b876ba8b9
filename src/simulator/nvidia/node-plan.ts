import type { Damage } from '../damage.ts';
import { deriveBytes } from '../keys.ts';
import { NVIDIA_MODELS, type NvidiaMode, type NvidiaModel } from './model.ts';
import { deviceLabel } from './opaque.ts';
import { type NvidiaPlan, type NvidiaPlanOptions, standardPlan } from './plan.ts';

/** All devices of one machine, in the order in which they are handed over. */
export interface NvidiaNodePlan {
  readonly seed: string;
  /** That every device answers, unless a fault changes one. */
  readonly nonce: Uint8Array;
  /** GPUs first. */
  readonly devices: NvidiaPlan[];
  /** Evidence JSON is handed over instead of devices, and what happens to it before. */
  json: Damage | undefined;
}

export interface NvidiaNodePlanOptions {
  readonly seed?: string;
  readonly mode?: NvidiaMode;
  /** Of the GPUs; the newest that knows the mode, unless said. */
  readonly model?: NvidiaModel;
  readonly gpus?: number;
  readonly switches?: number;
  readonly ocsp?: NvidiaPlanOptions['ocsp'];
  /** Another name is another machine of the same world, with devices of its own. */
  readonly machine?: string;
}

/** Switches stand where the links between GPUs are not encrypted. */
export function standardNodePlan({
  seed = 'postern',
  mode = 'ppcie',
  model = mode === 'mpt' ? 'gb100' : 'h100',
  gpus = 8,
  switches = mode === 'ppcie' ? 4 : 0,
  ocsp = 'none',
  machine,
}: NvidiaNodePlanOptions): NvidiaNodePlan {
  if (!NVIDIA_MODELS[model].modes.includes(mode)) {
    throw new RangeError(`the simulator’s ${model} knows no ${mode} mode`);
  }
  const fabric = { gpus, switches, ...(machine !== undefined && { machine }) };
  const device = (of: NvidiaModel, name: string) =>
    standardPlan({
      seed,
      model: of,
      device: deviceLabel(name, machine),
      fabric,
      ocsp,
      ...(of === model && { mode }),
    });
  return {
    seed,
    nonce: deriveBytes(seed, 'nonce', 32),
    devices: [
      ...Array.from({ length: gpus }, (_, i) => device(model, `gpu ${i}`)),
      ...Array.from({ length: switches }, (_, i) => device('ls10', `switch ${i}`)),
    ],
    json: undefined,
  };
}
