import { describe, expect, it } from 'vitest';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { CheckList } from '../../../src/evidence/check-list.ts';
import { type DeviceChain, readDeviceChain } from '../../../src/evidence/nvidia/chain.ts';
import { NVIDIA_TOPOLOGY_CHECKS } from '../../../src/evidence/nvidia/checks.ts';
import type { NvidiaDevice } from '../../../src/evidence/nvidia/input.ts';
import { parseOpaqueData } from '../../../src/evidence/nvidia/opaque.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { checkTopology, type DeviceCounts } from '../../../src/evidence/nvidia/topology.ts';
import type { NvidiaVerification } from '../../../src/evidence/nvidia/verifier.ts';
import { hex } from '../../support/hex.ts';
import { deviceChain, pdiOf, pemOf } from '../../support/nvidia-certificates.ts';
import {
  gpusOf,
  linksTo,
  MODES,
  machine,
  type Node,
  node,
  pdisOf,
} from '../../support/nvidia-node.ts';
import { genuine, NVIDIA_VECTORS, vendorAnchor } from '../../support/nvidia-vectors.ts';
import { answerOf, answers } from '../../support/snp.ts';

const NONE = new Uint8Array();
const chains = new Map<Uint8Array, DeviceChain>();

/** Chains are read once: none of this changes them. */
function chainOf(bytes: Uint8Array, anchors: readonly TrustAnchor[]): DeviceChain {
  const chain = chains.get(bytes) ?? readDeviceChain(bytes, anchors);
  chains.set(bytes, chain);
  return chain;
}

/** What the checks look at of a verified device; signatures of reports are others' concern. */
function seen({ report: bytes, chain = NONE }: NvidiaDevice, anchors: readonly TrustAnchor[]) {
  const read = chainOf(chain, anchors);
  const report = parseNvidiaReport(bytes);
  const kind = report.blocks.length === 31 ? 'switch' : 'gpu';
  return {
    authentic: read.anchor !== undefined,
    evidence: `nvidia-${read.identity?.kind ?? kind}`,
    identity: read.identity,
    report,
    opaque: parseOpaqueData(report.opaque, kind),
    chain: read,
  } as NvidiaVerification;
}

function topologyOf(devices: readonly NvidiaVerification[], expected: DeviceCounts = {}) {
  const checks = new CheckList(NVIDIA_TOPOLOGY_CHECKS);
  checkTopology(checks, devices, expected);
  return { checks: checks.all };
}

/** Fails, with `?` before what is unresolved and `-` before what is skipped. */
function wrong({ checks }: ReturnType<typeof topologyOf>): string[] {
  const marks = { pass: '', fail: '', unresolved: '? ', skipped: '- ' };
  return checks
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ id, outcome }) => marks[outcome] + id.replace('nvidia.topology.', ''));
}

const eight = await machine({ gpus: 8, switches: 4 });
const two = await machine({ gpus: 2, switches: 1 }, 'ppcie', 1);
const anchors = [eight, two].flatMap(({ gpus: [gpu] }) =>
  gpu ? [anchorFromCertificate(gpu.root, 'root')] : [],
);

function among(...nodes: readonly Node[]): ReturnType<typeof topologyOf> {
  return topologyOf(nodes.map((one) => seen(one, anchors)));
}

const [gpu0, gpu1, ...gpus] = eight.gpus as [Node, Node, ...Node[]];
const [switch0, switch1, ...switches] = eight.switches as [Node, Node, ...Node[]];
const allGpus = eight.gpus;
const allSwitches = eight.switches;

