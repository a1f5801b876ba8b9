import type { NvidiaNodeFault, NvidiaNodeFaults } from './fault.ts';

export const NVIDIA_NODE_VARIANTS = {
  node: { describes: 'eight GPUs and four switches in protected PCIe mode' },
} as const satisfies NvidiaNodeFaults;

export const NVIDIA_NODE_FAULTS = {} as const satisfies NvidiaNodeFaults;

export type NvidiaNodeCaseName =
  | keyof typeof NVIDIA_NODE_FAULTS
  | keyof typeof NVIDIA_NODE_VARIANTS;

/** A fault or a variant of a machine by its name. */
export function nvidiaNodeCase(name: NvidiaNodeCaseName): NvidiaNodeFault {
  const all: Readonly<Record<string, NvidiaNodeFault>> = {
    ...NVIDIA_NODE_FAULTS,
    ...NVIDIA_NODE_VARIANTS,
  };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such fault of an NVIDIA machine: ${name}`);
  return found;
}
