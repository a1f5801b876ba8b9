import { CRL_FAULTS } from './crls.ts';
import { EVENT_LOG_FAULTS } from './event-log.ts';
import type { TdxFault } from './fault.ts';
import { PCK_FAULTS } from './pck.ts';
import { QUOTE_FAULTS } from './quote.ts';
import { QUOTING_ENCLAVE_FAULTS } from './quoting-enclave.ts';
import { prefixed, signerFaults } from './signers.ts';
import { TCB_INFO_FAULTS } from './tcb-info.ts';
import { TCB_LEVEL_FAULTS } from './tcb-level.ts';
import { TD_FAULTS } from './td.ts';
import { TDX_VARIANTS } from './variants.ts';

/** Everything that can be wrong, each in one way only. */
export const TDX_FAULTS = {
  ...QUOTE_FAULTS,
  ...PCK_FAULTS,
  ...CRL_FAULTS,
  ...TCB_INFO_FAULTS,
  ...prefixed('tcb', signerFaults('tcbInfo')),
  ...QUOTING_ENCLAVE_FAULTS,
  ...prefixed('qe', signerFaults('qeIdentity')),
  ...TCB_LEVEL_FAULTS,
  ...TD_FAULTS,
  ...EVENT_LOG_FAULTS,
};

export type TdxFaultName = keyof typeof TDX_FAULTS;
export type TdxVariantName = keyof typeof TDX_VARIANTS;

/** A fault or a variant by its name. */
export function tdxCase(name: TdxFaultName | TdxVariantName): TdxFault {
  const all: Readonly<Record<string, TdxFault>> = { ...TDX_FAULTS, ...TDX_VARIANTS };
  const found = all[name];
  if (found === undefined) throw new RangeError(`no such TDX fault: ${name}`);
  return found;
}