describe.skipIf(NVIDIA_VECTORS === undefined)('a genuine machine of 8 GPUs and 4 switches', () => {
  const names = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `gpu-${i}`);
  const links = [0, 1, 2, 3].map((i) => `switch-${i}`);
  const devices = new Map<string, NvidiaVerification>();
  const device = (name: string) => {
    const folder = /^(gpu|switch)-/.test(name) ? `ppcie-8-gpu-4-switch/${name}` : name;
    const found = devices.get(name) ?? seen(genuine(folder), [vendorAnchor()]);
    devices.set(name, found);
    return found;
  };
  const of = (folders: readonly string[]) => topologyOf(folders.map(device), { gpu: 8, switch: 4 });

  it('is whole, in whatever order its devices come', () => {
    const whole = of([...names, ...links]);
    expect(wrong(whole)).toEqual([]);
    expect(answers(whole, 'pass')).toHaveLength(Object.keys(NVIDIA_TOPOLOGY_CHECKS).length - 2);
    expect(wrong(of([...links.toReversed(), ...names.toReversed()]))).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ['a GPU twice', [...names.with(7, 'gpu-0'), ...links], ['distinct', 'gpus']],
    ['a switch twice', [...names, ...links.with(3, 'switch-0')], ['distinct', 'switches']],
    ['one GPU eight times', [...names.map(() => 'gpu-0'), ...links], ['distinct', 'gpus']],
    ['one switch four times', [...names, ...links.map(() => 'switch-0')], ['distinct', 'switches']],
    ['7 of 8 GPUs', [...names.slice(1), ...links], ['gpus', 'count']],
    ['3 of 4 switches', [...names, ...links.slice(1)], ['switches', 'count']],
    [
      'a switch of another machine, under another nonce',
      [...names, ...links.with(3, 'ls10-switch')],
      ['nonce', 'switches', 'gpus'],
    ],
    [
      'a GPU of another machine',
      [...names.with(0, 'h100-550'), ...links],
      ['nonce', 'mode', 'switches', 'gpus'],
    ],
    [
      'a switch in the place of a GPU',
      [...names.with(0, 'ls10-switch'), ...links],
      ['nonce', 'switches', 'gpus', 'count'],
    ],
  ])('%s', (_, folders, failed) => {
    expect(wrong(of(folders))).toEqual(failed);
  });

  it('without its switches, or without its GPUs, can’t be compared', () => {
    const open = ['? switch_pdi', '? switches', '? gpus'];
    expect(wrong(of(names))).toEqual([...open, 'count']);
    expect(wrong(of(links))).toEqual(['? mode', ...open, 'count']);
  });
});

describe('a machine', () => {
  it('of 8 GPUs and 4 switches, and of 2 and 1', () => {
    expect(wrong(among(...allGpus, ...allSwitches))).toEqual([]);
    expect(wrong(among(...two.switches, ...two.gpus))).toEqual([]);
  });

  it('whose driver is 570 says so by its status alone', () => {
    const older = allGpus.map((gpu) => gpu.with(MODES.status));
    expect(wrong(among(...older, ...allSwitches))).toEqual([]);
    // Old and new together are of one mode.
    expect(wrong(among(gpu0, ...older.slice(1), ...allSwitches))).toEqual([]);
  });

  const alone = ['- switch_pdi', '- switches', '- gpus'];
  it.each(['spt', 'mpt'] as const)('in %s mode needs no switches', async (mode) => {
    const { gpus: made } = await machine({ gpus: 3, switches: 0 }, mode);
    const [{ root } = { root: new Uint8Array() }] = made;
    const own = [anchorFromCertificate(root, 'root')];
    expect(wrong(topologyOf(made.map((one) => seen(one, own))))).toEqual(alone);
    expect(wrong(topologyOf(made.slice(0, 1).map((one) => seen(one, own))))).toEqual(alone);
  });

  it('in single-GPU mode that names switches all the same does not need them', () => {
    expect(wrong(among(...allGpus.map((gpu) => gpu.with(MODES.spt))))).toEqual(alone);
  });
});

describe('each device once', async () => {
  it.each<[string, readonly Node[], string]>([
    ['a GPU twice', [gpu0, gpu0, ...gpus], 'leaf serial number'],
    ['a switch twice', [...allGpus, switch0, switch0], 'leaf serial number'],
  ])('%s', (_, nodes, what) => {
    const found = among(...nodes);
    expect(wrong(found)).toContain('distinct');
    expect(answerOf(found, 'nvidia.topology.distinct')).toMatchObject({
      got: expect.stringContaining(`of one ${what}`),
    });
  });

  it('a GPU twice with another report each: what counts is its certificates', () => {
    const again = gpu0.with({ BOARD_ID: hex('00000000') });
    expect(again.report).not.toEqual(gpu0.report);
    expect(wrong(among(gpu0, again, ...gpus, ...allSwitches))).toEqual(['distinct', 'gpus']);
  });

  it('a GPU twice among so many that its double takes nobody’s place', () => {
    expect(wrong(among(gpu0, ...allGpus, ...allSwitches))).toEqual(['distinct']);
    expect(wrong(among(...allGpus, switch0, ...allSwitches))).toEqual(['distinct']);
  });

  const { cas } = eight;
  const { keys } = gpu0;
  const remade = async (changes: Partial<Node['keys']>) => {
    const chain = pemOf(await deviceChain(cas, { ...keys, ...changes }));
    return { ...gpu0, chain };
  };
  const stranger = await node(cas, 'hopper', pdiOf(0, 0x99), {});

  it.each<[string, Partial<Node['keys']>, string]>([
    [
      'one leaf key under two serials',
      { serial: '53aa', brom: stranger.keys.brom, pdi: pdiOf(8) },
      'leaf key',
    ],
    [
      'one serial over two leaf keys',
      { leaf: stranger.keys.leaf, brom: stranger.keys.brom, pdi: pdiOf(8) },
      'leaf serial number',
    ],
    [
      'one BROM key under two serials',
      { serial: '53aa', leaf: stranger.keys.leaf, pdi: pdiOf(8) },
      'BROM key',
    ],
    [
      'one BROM serial over two keys',
      { serial: '53aa', leaf: stranger.keys.leaf, brom: stranger.keys.brom },
      'BROM serial number',
    ],
  ])('%s', async (_, changes, what) => {
    const found = among(gpu0, await remade(changes));
    expect(answerOf(found, 'nvidia.topology.distinct')).toMatchObject({
      outcome: 'fail',
      got: expect.stringContaining(`of one ${what}`),
    });
  });
});

