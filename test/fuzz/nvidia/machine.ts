import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_TOPOLOGY_CHECKS } from '../../../src/evidence/nvidia/checks.ts';
import { verifyNvidiaNode } from '../../../src/evidence/nvidia/node.ts';
import type { DeviceCounts } from '../../../src/evidence/nvidia/topology.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { encodeNvidiaEvidence } from '../../../src/simulator/nvidia/evidence-json.ts';
import { createNvidiaNode, type NvidiaNodeOptions } from '../../../src/simulator/nvidia/node.ts';
import type { Campaign } from '../campaign.ts';
import { HARMLESS_JSON, JSON_CHANGES, type JsonChange } from '../mutators/json.ts';
import { type Mutator, mutators } from '../mutators/mutator.ts';
import type { Random } from '../random.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Subject } from '../subject.ts';
import { problemsOfForm } from '../well-formed.ts';
import { chainNames, reportName } from './pieces.ts';

/** What a machine hands over of its devices: JSON as NVIDIA's tools write it. */
export interface MachineEvidence {
  readonly json: Uint8Array;
  /**
   * No attacker changes these: without links in the clear, nothing else tells how many there are,
   * nor GPUs of one machine from those of another.
   */
  readonly asked: { readonly expected: DeviceCounts; readonly nonce: Uint8Array };
}

interface Row {
  readonly evidence: string;
  readonly certificate: string;
}

export interface Machines {
  readonly honest: readonly MachineEvidence[];
  /** By what every device of a machine says, whatever their order. */
  readonly known: ReadonlySet<string>;
  /** Devices of these machines, of another one, and under another nonce. */
  readonly rows: readonly Row[];
  readonly verifier: (entries: number) => (evidence: MachineEvidence) => Verification;
}

const KINDS: readonly NvidiaNodeOptions[] = [
  { gpus: 2, switches: 1 },
  { mode: 'mpt', gpus: 2, switches: 0 },
  { mode: 'spt', gpus: 1, switches: 0 },
];

const OTHER_NONCE = new Uint8Array(32).fill(7);

function createMachines(): Machines {
  const made = KINDS.map((kind) => createNvidiaNode(kind));
  const others = [
    createNvidiaNode({ gpus: 3, switches: 2 }),
    createNvidiaNode({ seed: 'stranger', gpus: 2, switches: 1 }),
  ];
  const [first] = made;
  if (first === undefined) throw new RangeError('no machine');
  const json = (node: typeof first, nonce: Uint8Array) =>
    encodeNvidiaEvidence(node.devices(nonce), nonce);
  const honest = made.map((node, i) => {
    const { gpus = 0, switches = 0 } = KINDS[i] ?? {};
    const nonce = new Uint8Array(32).fill(i + 1);
    return { json: json(node, nonce), asked: { expected: { gpu: gpus, switch: switches }, nonce } };
  });
  const nonces = [OTHER_NONCE, ...honest.map(({ asked }) => asked.nonce)];
  const strays = nonces.flatMap((nonce) => [first, ...others].map((node) => json(node, nonce)));
  const anchors = {
    device: [anchorFromCertificate(first.roots.device, 'root')],
    rim: [anchorFromCertificate(first.roots.rim, 'root')],
  };
  const given = { rims: made.flatMap(({ rims }) => rims), at: first.at };
  return {
    honest,
    known: new Set(honest.flatMap((evidence) => machineName(evidence) ?? [])),
    rows: [...honest.map((evidence) => evidence.json), ...strays].flatMap(rowsOf),
    verifier: (entries) => {
      const verifier = new NvidiaVerifier(anchors, entries);
      return (evidence) => {
        const { parts: _parts, ...result } = verifyNvidiaNode(
          { ...given, ...evidence.asked, devices: evidence.json },
          verifier,
        );
        return result;
      };
    },
  };
}

/** @throws RangeError for a list that was damaged before. */
function rowsOf(json: Uint8Array): Row[] {
  const rows: unknown = JSON.parse(Buffer.from(json).toString());
  const sound = Array.isArray(rows) && rows.length > 0 && rows.every(isRow);
  if (!sound) throw new RangeError('no list of evidence');
  return rows;
}

function isRow(row: unknown): row is Row {
  const { evidence, certificate } = (row ?? {}) as Partial<Row>;
  return typeof evidence === 'string' && typeof certificate === 'string';
}

