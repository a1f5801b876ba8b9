import { Fault, malformed } from '../core/fault.ts';
import type { NvidiaFetchRequest } from '../endorsements/nvidia/fetch.ts';
import { rimKey } from '../endorsements/nvidia/key.ts';
import { NVIDIA_ROOTS } from '../evidence/nvidia/anchors.ts';
import { readNvidiaEvidence } from '../evidence/nvidia/evidence-json.ts';
import type { NvidiaDevice } from '../evidence/nvidia/input.ts';
import { decodeEvidence, readAnchors } from './input.ts';
import { type Io, usage } from './io.ts';
import { readRimAnchors } from './nvidia-evidence.ts';
import { NVIDIA_SERVICE_OPTIONS, readNvidiaNetwork } from './nvidia-services.ts';
import { type Args, asOption, type Options } from './verb.ts';

/** What `endorsements fetch` can be asked for of NVIDIA's. */
export const NVIDIA_FETCH_OPTIONS: Options = {
  nvidia: {
    value: '<file>',
    multiple: true,
    help: 'fetch manifests and OCSP responses for these devices: evidence JSON, or a report with --chain',
  },
  chain: { value: '<pem>', help: 'the certificates of the device whose report --nvidia is' },
  rim: {
    value: '<id>',
    multiple: true,
    help: 'fetch this manifest, and OCSP responses about its signer',
  },
  ...NVIDIA_SERVICE_OPTIONS,
};

/** Undefined when nothing of NVIDIA's is asked for. */
export async function readNvidiaRequest(
  io: Io,
  args: Args,
): Promise<NvidiaFetchRequest | undefined> {
  const rims = args.many('rim').map((id) => asOption('rim', () => rimKey(id)));
  const devices = await readDevices(io, args);
  if (!args.has('nvidia') && rims.length === 0) {
    const lost = ['chain', ...Object.keys(NVIDIA_SERVICE_OPTIONS)].find((name) => args.has(name));
    if (lost !== undefined) {
      throw usage(`--${lost} is about NVIDIA: give --nvidia or --rim as well`);
    }
    return undefined;
  }
  const anchors = {
    device: await readAnchors(io, args, NVIDIA_ROOTS.device),
    rim: await readRimAnchors(io, args),
  };
  const network = await readNvidiaNetwork(io, args);
  return { dir: args.operand(0), anchors, network, devices, rims };
}

async function readDevices(io: Io, args: Args): Promise<readonly NvidiaDevice[]> {
  const paths = args.many('nvidia');
  const chainPath = args.one('chain');
  if (chainPath !== undefined && paths.length > 1) {
    throw usage('--chain goes with one report; of several give evidence JSON');
  }
  const files = await Promise.all(
    paths.map(async (path) => ({ path, file: decodeEvidence(await io.readFile(path)) })),
  );
  const chain = chainPath === undefined ? undefined : await io.readFile(chainPath);
  return files.flatMap(({ path, file }) => {
    if (!isJson(file)) {
      if (chain === undefined) {
        throw usage('--nvidia: a report comes without certificates: give them with --chain');
      }
      return [{ report: file, chain }];
    }
    if (chain) throw usage('--chain goes with a report; evidence JSON brings its own');
    return inFile(path, () => readNvidiaEvidence(file));
  });
}

/** A report begins with SPDM's version; JSON with a bracket, after white space at the most. */
function isJson(file: Uint8Array): boolean {
  const first = file.find((byte) => byte > 0x20);
  return first === 0x5b || first === 0x7b;
}

/** Of several files, the one that can’t be read is named. */
function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    throw malformed(`${path}: ${error.at}`, error.detail);
  }
}
