import { utf8 } from '../../../core/bytes/text.ts';
import { OPAQUE_TYPES } from '../../../evidence/nvidia/opaque.ts';
import { append, flipBit, truncate } from '../../damage.ts';
import type { NvidiaNodePlan } from '../node-plan.ts';
import { FULL_FABRIC, type NvidiaPlan, standardPlan } from '../plan.ts';
import { afterwards, certificate, opaque } from './edits.ts';
import type { NvidiaNodeFaults } from './fault.ts';

const FABRIC = [
  'nvidia.topology.switch_pdi',
  'nvidia.topology.switches',
  'nvidia.topology.gpus',
] as const;

/** Each switch says no FWID; eight GPUs before it do. */
export const OF_SWITCHES = ['nvidia.device.fwid'] as const;

const single = { options: { mode: 'spt', gpus: 2 }, skipped: FABRIC } as const;
const whole = { skipped: OF_SWITCHES } as const;

const device =
  (at: number, edit: (plan: NvidiaPlan) => void) =>
  ({ devices }: NvidiaNodePlan) => {
    const one = devices[at];
    if (one) edit(one);
  };

/** One device stands in the place of another. */
const instead =
  (at: number, other: (node: NvidiaNodePlan) => NvidiaPlan | undefined) =>
  (node: NvidiaNodePlan) => {
    const one = other(node);
    if (one) node.devices[at] = one;
  };

/** A device of the same vendor that is in another machine, and says so as little as it can. */
const stranger = (model: 'h100' | 'ls10', label: string) => (node: NvidiaNodePlan) =>
  standardPlan({
    seed: node.seed,
    model,
    device: label,
    fabric: FULL_FABRIC,
    ...(model === 'h100' && { mode: 'ppcie' as const }),
  });

const FIRST_SWITCH = 8;

export const NVIDIA_NODE_FAULTS = {
  node_no_devices: {
    describes: 'a machine of no devices: what is asked of each of them would hold',
    fails: ['nvidia.topology.devices'],
    apply: ({ devices }) => {
      devices.length = 0;
    },
  },
  node_device_not_signed: {
    describes: 'one of the devices did not sign what it says',
    fails: ['nvidia.report.signature'],
    unresolved: ['nvidia.topology.devices'],
    ...whole,
    apply: device(3, afterwards(flipBit(-1))),
  },
  node_gpu_twice: {
    describes: 'one GPU answers for two',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: instead(1, ({ devices }) => devices[0]),
  },
  node_leaf_serial_twice: {
    describes: 'two GPUs whose leaves have one serial number',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: ({ devices }) => {
      const [first, second] = devices;
      if (first && second) second.certificates.leaf.serial = first.certificates.leaf.serial;
    },
  },
  node_leaf_key_twice: {
    describes: 'two GPUs with one key',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: ({ devices }) => {
      const [first, second] = devices;
      if (!first || !second) return;
      second.certificates.leaf.key = first.certificates.leaf.key;
      second.reportSignedBy = first.reportSignedBy;
    },
  },
  node_device_with_two_leaves: {
    describes: 'one GPU with two leaves, as after new firmware: it is one GPU still',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: ({ devices }) => {
      const [first, second] = devices;
      if (!first || !second) return;
      Object.assign(second.certificates.brom, first.certificates.brom);
    },
  },
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
  node_nonce_of_another_request: {
    describes: 'one device answered another challenge than the rest',
    fails: ['nvidia.topology.nonce'],
    ...whole,
    apply: device(5, ({ report }) => {
      report.nonce = flipBit(0)(report.nonce);
    }),
  },
  node_replayed: {
    describes: 'all devices answered the same challenge, which is not the one that was sent',
    fails: ['nvidia.nonce'],
    ...whole,
    asks: ({ nonce }) => ({ nonce: flipBit(0)(nonce) }),
  },
  node_modes_mixed: {
    describes: 'one GPU in multi-GPU mode, one by itself',
    fails: ['nvidia.topology.mode'],
    skipped: FABRIC,
    options: { mode: 'mpt', gpus: 2 },
    apply: device(
      1,
      opaque('FEATURE_FLAG', () => Uint8Array.of(0, 0)),
    ),
  },
  node_mode_unknown: {
    describes: 'a mode that nobody knows',
    fails: ['nvidia.topology.mode'],
    skipped: FABRIC,
    options: { mode: 'mpt', gpus: 1 },
    apply: device(
      0,
      opaque('FEATURE_FLAG', () => Uint8Array.of(3, 0)),
    ),
  },
  node_mode_contradicted: {
    describes: 'a GPU that is in protected PCIe mode by its flag and not by its status',
    fails: ['nvidia.topology.mode'],
    skipped: FABRIC,
    options: { mode: 'spt', gpus: 1 },
    apply: device(
      0,
      opaque('FEATURE_FLAG', () => Uint8Array.of(2, 0)),
    ),
  },
  node_switches_only: {
    describes: 'switches and no GPU',
    unresolved: ['nvidia.topology.mode', ...FABRIC],
    ...whole,
    apply: ({ devices }) => {
      devices.splice(0, FIRST_SWITCH);
    },
  },
  node_fewer_gpus_than_expected: {
    describes: 'two GPUs where three are expected',
    fails: ['nvidia.topology.count'],
    ...single,
    asks: () => ({ expected: { gpu: 3 } }),
  },
  node_switches_where_none_are_expected: {
    describes: 'four switches where none is expected',
    fails: ['nvidia.topology.count'],
    ...whole,
    asks: () => ({ expected: { gpu: 8, switch: 0 } }),
  },
  node_json_cut: {
    describes: 'evidence JSON that ends too early',
    fails: ['nvidia.topology.format'],
    options: { mode: 'spt', gpus: 1 },
    apply: (node) => {
      node.json = truncate(1000);
    },
  },
  node_json_tail: {
    describes: 'something behind the evidence JSON',
    fails: ['nvidia.topology.format'],
    options: { mode: 'spt', gpus: 1 },
    apply: (node) => {
      node.json = append(utf8('[]'));
    },
  },
  node_json_member_twice: {
    describes: 'evidence JSON with two reports for one device',
    fails: ['nvidia.topology.format'],
    options: { mode: 'spt', gpus: 1 },
    apply: (node) => {
      node.json = (json) =>
        utf8(
          Buffer.from(json)
            .toString('utf8')
            .replace('"evidence":', '"evidence":"AA==","evidence":'),
        );
    },
  },
  node_leaf_of_another_time: {
    describes: 'one device whose leaf has expired',
    fails: ['nvidia.chain.validity'],
    unresolved: ['nvidia.topology.devices'],
    ...whole,
    apply: device(1, certificate('leaf', { notAfter: '2026-05-31T23:59:59Z' })),
  },
} as const satisfies NvidiaNodeFaults;
