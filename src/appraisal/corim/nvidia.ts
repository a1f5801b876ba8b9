import type { Reference } from './comid.ts';
import type { CorimDigest } from './measurement.ts';
import { type Omission, omission } from './omission.ts';

/** Golden digests of one of NVIDIA's devices, as they stand; a policy has no place for them. */
export interface NvidiaDevice {
  readonly at: string;
  readonly model?: string;
  readonly layer?: number;
  readonly index?: number;
  /** Of the firmware, where it is stated once for all. */
  readonly version?: string;
  /** By mkey, as the CoRIM numbers them: indices of SPDM begin at 1, those of NVIDIA's RIMs at 0. */
  readonly measurements: Readonly<Record<string, readonly CorimDigest[]>>;
}

/**
 * NVIDIA publishes CoRIMs of network adapters (class vendor `NVIDIA`, integers as mkeys, SHA-512);
 * what Hopper and Blackwell GPUs are compared with are SWID manifests. So this is for reading.
 */
export function nvidiaDevice(
  { at, environment, measurements }: Reference,
  omissions: Omission[],
): NvidiaDevice | undefined {
  const { vendor, model, layer, index } = environment;
  if (vendor === undefined || !/^nvidia\b/i.test(vendor)) return undefined;
  const digests: Record<string, readonly CorimDigest[]> = {};
  const versions = new Set<string>();
  for (const { key, values } of measurements) {
    for (const value of values) {
      if (value.kind === 'digests' && key?.kind === 'integer' && !(key.value in digests)) {
        digests[key.value] = value.digests;
      } else if (value.kind === 'version') {
        versions.add(value.version);
      } else {
        omissions.push(omission(value.at, `${value.kind} of a device`));
      }
    }
  }
  omissions.push(omission(at, 'a policy compares devices with NVIDIA’s own manifests'));
  const [version, ...more] = versions;
  for (const one of more) omissions.push(omission(at, `another version: ${one}`));
  return {
    at,
    ...(model !== undefined && { model }),
    ...(layer !== undefined && { layer }),
    ...(index !== undefined && { index }),
    ...(version !== undefined && more.length === 0 && { version }),
    measurements: digests,
  };
}
