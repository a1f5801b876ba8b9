import type { NvidiaNetwork } from '../endorsements/nvidia/arrival.ts';
import { ocspClient } from '../endorsements/nvidia/ocsp-service.ts';
import { rimClient } from '../endorsements/nvidia/rim-service.ts';
import { ServiceKey } from '../endorsements/nvidia/service-key.ts';
import {
  NVIDIA_OCSP_SERVICE,
  NVIDIA_RIM_SERVICE,
  ocspServiceUrl,
  rimServiceBase,
} from '../endorsements/nvidia/url.ts';
import type { Io } from './io.ts';
import { type Args, asOption, type Options } from './verb.ts';

/** Whom to ask, for every verb that may ask NVIDIA. */
export const NVIDIA_SERVICE_OPTIONS: Options = {
  'rim-service': {
    value: '<url>',
    help: `base URL of a mirror to ask for manifests instead of NVIDIA’s service (${NVIDIA_RIM_SERVICE})`,
  },
  'rim-service-key-file': {
    value: '<file>',
    help: 'file with the service key that NVIDIA gave you; sent to the service for manifests only',
  },
  'ocsp-service': {
    value: '<url>',
    help: `OCSP responder to ask instead of NVIDIA’s (${NVIDIA_OCSP_SERVICE})`,
  },
  'ocsp-nonce': {
    help: 'send a nonce with each OCSP request, and refuse an answer without it',
  },
};

/** NVIDIA's services, or those that stand in for them. */
export async function readNvidiaNetwork(io: Io, args: Args): Promise<NvidiaNetwork> {
  const base = asOption('rim-service', () =>
    rimServiceBase(args.one('rim-service') ?? NVIDIA_RIM_SERVICE),
  );
  const url = asOption('ocsp-service', () =>
    ocspServiceUrl(args.one('ocsp-service') ?? NVIDIA_OCSP_SERVICE),
  );
  const keyFile = args.one('rim-service-key-file');
  const file = keyFile === undefined ? undefined : await io.readFile(keyFile);
  const serviceKey =
    file &&
    // Any byte becomes a character; one that is not ASCII is refused without a word of the rest.
    asOption('rim-service-key-file', () => new ServiceKey(new TextDecoder('latin1').decode(file)));
  return {
    rim: rimClient(io, base, serviceKey ? { serviceKey } : {}),
    ocsp: ocspClient(io, url, args.has('ocsp-nonce') ? { nonce: io.randomBytes } : {}),
  };
}
