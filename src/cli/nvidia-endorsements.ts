import {
  type FoundNvidiaEndorsements,
  NvidiaFinder,
  type NvidiaNeeds,
} from '../endorsements/nvidia/finder.ts';
import type { NvidiaAnchors } from '../evidence/nvidia/anchors.ts';
import type { NvidiaDevice } from '../evidence/nvidia/input.ts';
import { FOLDER_OPTIONS, onlineMember, readKept, told } from './collateral.ts';
import type { Io } from './io.ts';
import { NVIDIA_SERVICE_OPTIONS, readNvidiaNetwork } from './nvidia-services.ts';
import type { Args, Options } from './verb.ts';

/** Where the verification of devices finds what was not given. */
export const NVIDIA_ENDORSEMENT_OPTIONS: Options = {
  ...FOLDER_OPTIONS,
  ...NVIDIA_SERVICE_OPTIONS,
};

export interface NvidiaEndorsementNeeds extends NvidiaNeeds {
  readonly anchors: NvidiaAnchors;
}

/** The manifests and OCSP responses that some devices need, from the folder or from NVIDIA. */
export async function findNvidiaEndorsements(
  io: Io,
  args: Args,
  devices: readonly NvidiaDevice[],
  { anchors, ...needs }: NvidiaEndorsementNeeds,
): Promise<FoundNvidiaEndorsements> {
  const network = await readNvidiaNetwork(io, args);
  const kept = readKept(io, args);
  const finder = new NvidiaFinder({ ...kept, anchors, ...onlineMember(args, network) });
  return told(io, await finder.find(devices, needs));
}
