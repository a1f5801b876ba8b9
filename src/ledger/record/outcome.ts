import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { BundleVerification } from '../../appraisal/bundle/verifier.ts';
import { resultDigest, type WithParts } from '../../appraisal/result/result-json.ts';
import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { CheckId } from '../../evidence/verdict.ts';
import type { EvidenceKind } from '../../evidence/verification.ts';
import { type HardwareId, sortedIds } from '../leaf/salted.ts';
import type { RecordedResult } from './manifest.ts';

/** What came out, as far as it is compared. */
export function recordedResult(result: Appraisal | BundleVerification): RecordedResult {
  return { ...outcomeOf(result), digest: resultDigest(result) };
}

/** The same without what people read of it: the digest takes as long as a verification of a CPU. */
export function outcomeOf(result: Appraisal | BundleVerification): Omit<RecordedResult, 'digest'> {
  const { verdict, authentic, anchors } = result;
  return { verdict, authentic, anchors, codes: codesOf(result) };
}

/**
 * Ids of the checks of a result and its parts that failed or stayed open, each once, sorted. What
 * was skipped did not apply, or was let pass: it stands in the way of nothing.
 */
function codesOf(result: WithParts): readonly CheckId[] {
  const codes = new Set<CheckId>();
  const collect = ({ checks, parts = [] }: WithParts): void => {
    for (const { id, outcome } of checks) {
      if (outcome === 'fail' || outcome === 'unresolved') codes.add(id);
    }
    for (const part of parts) collect(part);
  };
  collect(result);
  return [...codes].sort();
}

/** What evidence says of the hardware that it is of: all that is asked of a machine's pieces here. */
export interface HardwarePieces {
  readonly cpu:
    | {
        readonly evidence: EvidenceKind;
        readonly report?: { readonly chipId: Uint8Array } | undefined;
        readonly pck?:
          | {
              readonly ppid: Uint8Array;
              readonly platformInstanceId?: Uint8Array | undefined;
            }
          | undefined;
      }
    | undefined;
  readonly devices: readonly {
    readonly evidence: EvidenceKind;
    readonly identity?: { readonly ueid: string } | undefined;
  }[];
}

/** Decimal digits of 20 octets. */
const LONGEST_UEID = 49;

/**
 * The identities that the hardware of a machine has for life, as far as the evidence says them,
 * authentic or not: chip id, PPID and platform instance id, UEIDs. A UEID that is longer than any
 * serial number may be (RFC 5280 section 4.1.2.2: 20 octets) is nobody's: a stranger chose its length.
 * So is a chip id of zeros, which stands in every report whose chip is masked.
 */
export function hardwareIds({
  pieces: { cpu, devices },
}: {
  readonly pieces: HardwarePieces;
}): readonly HardwareId[] {
  const ids: HardwareId[] = devices.flatMap(({ identity }) =>
    identity === undefined || identity.ueid.length > LONGEST_UEID
      ? []
      : [{ kind: 'nvidia-ueid' as const, id: identity.ueid }],
  );
  if (cpu?.report && !isZero(cpu.report.chipId)) {
    ids.push({ kind: 'snp-chip-id', id: toHex(cpu.report.chipId) });
  }
  if (cpu?.pck) {
    const { ppid, platformInstanceId } = cpu.pck;
    ids.push({ kind: 'tdx-ppid', id: toHex(ppid) });
    if (platformInstanceId) ids.push({ kind: 'tdx-piid', id: toHex(platformInstanceId) });
  }
  return sortedIds(ids);
}
