import { fromUtf8, utf8 } from '../../../core/bytes/text.ts';
import type { NvidiaCheckId, NvidiaTopologyCheckId } from '../../../evidence/nvidia/checks.ts';
import type { Damage } from '../../damage.ts';
import type { NvidiaNodePlan } from '../node-plan.ts';
import type { NvidiaPlan } from '../plan.ts';

/** What is asked of switches and of the GPUs at them. */
export const FABRIC = [
  'nvidia.topology.switch_pdi',
  'nvidia.topology.switches',
  'nvidia.topology.gpus',
] as const satisfies readonly NvidiaTopologyCheckId[];

/** No switch names its firmware: that nothing was compared is said. */
export const OF_SWITCHES = ['nvidia.device.fwid'] as const satisfies readonly NvidiaCheckId[];

/** Of a whole machine, whose GPUs come first. */
export const FIRST_SWITCH = 8;

export const device =
  (at: number, edit: (plan: NvidiaPlan) => void) =>
  ({ devices }: NvidiaNodePlan): void => {
    const one = devices[at];
    if (one) edit(one);
  };

/** One device stands in the place of another. */
export const instead =
  (at: number, other: (node: NvidiaNodePlan) => NvidiaPlan | undefined) =>
  (node: NvidiaNodePlan): void => {
    const one = other(node);
    if (one) node.devices[at] = one;
  };

/** Text of the evidence JSON, wherever it stands, for other text. */
export const rewritten =
  (text: string, other: string): Damage =>
  (json) =>
    utf8(fromUtf8(json, 'simulator.json').replaceAll(text, other));
