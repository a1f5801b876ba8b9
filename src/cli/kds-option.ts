import type { KdsClientOptions } from '../endorsements/amd/kds.ts';
import { AMD_KDS, kdsBase } from '../endorsements/amd/url.ts';
import { type Io, warn } from './io.ts';
import { type Args, asOption, type Option } from './verb.ts';

export const KDS_OPTION: Option = {
  value: '<url>',
  help: `base URL of a proxy to ask instead of AMD’s service (${AMD_KDS})`,
};

/** AMD's service, or the proxy of `--kds`. */
export function readKds(args: Args): string {
  return asOption('kds', () => kdsBase(args.one('kds') ?? AMD_KDS));
}

/** Somebody who waits is told for what. */
export function patient(io: Io): KdsClientOptions {
  return {
    onWait: (ms, at) => warn(io, `waiting ${Math.ceil(ms / 1000)} s before asking ${at}`),
  };
}
