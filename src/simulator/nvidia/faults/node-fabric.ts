import { OPAQUE_TYPES } from '../../../evidence/nvidia/opaque-fields.ts';
import { flipBit } from '../../damage.ts';
import type { NvidiaNodePlan } from '../node-plan.ts';
import { FULL_FABRIC, standardPlan } from '../plan.ts';
import { opaque } from './edits.ts';
import type { NvidiaNodeFaults } from './fault.ts';
import { device, FABRIC, FIRST_SWITCH, instead, OF_SWITCHES } from './node-edits.ts';

const whole = { skipped: OF_SWITCHES } as const;

/** A device of the same vendor that is in another machine, and says so as little as it can. */
const stranger = (model: 'h100' | 'ls10', label: string) => (node: NvidiaNodePlan) =>
  standardPlan({
    seed: node.seed,
    model,
    device: label,
    fabric: FULL_FABRIC,
    ...(model === 'h100' && { mode: 'ppcie' as const }),
  });

/** What is wrong with who names whom. */
export const NODE_FABRIC_FAULTS = {
  node_gpu_twice_of_eight: {
    describes: 'one GPU in the place of the eighth, which the switches name',
    fails: ['nvidia.topology.distinct', 'nvidia.topology.gpus'],
    ...whole,
    apply: instead(7, ({ devices }) => devices[0]),
  },
  node_switch_twice: {
    describes: 'one switch in the place of the fourth, which the GPUs name',
    fails: ['nvidia.topology.distinct', 'nvidia.topology.switches'],
    ...whole,
    apply: instead(FIRST_SWITCH + 3, ({ devices }) => devices[FIRST_SWITCH]),
  },
  node_one_switch_only: {
    describes: 'one switch four times',
    fails: ['nvidia.topology.distinct', 'nvidia.topology.switches'],
    ...whole,
    apply: ({ devices }) => {
      const one = devices[FIRST_SWITCH];
      if (one) devices.fill(one, FIRST_SWITCH);
    },
  },
  node_seven_gpus: {
    describes: 'one of eight GPUs is missing',
    fails: ['nvidia.topology.gpus'],
    ...whole,
    apply: ({ devices }) => {
      devices.splice(7, 1);
    },
  },
  node_three_switches: {
    describes: 'one of four switches is missing',
    fails: ['nvidia.topology.switches'],
    ...whole,
    apply: ({ devices }) => {
      devices.pop();
    },
  },
  node_no_switches: {
    describes: 'protected PCIe, and no switch',
    unresolved: FABRIC,
    apply: ({ devices }) => {
      devices.length = FIRST_SWITCH;
    },
  },
  node_foreign_gpu: {
    describes: 'the GPU of another machine in the place of one',
    fails: ['nvidia.topology.gpus'],
    ...whole,
    apply: instead(7, stranger('h100', 'gpu 9')),
  },
  node_foreign_switch: {
    describes: 'the switch of another machine in the place of one',
    fails: ['nvidia.topology.switches'],
    ...whole,
    apply: instead(FIRST_SWITCH + 3, stranger('ls10', 'switch 9')),
  },
  node_gpu_without_pdi: {
    describes: 'a GPU whose serial number has no room for a PDI, by which switches could name it',
    fails: ['nvidia.topology.gpus'],
    ...whole,
    apply: device(4, ({ certificates: { brom } }) => {
      brom.serial = brom.serial.slice(0, -2);
    }),
  },
  node_gpu_with_serial_of_a_switch: {
    describes: 'a GPU whose serial number begins as a switch’s',
    fails: ['nvidia.topology.gpus'],
    ...whole,
    apply: device(4, ({ certificates: { brom } }) => {
      brom.serial = `50${brom.serial.slice(2)}`;
    }),
  },
  node_switch_says_other_pdi: {
    describes: 'a switch that calls itself by another number than its certificate',
    fails: ['nvidia.topology.switch_pdi'],
    ...whole,
    apply: device(FIRST_SWITCH, opaque('SWITCH_PDI', flipBit(0))),
  },
  node_switch_says_no_pdi: {
    describes: 'a switch that does not say who it is',
    fails: ['nvidia.topology.switch_pdi'],
    ...whole,
    apply: device(FIRST_SWITCH, ({ report }) => {
      report.opaque = report.opaque.filter(({ type }) => type !== OPAQUE_TYPES.SWITCH_PDI);
    }),
  },
  node_gpu_names_other_switch: {
    describes: 'a GPU one of whose links goes to a switch that is not here',
    fails: ['nvidia.topology.switches'],
    ...whole,
    apply: device(2, opaque('SWITCH_PDI', flipBit(0))),
  },
  node_gpu_names_no_switch: {
    describes: 'a GPU whose links go nowhere',
    fails: ['nvidia.topology.switches'],
    ...whole,
    apply: device(
      2,
      opaque('SWITCH_PDI', (pdis) => new Uint8Array(pdis.length)),
    ),
  },
  node_gpu_names_big_endian: {
    describes: 'a GPU that names its switches in the byte order of switches',
    fails: ['nvidia.topology.switches'],
    ...whole,
    apply: device(
      2,
      opaque('SWITCH_PDI', (pdis) => {
        const copy = new Uint8Array(pdis);
        for (let at = 0; at < copy.length; at += 8) copy.subarray(at, at + 8).reverse();
        return copy;
      }),
    ),
  },
  node_switch_names_other_gpu: {
    describes: 'a switch with a GPU at it that is not here',
    fails: ['nvidia.topology.gpus'],
    ...whole,
    apply: device(FIRST_SWITCH + 1, opaque('SWITCH_GPU_PDIS', flipBit(7))),
  },
  node_switches_only: {
    describes: 'switches and no GPU',
    unresolved: ['nvidia.topology.mode', ...FABRIC],
    ...whole,
    apply: ({ devices }) => {
      devices.splice(0, FIRST_SWITCH);
    },
  },
} as const satisfies NvidiaNodeFaults;
