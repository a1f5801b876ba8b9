import { CHAIN_FAULTS } from './chain.ts';
import { CHAIN_ROLE_FAULTS } from './chain-roles.ts';
import { CLOCK_FAULTS } from './clocks.ts';
import type { NvidiaFault } from './fault.ts';
import { FLOOR_FAULTS } from './floors.ts';
import { MEASUREMENT_FAULTS } from './measurements.ts';
import { OCSP_FAULTS } from './ocsp.ts';
import { OPAQUE_FAULTS } from './opaque.ts';
import { OPAQUE_VERSIONED_FAULTS } from './opaque-versioned.ts';
import { REPORT_FAULTS } from './report.ts';
import { RIM_FORMAT_FAULTS } from './rim-format.ts';
import { RIM_PROFILE_FAULTS } from './rim-profile.ts';
import { RIM_SIGNATURE_FAULTS } from './rim-signature.ts';
import { RIM_SIGNER_FAULTS } from './rim-signer.ts';
import { SIGNATURE_FAULTS } from './signature.ts';
import { NVIDIA_VARIANTS } from './variants.ts';

/** Everything that can be wrong with one device, each in one way only. */
export const NVIDIA_FAULTS = {
  ...CLOCK_FAULTS,
  ...REPORT_FAULTS,
  ...OPAQUE_FAULTS,
  ...SIGNATURE_FAULTS,
  ...CHAIN_FAULTS,
  ...CHAIN_ROLE_FAULTS,
  ...OCSP_FAULTS,
  ...RIM_FORMAT_FAULTS,
  ...RIM_PROFILE_FAULTS,
  ...RIM_SIGNATURE_FAULTS,
  ...RIM_SIGNER_FAULTS,
  ...MEASUREMENT_FAULTS,
  ...OPAQUE_VERSIONED_FAULTS,
  ...FLOOR_FAULTS,
};

export type NvidiaFaultName = keyof typeof NVIDIA_FAULTS;
export type NvidiaVariantName = keyof typeof NVIDIA_VARIANTS;

/** A fault or a variant by its name. */
export function nvidiaCase(name: NvidiaFaultName | NvidiaVariantName): NvidiaFault {
  const all: Readonly<Record<string, NvidiaFault>> = { ...NVIDIA_FAULTS, ...NVIDIA_VARIANTS };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such NVIDIA fault: ${name}`);
  return found;
}
