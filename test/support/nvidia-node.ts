import { fromHex, toHex } from '../../src/core/bytes/hex.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import type { DeviceKind, NvidiaDevice } from '../../src/evidence/nvidia/input.ts';
import type { OpaqueName } from '../../src/evidence/nvidia/opaque-fields.ts';
import { hex } from './hex.ts';
import { goodFields, NONCE, reportOf, withFields } from './nvidia.ts';
import {
  type DeviceKeys,
  deviceChain,
  deviceKeys,
  type Generation,
  type NvidiaCas,
  nvidiaCas,
  pdiOf,
  pemOf,
} from './nvidia-certificates.ts';

/** One device of a machine; its report can be made again with other fields or another nonce. */
export interface Node extends NvidiaDevice {
  readonly kind: DeviceKind;
  readonly keys: DeviceKeys;
  readonly chain: Uint8Array;
  readonly root: Uint8Array;
  readonly with: (
    fields: Partial<Record<OpaqueName, Uint8Array | undefined>>,
    nonce?: Uint8Array,
  ) => Node;
}

export interface Machine {
  readonly cas: NvidiaCas;
  readonly gpus: readonly Node[];
  readonly switches: readonly Node[];
}

/** What a machine's reports say of its mode, as newer and older drivers do. */
export const MODES = {
  spt: { FEATURE_FLAG: hex('0000'), PROTECTED_PCIE_STATUS: hex('55') },
  mpt: { FEATURE_FLAG: hex('0100'), PROTECTED_PCIE_STATUS: undefined },
  ppcie: { FEATURE_FLAG: hex('0200'), PROTECTED_PCIE_STATUS: hex('aa') },
  /** Drivers 570: no feature flag. */
  status: { FEATURE_FLAG: undefined, PROTECTED_PCIE_STATUS: hex('aa') },
} as const;

/** The switch at each of 18 links, little-endian, zeros where there is none. */
export function linksTo(pdis: readonly string[]): Uint8Array {
  const links = Array.from({ length: 18 }, (_, i) => {
    const pdi = i < 16 ? pdis[i % Math.max(1, pdis.length)] : undefined;
    return pdi === undefined ? new Uint8Array(8) : fromHex(pdi, 'test').toReversed();
  });
  return concatBytes(...links);
}

/** Eight PDIs, zeros where there are fewer, and the map of ports. */
export function gpusOf(pdis: readonly string[]): Uint8Array {
  const eight = Array.from({ length: 8 }, (_, i) =>
    pdis[i] === undefined ? new Uint8Array(8) : fromHex(pdis[i], 'test'),
  );
  return concatBytes(...eight, new Uint8Array(64).fill(0xff));
}

/** A machine in which each switch names the GPUs and, where protected PCIe is on, the reverse. */
export async function machine(
  { gpus, switches }: { gpus: number; switches: number },
  mode: keyof typeof MODES = 'ppcie',
  number = 0,
): Promise<Machine> {
  const cas = await nvidiaCas();
  const gpuPdis = Array.from({ length: gpus }, (_, i) => pdiOf(i, 0x40 + number));
  const switchPdis = Array.from({ length: switches }, (_, i) => pdiOf(i, 0x80 + number));
  const generation = mode === 'mpt' ? 'blackwell' : 'hopper';
  const links = switches > 0 ? { SWITCH_PDI: linksTo(switchPdis) } : {};
  return {
    cas,
    gpus: await Promise.all(
      gpuPdis.map((pdi) => node(cas, generation, pdi, { ...MODES[mode], ...links })),
    ),
    switches: await Promise.all(
      switchPdis.map((pdi) => node(cas, 'switch', pdi, { SWITCH_GPU_PDIS: gpusOf(gpuPdis) })),
    ),
  };
}

export async function node(
  cas: NvidiaCas,
  generation: Generation,
  pdi: string,
  said: Partial<Record<OpaqueName, Uint8Array | undefined>>,
): Promise<Node> {
  const keys = await deviceKeys(generation, pdi);
  const ders = await deviceChain(cas, keys);
  const make = (fields: typeof said, nonce: Uint8Array = NONCE): Node => ({
    kind: generation === 'switch' ? 'switch' : 'gpu',
    keys,
    chain: pemOf(ders),
    root: ders[4],
    report: reportOf(keys, { nonce, fields: withFields(goodFields(keys), fields) }),
    with: (more, another = nonce) => make({ ...fields, ...more }, another),
  });
  return make(said);
}

export function pdisOf(nodes: readonly Node[]): string[] {
  return nodes.map(({ keys }) => toHex(fromHex(keys.pdi, 'test')));
}
