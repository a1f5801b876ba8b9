import { toHex } from '../../../core/bytes/hex.ts';
import { inTurn } from '../../damage.ts';
import type { NvidiaNodeFault, NvidiaNodeFaults } from './fault.ts';
import { NODE_DEVICE_FAULTS } from './node-devices.ts';
import { FABRIC, OF_SWITCHES, rewritten } from './node-edits.ts';
import { NODE_FABRIC_FAULTS } from './node-fabric.ts';

/** Machines that must be accepted. */
export const NVIDIA_NODE_VARIANTS = {
  node: {
    describes: 'eight GPUs and four switches in protected PCIe mode',
    skipped: OF_SWITCHES,
  },
  node_570: {
    describes: 'the same with a driver that only has a status for the mode',
    options: { model: 'h100-570' },
    skipped: OF_SWITCHES,
  },
  node_counted: {
    describes: 'as many devices as expected, which answered the challenge that was sent',
    skipped: OF_SWITCHES,
    asks: ({ nonce }) => ({ nonce, expected: { gpu: 8, switch: 4 } }),
  },
  node_switches_first: {
    describes: 'the switches before the GPUs',
    skipped: OF_SWITCHES,
    apply: ({ devices }) => {
      devices.reverse();
    },
  },
  node_one_gpu: {
    describes: 'one GPU by itself',
    options: { mode: 'spt', gpus: 1 },
    skipped: FABRIC,
  },
  node_single: {
    describes: 'two GPUs, each by itself',
    options: { mode: 'spt', gpus: 2 },
    skipped: FABRIC,
  },
  node_half: {
    describes: 'four GPUs and two switches, which name no more',
    options: { gpus: 4, switches: 2 },
    skipped: OF_SWITCHES,
  },
  node_multi: {
    describes: 'eight Blackwell GPUs in multi-GPU mode, whose links are encrypted',
    options: { mode: 'mpt' },
    skipped: FABRIC,
  },
  node_ocsp: {
    describes: 'a machine with answers about all certificates, which are required',
    options: { ocsp: 'all' },
    skipped: OF_SWITCHES,
    asks: () => ({ revocation: 'required' }),
  },
  node_json: {
    describes: 'the evidence as NVIDIA’s tools write it',
    skipped: OF_SWITCHES,
    apply: (node) => {
      node.json = (json) => json;
    },
  },
  node_json_lies: {
    describes:
      'evidence JSON that calls the devices and the nonce something else: nobody signed it',
    options: { mode: 'spt', gpus: 1 },
    skipped: FABRIC,
    apply: (node) => {
      const words = rewritten('HOPPER', 'BLACKWELL');
      const nonce = rewritten(toHex(node.nonce), '00'.repeat(32));
      node.json = inTurn(words, nonce, rewritten('590.12', '999.99'));
    },
    asks: ({ nonce }) => ({ nonce }),
  },
} as const satisfies NvidiaNodeFaults;

/** Everything that can be wrong with the devices of a machine together, each in one way only. */
export const NVIDIA_NODE_FAULTS = { ...NODE_DEVICE_FAULTS, ...NODE_FABRIC_FAULTS };

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