describe('one challenge', () => {
  it('a device that answered another one', () => {
    const other = gpu1.with({}, new Uint8Array(32));
    const found = among(gpu0, other, ...gpus, ...allSwitches);
    expect(wrong(found)).toEqual(['nonce']);
    expect(answerOf(found, 'nvidia.topology.nonce')).toMatchObject({
      got: expect.stringContaining(`${'00'.repeat(32)} of gpu 1`),
    });
    const late = switch1.with({}, new Uint8Array(32));
    expect(wrong(among(...allGpus, switch0, late, ...switches))).toEqual(['nonce']);
  });
});

describe('one mode', () => {
  it.each<[string, keyof typeof MODES]>([
    ['protected PCIe and single', 'spt'],
    ['protected PCIe and multi', 'mpt'],
  ])('%s', (_, mode) => {
    const odd = gpu0.with(MODES[mode]);
    expect(wrong(among(odd, gpu1, ...gpus, ...allSwitches))).toEqual(['mode']);
    // Without one mode, what is missing is not excused.
    expect(wrong(among(odd, gpu1))).toContain('mode');
  });

  it('single and multi', () => {
    const mixed = [gpu0.with(MODES.spt), gpu1.with(MODES.mpt)];
    expect(wrong(among(...mixed))).toContain('mode');
  });

  it.each([
    ['a flag of the future', { FEATURE_FLAG: hex('0300') }],
    ['flag and status that contradict each other', { FEATURE_FLAG: hex('0000') }],
    ['a status that is none', { PROTECTED_PCIE_STATUS: hex('00') }],
  ])('of all GPUs, but unknown: %s', (_, said) => {
    const found = among(...allGpus.map((gpu) => gpu.with(said)), ...allSwitches);
    expect(wrong(found)).toEqual(['mode']);
  });
});