/** One name for a machine, read without the code under test; undefined for what is no list. */
function machineName({ json }: Pick<MachineEvidence, 'json'>): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString());
    const { evidence_list: one, evidences: two } = value as Record<string, unknown>;
    const list = Array.isArray(value) ? value : (one ?? two);
    return (list as Row[]).map(deviceName).sort().join('\n');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function deviceName(row: Row): string {
  const { report, chain } = bytesOf(row);
  return `${reportName(Uint8Array.from(report))} ${chainNames(Uint8Array.from(chain))?.join()}`;
}

function bytesOf({ evidence, certificate }: Row) {
  const isHex = /^([0-9a-f]{2})+$/i.test(evidence);
  return {
    report: Buffer.from(evidence, isHex ? 'hex' : 'base64'),
    chain: Buffer.from(certificate, certificate.startsWith('-----') ? 'utf8' : 'base64'),
  };
}

export function machineSubject(): Subject<MachineEvidence, Machines> {
  const world = createMachines();
  return {
    world,
    verifier: world.verifier,
    sizeOf: ({ json }) => json.length,
    largest: 256 * 1024,
    kindOf: ({ json }) => `${json.length} bytes`,
    held: ({ json, asked }) => ({ json: place(json), asked }),
    problemsOf: (result, evidence) => [
      ...problemsOfTopology(result),
      ...beliefProblems(result, world.known.has(machineName(evidence) ?? '')),
    ],
  };
}

const place = reusedBuffer(1 << 19);

/** What keeps a device from being accepted is said of that device, not of the machine. */
function problemsOfTopology(result: Verification): string[] {
  return problemsOfForm(result, NVIDIA_TOPOLOGY_CHECKS).filter(
    (problem) => problem !== 'reject with failed checks: false',
  );
}

function beliefProblems({ verdict, authentic }: Verification, known: boolean): string[] {
  return [
    ...(verdict === 'accept' && !known ? ['ACCEPTED A MACHINE THAT IS NONE'] : []),
    ...(authentic && verdict !== 'accept' && known ? ['authentic, known, and not accepted'] : []),
  ];
}

type MachineMutator = Mutator<MachineEvidence, Machines>;

const asText =
  (change: JsonChange): MachineMutator['apply'] =>
  (random, { json, asked }) => ({
    json: utf8(change(random, Buffer.from(json).toString())),
    asked,
  });

type RowsChange = (random: Random, rows: readonly Row[], world: Machines) => readonly unknown[];

const asRows =
  (change: RowsChange): MachineMutator['apply'] =>
  (random, { json, asked }, world) => ({
    json: utf8(JSON.stringify(change(random, rowsOf(json), world))),
    asked,
  });

const HARMLESS_ROWS: Readonly<Record<string, RowsChange>> = {
  'in another order': (random, rows) => random.shuffled(rows),
  'lies around a report': (random, rows) =>
    rows.map((row) => ({ ...row, nonce: 'ff'.repeat(32), uuid: random.u32(), arch: null })),
  'a report in hex': (_random, rows) =>
    rows.map((row) => ({ ...row, evidence: bytesOf(row).report.toString('hex') })),
  'PEM as it is': (_random, rows) =>
    rows.map((row) => ({ ...row, certificate: bytesOf(row).chain.toString() })),
};

const ROWS: Readonly<Record<string, RowsChange>> = {
  'a device less': (random, rows) => rows.toSpliced(random.below(rows.length), 1),
  'a device twice': (random, rows) => [...rows, random.pick(rows)],
  'one device for all': (random, rows) => {
    const one = random.pick(rows);
    return rows.map(() => one);
  },
  'a device of elsewhere': (random, rows, { rows: all }) =>
    rows.with(random.below(rows.length), random.pick(all)),
  'a device more': (random, rows, { rows: all }) => [...rows, random.pick(all)],
  'certificates of elsewhere': (random, rows, { rows: all }) => {
    const at = random.below(rows.length);
    const { certificate } = random.pick(all);
    return rows.map((row, i) => (i === at ? { ...row, certificate } : row));
  },
  'any devices': (random, rows, { rows: all }) => rows.map(() => random.pick(all)),
  nobody: () => [],
};

export const MACHINE: Omit<Campaign<MachineEvidence, Machines>, 'effort'> = {
  name: 'NVIDIA evidence JSON of machines',
  mutators: [
    ...mutators('harmless', HARMLESS_JSON, asText),
    ...mutators('harmless', HARMLESS_ROWS, asRows),
    ...mutators('any', JSON_CHANGES, asText),
    ...mutators('any', ROWS, asRows),
  ],
  honest: (random, { honest }) => random.pick(honest),
  against: 'nothing known',
};
