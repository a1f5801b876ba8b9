import { toHex } from '../core/bytes/hex.ts';
import { formatTime } from '../core/encoding/time.ts';
import type { NvidiaClocks, OcspInput } from '../evidence/nvidia/input.ts';
import type { DeviceCounts } from '../evidence/nvidia/topology.ts';
import { encodeNvidiaEvidence } from '../simulator/nvidia/evidence-json.ts';
import type { NvidiaQuestions } from '../simulator/nvidia/faults/fault.ts';
import {
  NVIDIA_NODE_FAULTS,
  NVIDIA_NODE_VARIANTS,
  type NvidiaNodeCaseName,
  nvidiaNodeCase,
} from '../simulator/nvidia/faults/node-table.ts';
import { NVIDIA_FAULTS, nvidiaCase } from '../simulator/nvidia/faults/table.ts';
import { NVIDIA_VARIANTS } from '../simulator/nvidia/faults/variants.ts';
import { NVIDIA_MODELS, type NvidiaMode, type NvidiaModel } from '../simulator/nvidia/model.ts';
import { simulateNvidiaNode } from '../simulator/nvidia/node.ts';
import type { NvidiaRoots } from '../simulator/nvidia/platform.ts';
import { simulateNvidia } from '../simulator/nvidia/simulate.ts';
import { readWholeNumber } from './input.ts';
import { type Io, usage, warn } from './io.ts';
import { printJson } from './render.ts';
import { printCases, readCase } from './simulator-cases.ts';
import type { Args } from './verb.ts';
import { visible } from './visible.ts';
import { writeFiles } from './write-files.ts';

/** A clock that is none is no matter of files. */
const { clock_not_a_time: _, ...FAULTS } = NVIDIA_FAULTS;
const DEVICE_CASES = { ...NVIDIA_VARIANTS, ...FAULTS };
const NODE_CASES = { ...NVIDIA_NODE_VARIANTS, ...NVIDIA_NODE_FAULTS };
const CASES = { ...DEVICE_CASES, ...NODE_CASES };

const MODELS = Object.keys(NVIDIA_MODELS) as NvidiaModel[];
const MODES: readonly NvidiaMode[] = ['spt', 'mpt', 'ppcie'];
/** More than any machine has. */
const MOST = 64;

/** See {@link simulatorNvidiaVerb}. */
export async function simulatorNvidia(io: Io, args: Args): Promise<number> {
  if (args.has('list')) {
    printCases(io, args, CASES);
    return 0;
  }
  const [dir] = args.operands;
  if (dir === undefined) throw usage('simulator nvidia: want <dir>, or --list');
  const machine = ['gpus', 'switches', 'mode'].some((name) => args.has(name));
  const name = readCase(args, CASES, machine ? 'node' : 'valid');
  const made = isNodeCase(name) ? simulatedNode(args, name) : simulatedDevice(args, name);
  await writeFiles(dir, Object.fromEntries(made.files.map((file) => [file.name, file.bytes])));
  if (made.ocsp.some(({ nonce }) => nonce)) {
    warn(io, 'the nonce that an OCSP response was asked with is no option of verify nvidia');
  }
  const names = made.files.map((file) => file.name);
  const at = atOptions(made.at);
  if (args.has('json')) printJson(io, { dir, files: names, options: made.asked, at });
  else io.out(`${names.join(', ')} in ${visible(dir)}; to verify:\n${command(made, dir)}\n`);
  return 0;
}

function isNodeCase(name: keyof typeof CASES): name is NvidiaNodeCaseName {
  return Object.hasOwn(NODE_CASES, name);
}

interface EvidenceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The option of `verify nvidia` that takes it; none for the evidence. */
  readonly option?: string;
}

/** What is written, and how it is to be verified. */
interface Made {
  readonly files: readonly EvidenceFile[];
  readonly ocsp: readonly OcspInput[];
  readonly at: NvidiaClocks;
  /** What the case asks beyond the baseline, as options of `verify nvidia`. */
  readonly asked: readonly string[];
}

function simulatedDevice(args: Args, fault: keyof typeof DEVICE_CASES): Made {
  for (const name of ['gpus', 'switches', 'mode']) {
    if (args.has(name)) throw usage(`--${name}: ${fault} is of one device`);
  }
  const { models = ['h100'] } = nvidiaCase(fault);
  const model = readOneOf(args, 'model', models, `${fault} is of`) ?? models[0] ?? 'h100';
  const made = simulateNvidia({ fault, model, ...seedOf(args) });
  const { device, ...questions } = made.questions;
  return {
    files: [
      { name: 'report.bin', bytes: made.report },
      { name: `chain.${made.plan.handed.chainForm}`, bytes: made.chain, option: '--chain' },
      ...endorsementFiles(made),
    ],
    ocsp: made.ocsp,
    at: made.at,
    asked: [...asked(questions), ...(device ? ['--device', device] : [])],
  };
}

