import type { NvidiaFault } from './fault.ts';
import { NVIDIA_VARIANTS } from './variants.ts';

/** Everything that can be wrong, each in one way only. */
export const NVIDIA_FAULTS = {};

export type NvidiaFaultName = keyof typeof NVIDIA_FAULTS;
export type NvidiaVariantName = keyof typeof NVIDIA_VARIANTS;

/** A fault or a variant by its name. */
export function nvidiaCase(name: NvidiaFaultName | NvidiaVariantName): NvidiaFault {
  const all: Readonly<Record<string, NvidiaFault>> = { ...NVIDIA_FAULTS, ...NVIDIA_VARIANTS };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such NVIDIA fault: ${name}`);
  return found;
}
