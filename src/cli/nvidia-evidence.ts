import { Fault } from '../core/fault.ts';
import type { TrustAnchor } from '../core/x509/anchors.ts';
import { NO_WISH } from '../endorsements/revocation-wish.ts';
import { NVIDIA_ROOTS, type NvidiaAnchors } from '../evidence/nvidia/anchors.ts';
import { readNvidiaEvidence } from '../evidence/nvidia/evidence-json.ts';
import type {
  DeviceKind,
  NvidiaClocks,
  NvidiaDevice,
  NvidiaEndorsements,
  NvidiaRelaxation,
  NvidiaRequests,
} from '../evidence/nvidia/input.ts';
import { type NvidiaNodeVerification, verifyNvidiaNode } from '../evidence/nvidia/node.ts';
import { trimTrailingZeros } from '../evidence/nvidia/report.ts';
import type { DeviceCounts } from '../evidence/nvidia/topology.ts';
import { type NvidiaVerification, NvidiaVerifier } from '../evidence/nvidia/verifier.ts';
import { ANCHOR_OPTION, RIM_ANCHOR_OPTION } from './anchor-options.ts';
import { decodeEvidence, readAnchors, readAt, readExactly, readWholeNumber } from './input.ts';
import { type Io, usage, warn } from './io.ts';
import { findNvidiaEndorsements, NVIDIA_ENDORSEMENT_OPTIONS } from './nvidia-endorsements.ts';
import type { Args, Options } from './verb.ts';

/** Endorsements that may have been gathered at another moment than the report. */
export const NVIDIA_AT_KINDS = ['rim', 'ocsp', 'rim-ocsp'] as const;

/** What may be asked of devices, alone or in a bundle. */
export const NVIDIA_REQUEST_OPTIONS: Options = {
  rim: {
    value: '<xml>',
    multiple: true,
    help: 'a manifest (RIM) of driver, VBIOS or switch BIOS; several in any order',
  },
  ocsp: { value: '<der>', multiple: true, help: 'an OCSP response about one of the certificates' },
  'require-ocsp': {
    help: 'without a response in date for every certificate the verdict is indeterminate',
  },
  gpus: { value: '<n>', help: 'reject any other number of GPUs' },
  switches: { value: '<n>', help: 'reject any other number of switches' },
  'allow-rim-hold': {
    help: 'relax the baseline: accept a manifest whose signer is on hold (drivers before release)',
  },
  'allow-expired-rim': {
    help: 'relax the baseline: accept a manifest whose signer has expired since',
  },
  'allow-opaque': {
    value: '<type>',
    multiple: true,
    help: 'relax the baseline: accept this opaque field, though this release does not know it, or the kind of value that it has here',
  },
  ...NVIDIA_ENDORSEMENT_OPTIONS,
  ...RIM_ANCHOR_OPTION,
};

export const NVIDIA_EVIDENCE_OPTIONS: Options = {
  chain: {
    value: '<pem>',
    help: 'the five certificates of the device, leaf first; evidence JSON brings its own',
  },
  nonce: { value: '<hex>', help: 'the requester’s nonce that was sent, 32 bytes' },
  device: { value: '<gpu|switch>', help: 'the kind of device that it must be' },
  'trim-zeros': {
    help: 'drop zero bytes behind a report, which are refused otherwise, and say so',
  },
  ...NVIDIA_REQUEST_OPTIONS,
  ...ANCHOR_OPTION,
};

/** The answer about one device, or about all of a machine. */
export type NvidiaAnswer = NvidiaVerification | NvidiaNodeVerification;

/** Devices as the files have them; evidence JSON that can't be read, as it stands. */
type Devices = readonly NvidiaDevice[] | Uint8Array;

export interface VerifiedNvidia {
  readonly answer: NvidiaAnswer;
  /** What was asked, for whatever else is held against these devices. */
  readonly asked: { readonly nonce: Uint8Array | undefined; readonly at: number };
  /** The first file, or the one that can't be read, decoded. */
  readonly file: Uint8Array;
  /** How many of the reports have zero bytes behind them, which nobody asked to drop. */
  readonly padded: number;
}

/** Reports with their chains, or evidence JSON of any number of devices, as the options say. */
export async function verifyNvidiaEvidence(
  io: Io,
  args: Args,
  wish = NO_WISH,
): Promise<VerifiedNvidia> {
  const anchors = await readNvidiaAnchors(io, args);
  const at = readNvidiaClocks(io, args);
  const requests = readNvidiaRequests(args);
  const expected = readCounts(args);
  const device = readDeviceKind(args);
  const { devices, file } = await readDevices(io, args);
  const list = devices instanceof Uint8Array ? [] : devices;
  const padded = list.filter(({ report }) => trimTrailingZeros(report) !== report).length;
  const found = await findEndorsements(io, args, list, { anchors, at, requiresOcsp: wish.ocsp });
  const verifier = new NvidiaVerifier(anchors);
  const shared = { ...found, ...requests, at };
  const asked = { nonce: requests.nonce, at: at.evidence };
  const [only, ...more] = list;
  if (only && more.length === 0 && Object.keys(expected).length === 0) {
    const answer = verifier.verify({ ...shared, ...only, ...(device && { device }) });
    return { answer, asked, file, padded };
  }
  if (device && list.length > 0) {
    throw usage('--device is about one device; ask for --gpus and --switches of several');
  }
  const answer = verifyNvidiaNode({ ...shared, devices, expected }, verifier);
  return { answer, asked, file, padded };
}

