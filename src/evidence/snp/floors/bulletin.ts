import type { Cpuid, ProductLine } from '../product.ts';
import type { MinimumTcb } from '../tcb-version.ts';

/** One processor by its exact CPUID, and what it is called. */
export interface Processor {
  readonly name: string;
  readonly line: ProductLine;
  readonly cpuid: Cpuid;
}

/** What a fixed machine reports at the least. */
export interface Floor {
  readonly line: ProductLine;
  /**
   * The processor that the numbers are for; without it the whole line. Microcode is numbered
   * anew for each: 0x44 is the fix on one Milan and long before it on another.
   */
  readonly processor?: Processor;
  readonly minimum: MinimumTcb;
}

/** A bit of the report that tells more of the fix than the TCB does. */
export interface Sign {
  readonly field: 'PLATFORM_INFO' | 'CURRENT_MIT_VECTOR';
  readonly bit: number;
  readonly lines: readonly ProductLine[];
  /** What it says when it is one, and when it is zero. */
  readonly set: string;
  readonly clear: string;
  /** Part of the fix itself: while it is not seen to be one, the TCB alone decides nothing. */
  readonly decides?: true;
}

/** A security bulletin of AMD's, as far as an attestation report can answer it. */
export interface Bulletin {
  readonly id: `AMD-SB-${number}`;
  readonly title: string;
  readonly cves: readonly `CVE-${number}-${number}`[];
  /** YYYY, YYYY-MM or YYYY-MM-DD: as exact as our source is. */
  readonly published?: string;
  /** The lines it concerns; one of them without a floor has no number that we know of. */
  readonly lines: readonly ProductLine[];
  readonly floors: readonly Floor[];
  readonly signs: readonly Sign[];
  /** AMD took the numbers back: they stay here as history, and judge nothing. */
  readonly withdrawn?: { readonly date: string; readonly says: string };
  /** Where the numbers are from; AMD publishes none that a machine could read. */
  readonly source: string;
  readonly note?: string;
}

/** `0x17`, as AMD writes them. */
export function splText(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** `snp 0x17, microcode 0x54`. */
export function minimumText(minimum: MinimumTcb): string {
  return Object.entries(minimum)
    .map(([component, value]) => `${component} ${splText(value)}`)
    .join(', ');
}

/** `19/11/1`: family, model and stepping in hex. */
export function cpuidText({ family, model, stepping }: Cpuid): string {
  return `${family.toString(16)}/${model.toString(16).padStart(2, '0')}/${stepping.toString(16)}`;
}