describe('who names whom', () => {
  const names = { gpus: pdisOf(allGpus), switches: pdisOf(allSwitches) };
  const foreign = pdiOf(7, 0x99);

  it('a switch whose own PDI is another’s', () => {
    const odd = switch0.with({ SWITCH_PDI: hex(foreign) });
    expect(wrong(among(...allGpus, odd, switch1, ...switches))).toEqual(['switch_pdi']);
    const none = switch0.with({ SWITCH_PDI: undefined });
    expect(wrong(among(...allGpus, none, switch1, ...switches))).toEqual(['switch_pdi']);
  });

  it.each<[string, readonly string[]]>([
    ['a foreign switch', names.switches.with(3, foreign)],
    ['a switch less', names.switches.slice(1)],
    ['a switch more', [...names.switches, foreign]],
    ['none', []],
    ['its own PDI', [gpu0.keys.pdi]],
    [
      'switches as it sends them, not turned around',
      names.switches.map((pdi) => pdi.match(/../g)?.toReversed().join('') ?? ''),
    ],
  ])('a GPU that names %s', (_, pdis) => {
    const odd = gpu0.with({ SWITCH_PDI: linksTo(pdis) });
    expect(wrong(among(odd, gpu1, ...gpus, ...allSwitches))).toEqual(['switches']);
  });

  it('a GPU that names no switches at all', () => {
    const odd = gpu0.with({ SWITCH_PDI: undefined });
    expect(wrong(among(odd, gpu1, ...gpus, ...allSwitches))).toEqual(['switches']);
  });

  it.each<[string, readonly string[]]>([
    ['a foreign GPU', names.gpus.with(7, foreign)],
    ['a GPU less, and zeros in its place', names.gpus.slice(1)],
    ['a GPU twice', names.gpus.with(7, names.gpus[0] ?? '')],
    ['none', []],
    ['itself', names.gpus.with(7, switch0.keys.pdi)],
  ])('a switch that names %s', (_, pdis) => {
    const odd = switch0.with({ SWITCH_GPU_PDIS: gpusOf(pdis) });
    expect(wrong(among(...allGpus, odd, switch1, ...switches))).toEqual(['gpus']);
  });

  it('a switch that names no GPUs at all', () => {
    const odd = switch0.with({ SWITCH_GPU_PDIS: undefined });
    expect(wrong(among(...allGpus, odd, switch1, ...switches))).toEqual(['gpus']);
  });

  it('a GPU more than the switches name, which nobody names', async () => {
    const more = await node(eight.cas, 'hopper', pdiOf(8, 0x40), {
      ...MODES.ppcie,
      SWITCH_PDI: linksTo(names.switches),
    });
    expect(wrong(among(...allGpus, more, ...allSwitches))).toEqual(['gpus']);
  });

  it('a GPU more, whose certificate has no PDI', async () => {
    const more = await node(eight.cas, 'hopper', pdiOf(8, 0x40), {
      ...MODES.ppcie,
      SWITCH_PDI: linksTo(names.switches),
    });
    const wishes = { brom: { serial: '7777' } };
    const chain = pemOf(await deviceChain(eight.cas, more.keys, wishes));
    expect(wrong(among(...allGpus, { ...more, chain }, ...allSwitches))).toEqual(['gpus']);
    const noSwitch = {
      ...switch0,
      chain: pemOf(await deviceChain(eight.cas, switch0.keys, wishes)),
    };
    expect(wrong(among(...allGpus, noSwitch, switch1, ...switches))).toEqual([
      'switch_pdi',
      'switches',
    ]);
  });

  it('two machines as one', () => {
    expect(wrong(among(...allGpus, ...allSwitches, ...two.gpus, ...two.switches))).toEqual([
      'switches',
      'gpus',
    ]);
    expect(wrong(among(...two.gpus, ...allSwitches))).toEqual(['switches', 'gpus']);
  });

  it('switches that are here in a mode that does not need them are compared all the same', () => {
    const single = allGpus.map((gpu) => gpu.with({ ...MODES.spt, SWITCH_PDI: undefined }));
    expect(wrong(among(...single, ...allSwitches))).toEqual(['switches']);
  });
});

describe('counts', () => {
  const of = (nodes: readonly Node[], expected: DeviceCounts) =>
    wrong(
      topologyOf(
        nodes.map((one) => seen(one, anchors)),
        expected,
      ),
    );

  it('as expected', () => {
    expect(of([...allGpus, ...allSwitches], { gpu: 8, switch: 4 })).toEqual([]);
    expect(of([...allGpus, ...allSwitches], { gpu: 8 })).toEqual([]);
    expect(of([...allGpus, ...allSwitches], { switch: 4 })).toEqual([]);
  });

  it.each<[string, DeviceCounts]>([
    ['fewer GPUs', { gpu: 7 }],
    ['more GPUs', { gpu: 9 }],
    ['no switches', { switch: 0 }],
    ['either', { gpu: 8, switch: 3 }],
    ['a number that is none', { gpu: Number.NaN }],
  ])('%s', (_, expected) => {
    expect(of([...allGpus, ...allSwitches], expected)).toEqual(['count']);
  });

  it('a switch is not counted as a GPU', () => {
    const seven = [...allGpus.slice(1), switch0, switch1, ...switches];
    expect(of(seven, { gpu: 8, switch: 3 })).toContain('count');
  });
});

describe('devices that are not there or can’t be read', () => {
  it('none at all', () => {
    const nobody = topologyOf([], { gpu: 0 });
    expect(wrong(nobody)).toContain('devices');
    expect(answers(nobody, 'fail')).toContain('nvidia.topology.devices');
  });

  it('one whose chain is nobody’s', async () => {
    const rogue = await machine({ gpus: 1, switches: 0 }, 'spt', 3);
    const found = topologyOf(rogue.gpus.map((one) => seen(one, anchors)));
    expect(wrong(found)).toContain('? devices');
  });

  it('one that could not be read leaves open what it would have to be compared with', () => {
    const all = [...allGpus, ...allSwitches].map((one) => seen(one, anchors));
    for (const part of ['identity', 'report', 'opaque'] as const) {
      const unread = { ...all[3], authentic: false, [part]: undefined } as NvidiaVerification;
      const found = topologyOf(all.with(3, unread), { gpu: 8, switch: 4 });
      expect(answers(found, 'pass')).not.toContain('nvidia.topology.distinct');
      expect(wrong(found)).toEqual(['? devices', '? distinct', '? nonce', '? mode']);
    }
  });
});