async function readDevices(
  io: Io,
  args: Args,
): Promise<{ readonly devices: Devices; readonly file: Uint8Array }> {
  const chainPath = args.one('chain');
  if (chainPath !== undefined && args.operands.length > 1) {
    throw usage('--chain goes with one report; of several give evidence JSON');
  }
  const chain = chainPath === undefined ? undefined : await io.readFile(chainPath);
  const files = await Promise.all(
    args.operands.map(async (path) => decodeEvidence(await io.readFile(path))),
  );
  const [file = new Uint8Array()] = files;
  const devices: NvidiaDevice[] = [];
  for (const [i, one] of files.entries()) {
    const read = devicesIn(one, chain);
    if (read instanceof Uint8Array) {
      if (files.length > 1) warn(io, `${args.operand(i)}: can’t be read as evidence JSON`);
      return { devices: read, file: one };
    }
    devices.push(...read);
  }
  return {
    devices: devices.map((device) => ({ ...device, report: trimmed(io, args, device.report) })),
    file,
  };
}

function devicesIn(file: Uint8Array, chain: Uint8Array | undefined): Devices {
  if (!isJson(file)) return [{ report: file, ...(chain && { chain }) }];
  if (chain) throw usage('--chain goes with a report; evidence JSON brings its own');
  return orBytes(file);
}

/** What can't be read is read again by the verifier, which says why. */
function orBytes(file: Uint8Array): readonly NvidiaDevice[] | Uint8Array {
  try {
    return readNvidiaEvidence(file);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return file;
    throw error;
  }
}

/** A report begins with SPDM's version; JSON with a bracket, after white space at the most. */
function isJson(file: Uint8Array): boolean {
  const first = file.find((byte) => byte > 0x20);
  return first === 0x5b || first === 0x7b;
}

function trimmed(io: Io, args: Args, report: Uint8Array): Uint8Array {
  if (!args.has('trim-zeros')) return report;
  const trimmedReport = trimTrailingZeros(report);
  const dropped = report.length - trimmedReport.length;
  if (dropped > 0) {
    warn(io, `dropped ${dropped} zero byte${dropped === 1 ? '' : 's'} behind a report`);
  }
  return trimmedReport;
}

export async function readNvidiaAnchors(
  io: Io,
  args: Args,
  option = 'trust-anchor',
): Promise<NvidiaAnchors> {
  return {
    device: await readAnchors(io, args, NVIDIA_ROOTS.device, option),
    rim: await readAnchors(io, args, NVIDIA_ROOTS.rim, 'rim-trust-anchor'),
  };
}

/** Of a folder’s manifests: one root may stand for both. */
export async function readRimAnchors(io: Io, args: Args): Promise<readonly TrustAnchor[]> {
  const named = args.has('rim-trust-anchor') ? 'rim-trust-anchor' : 'trust-anchor';
  return readAnchors(io, args, NVIDIA_ROOTS.rim, named);
}

function readNvidiaClocks(io: Io, args: Args): NvidiaClocks {
  const { all, kinds } = readAt(io, args, NVIDIA_AT_KINDS);
  const rim = kinds.rim ?? all;
  return { evidence: all, rim, ocsp: kinds.ocsp ?? all, rimOcsp: kinds['rim-ocsp'] ?? all };
}

export function readNvidiaRequests(args: Args): NvidiaRequests {
  const nonce = readExactly(args, 'nonce', 32);
  return {
    ...(nonce && { nonce }),
    ...(args.has('require-ocsp') && { revocation: 'required' as const }),
    relax: readRelaxation(args),
  };
}

function readRelaxation(args: Args): NvidiaRelaxation {
  const opaqueTypes = args.many('allow-opaque').map((text) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff) {
      throw usage(`--allow-opaque: want 0 to 65535, got ${JSON.stringify(text)}`);
    }
    return Number(text);
  });
  return {
    ...(args.has('allow-rim-hold') && { rimHold: true as const }),
    ...(args.has('allow-expired-rim') && { rimExpired: true as const }),
    opaqueTypes,
  };
}

export function readCounts(args: Args): DeviceCounts {
  const gpu = readWholeNumber(args, 'gpus');
  const switches = readWholeNumber(args, 'switches');
  return { ...(gpu !== undefined && { gpu }), ...(switches !== undefined && { switch: switches }) };
}

function readDeviceKind(args: Args): DeviceKind | undefined {
  const text = args.one('device');
  if (text === undefined || text === 'gpu' || text === 'switch') return text;
  throw usage(`--device: want gpu or switch, got ${JSON.stringify(text)}`);
}

/** The files of `--rim` and `--ocsp`. */
export async function readNamedEndorsements(io: Io, args: Args) {
  const files = (name: string) => Promise.all(args.many(name).map((path) => io.readFile(path)));
  const rims = await files('rim');
  const ocsp = (await files('ocsp')).map((response) => ({ response }));
  return { rims, ocsp };
}

interface EndorsementSearch {
  readonly anchors: NvidiaAnchors;
  readonly at: NvidiaClocks;
  /** The policy wants OCSP responses, as --require-ocsp does. */
  readonly requiresOcsp: boolean;
}

/** What was named on the command line; what was not, from the folder or from NVIDIA. */
async function findEndorsements(
  io: Io,
  args: Args,
  devices: readonly NvidiaDevice[],
  { anchors, at, requiresOcsp }: EndorsementSearch,
): Promise<NvidiaEndorsements> {
  const { rims, ocsp } = await readNamedEndorsements(io, args);
  const required = requiresOcsp || args.has('require-ocsp');
  const found = await findNvidiaEndorsements(io, args, devices, {
    anchors,
    asked: args.many('at').length > 0 ? at.evidence : undefined,
    at,
    rims,
    ocsp: required ? 'required' : ocsp.length > 0 ? 'named' : 'welcome',
  });
  return { ...found, rims: [...rims, ...found.rims], ocsp: [...ocsp, ...found.ocsp] };
}
