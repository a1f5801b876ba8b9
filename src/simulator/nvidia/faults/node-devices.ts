import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { append, flipBit, truncate } from '../../damage.ts';
import { REASON } from '../ocsp.ts';
import { afterwards, certificate, opaque } from './edits.ts';
import type { NvidiaNodeFaults } from './fault.ts';
import { measured } from './measurements.ts';
import { device, FABRIC, FIRST_SWITCH, instead, OF_SWITCHES, rewritten } from './node-edits.ts';

const single = { options: { mode: 'spt', gpus: 2 }, skipped: FABRIC } as const;
const whole = { skipped: OF_SWITCHES } as const;

/** What is wrong with a device among others, or with what is said of all. */
export const NODE_DEVICE_FAULTS = {
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
  node_brom_serial_twice: {
    describes: 'two GPUs of one serial number',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: ({ devices }) => {
      const [first, second] = devices;
      if (first && second) second.certificates.brom.serial = first.certificates.brom.serial;
    },
  },
  node_brom_key_twice: {
    describes: 'one GPU to which NVIDIA gave two certificates, as for a second life',
    fails: ['nvidia.topology.distinct'],
    ...single,
    apply: ({ devices }) => {
      const [first, second] = devices;
      if (first && second) second.certificates.brom.key = first.certificates.brom.key;
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
  node_gpu_of_other_firmware: {
    describes: 'one GPU measures something else than the manifest that is right for the others',
    fails: ['nvidia.measurements.match'],
    ...whole,
    apply: device(6, measured(21, flipBit(0))),
  },
  node_gpu_revoked: {
    describes: 'the certificate of one GPU is revoked',
    fails: ['nvidia.ocsp.device.status'],
    unresolved: ['nvidia.topology.devices'],
    ...whole,
    options: { ocsp: 'all' },
    apply: device(6, ({ ocsp }) => {
      ocsp.brom.status = { revokedAt: '2026-03-01T00:00:00Z', reason: REASON.keyCompromise };
    }),
  },
  node_gpu_without_answer: {
    describes: 'responses are required, and the one about one GPU is not there',
    unresolved: ['nvidia.ocsp.device.status', 'nvidia.topology.devices'],
    ...whole,
    options: { ocsp: 'all' },
    apply: device(6, ({ handed }) => {
      handed.ocsp = handed.ocsp.filter((name) => name !== 'brom');
    }),
    asks: () => ({ revocation: 'required' }),
  },
  node_without_bios_manifest: {
    describes: 'no manifest of the switches: theirs is looked for and not found',
    unresolved: ['nvidia.rim.vbios.format'],
    ...whole,
    apply: ({ devices }) => {
      for (const { handed } of devices.slice(FIRST_SWITCH)) handed.rims = [];
    },
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
  node_json_nonce_lies: {
    describes: 'evidence JSON that says the nonce that was sent, around reports of another',
    fails: ['nvidia.nonce'],
    options: { mode: 'spt', gpus: 1 },
    skipped: FABRIC,
    apply: (node) => {
      node.json = rewritten(toHex(node.nonce), toHex(flipBit(0)(node.nonce)));
    },
    asks: ({ nonce }) => ({ nonce: flipBit(0)(nonce) }),
  },
  node_leaf_of_another_time: {
    describes: 'one device whose leaf has expired',
    fails: ['nvidia.chain.validity'],
    unresolved: ['nvidia.topology.devices'],
    ...whole,
    apply: device(1, certificate('leaf', { notAfter: '2026-05-31T23:59:59Z' })),
  },
} as const satisfies NvidiaNodeFaults;