function simulatedNode(args: Args, fault: NvidiaNodeCaseName): Made {
  const { options } = nvidiaNodeCase(fault);
  for (const name of ['gpus', 'switches', 'mode', 'model']) {
    if (fault !== 'node' && args.has(name)) {
      throw usage(`--${name}: the machine of ${fault} is as it is`);
    }
  }
  const mode = readOneOf(args, 'mode', MODES, 'want') ?? options?.mode ?? 'ppcie';
  const able = MODELS.filter(
    (model) => NVIDIA_MODELS[model].kind === 'gpu' && NVIDIA_MODELS[model].modes.includes(mode),
  );
  const model = readOneOf(args, 'model', able, `${mode} mode is of`);
  const counts = { gpus: readCount(args, 'gpus'), switches: readCount(args, 'switches') };
  const made = simulateNvidiaNode({
    fault,
    mode,
    ...(model && { model }),
    ...(counts.gpus !== undefined && { gpus: counts.gpus }),
    ...(counts.switches !== undefined && { switches: counts.switches }),
    ...seedOf(args),
  });
  const evidence = made.evidence ?? encodeNvidiaEvidence(made.devices, made.plan.nonce);
  const { expected, ...questions } = made.questions;
  return {
    files: [{ name: 'evidence.json', bytes: evidence }, ...endorsementFiles(made)],
    ocsp: made.ocsp,
    at: made.at,
    asked: [...asked(questions), ...expectedCounts(expected)],
  };
}

function seedOf(args: Args): { readonly seed?: string } {
  const seed = args.one('seed');
  return seed === undefined ? {} : { seed };
}

function readOneOf<Name extends string>(
  args: Args,
  option: string,
  names: readonly Name[],
  says: string,
): Name | undefined {
  const given = args.one(option);
  if (given === undefined) return undefined;
  const known = names.find((name) => name === given);
  if (known !== undefined) return known;
  throw usage(`--${option}: ${says} ${names.join(', ')}, got ${JSON.stringify(given)}`);
}

function readCount(args: Args, name: string): number | undefined {
  const count = readWholeNumber(args, name);
  if (count !== undefined && count > MOST) throw usage(`--${name}: at most ${MOST}, got ${count}`);
  return count;
}

function endorsementFiles({
  rims,
  ocsp,
  roots,
}: {
  readonly rims: readonly Uint8Array[];
  readonly ocsp: readonly OcspInput[];
  readonly roots: NvidiaRoots;
}): EvidenceFile[] {
  return [
    ...rims.map((bytes, i) => ({ name: `rim-${i + 1}.xml`, bytes, option: '--rim' })),
    ...ocsp.map(({ response }, i) => ({
      name: `ocsp-${i + 1}.der`,
      bytes: response,
      option: '--ocsp',
    })),
    { name: 'device-root.der', bytes: roots.device, option: '--trust-anchor' },
    { name: 'rim-root.der', bytes: roots.rim, option: '--rim-trust-anchor' },
  ];
}

/** Offline: NVIDIA's services know nothing of simulated devices. */
function command({ files, asked: options, at }: Made, dir: string): string {
  const words = files.flatMap(({ name, option }) => [
    ...(option ? [option] : []),
    `${visible(dir)}/${name}`,
  ]);
  return ['postern verify nvidia', ...words, ...options, '--offline', ...atOptions(at)].join(' ');
}

/** One time for everything, and those of endorsements that have another. */
function atOptions({ evidence, rim, ocsp, rimOcsp }: NvidiaClocks): string[] {
  const kinds = Object.entries({ rim, ocsp, 'rim-ocsp': rimOcsp });
  const others = kinds.filter(([, ms]) => ms !== evidence);
  return [
    ...['--at', formatTime(evidence)],
    ...others.flatMap(([kind, ms]) => ['--at', `${kind}=${formatTime(ms)}`]),
  ];
}

function asked({ nonce, revocation, relax = {} }: Omit<NvidiaQuestions, 'device'>): string[] {
  const { rimHold, rimExpired, opaqueTypes = [] } = relax;
  return [
    ...(nonce ? ['--nonce', toHex(nonce)] : []),
    ...(revocation ? ['--require-ocsp'] : []),
    ...(rimHold ? ['--allow-rim-hold'] : []),
    ...(rimExpired ? ['--allow-expired-rim'] : []),
    ...opaqueTypes.flatMap((type) => ['--allow-opaque', String(type)]),
  ];
}

function expectedCounts({ gpu, switch: switches }: DeviceCounts = {}): string[] {
  return [
    ...(gpu === undefined ? [] : ['--gpus', String(gpu)]),
    ...(switches === undefined ? [] : ['--switches', String(switches)]),
  ];
}
