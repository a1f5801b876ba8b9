import { sameBytes } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { RimManifest, RimMeasurement } from './rim/manifest.ts';
import type { RimKind } from './rim-id.ts';

/** A measurement that is none of those that its manifest lists. */
export interface MeasurementMismatch {
  /** As manifests count: the block of index i + 1 in the report. */
  readonly index: number;
  readonly name: string;
  readonly source: RimKind;
  /** Lower-case hex, the alternatives. */
  readonly want: readonly string[];
  readonly got: string;
}

export interface MeasurementComparison {
  /** Whose measurements these are: of the manifests that can be relied upon. */
  readonly manifests: readonly RimKind[];
  /** Active indices of all of them. */
  readonly golden: number;
  readonly compared: number;
  /** Indices that the state of the device exempts. */
  readonly skipped: readonly number[];
  readonly mismatches: readonly MeasurementMismatch[];
  /** Active indices that more than one manifest claims. */
  readonly conflicts: readonly number[];
  /** Active indices that the report has no block of. */
  readonly beyond: readonly number[];
}

/** The measurement of NVDEC0's firmware, which a device whose NVDEC0 is off does not load. */
export const NVDEC0_INDEX = 35;

/** What is compared with each other. */
export interface Compared {
  readonly record: Uint8Array;
  /** Of the report, block 1 first: the record's. */
  readonly blocks: readonly Uint8Array[];
  readonly manifests: readonly { readonly kind: RimKind; readonly manifest: RimManifest }[];
  /** Whether the report says that NVDEC0 is off. */
  readonly nvdec0: 'disabled' | 'enabled';
}

/**
 * Remembers, as long as a manifest is remembered, the last record that was as it lists: a device
 * measures the same each time until its driver changes.
 */
export class GoldenRecords {
  readonly #last = new WeakMap<
    RimManifest,
    Compared & { readonly result: MeasurementComparison }
  >();

  compare(given: Compared): MeasurementComparison {
    const first = given.manifests[0]?.manifest;
    const last = first && this.#last.get(first);
    if (last && isSame(last, given)) return last.result;
    const result = compareMeasurements(given.blocks, given.manifests, given.nvdec0);
    const { mismatches, conflicts, beyond } = result;
    if (first && mismatches.length + conflicts.length + beyond.length === 0) {
      // A copy: the report's memory is the caller's.
      this.#last.set(first, { ...given, record: new Uint8Array(given.record), blocks: [], result });
    }
    return result;
  }
}

function isSame(a: Compared, b: Compared): boolean {
  return (
    a.nvdec0 === b.nvdec0 &&
    a.manifests.length === b.manifests.length &&
    a.manifests.every(
      ({ kind, manifest }, i) =>
        kind === b.manifests[i]?.kind && manifest === b.manifests[i]?.manifest,
    ) &&
    sameBytes(a.record, b.record)
  );
}

/**
 * Golden comparison: the block of index i + 1 must be one of the alternatives that the one
 * manifest with an active index i lists. Blocks that no manifest speaks of are not compared.
 *
 * @param blocks of the report, block 1 first.
 * @param nvdec0 whether the report says that NVDEC0 is off.
 */
export function compareMeasurements(
  blocks: readonly Uint8Array[],
  manifests: readonly { readonly kind: RimKind; readonly manifest: RimManifest }[],
  nvdec0: 'disabled' | 'enabled',
): MeasurementComparison {
  const owned = new Set<number>();
  const conflicts: number[] = [];
  const beyond: number[] = [];
  const skipped: number[] = [];
  const mismatches: MeasurementMismatch[] = [];
  let compared = 0;
  for (const { kind, manifest } of manifests) {
    for (const measurement of manifest.measurements) {
      const { index, active } = measurement;
      if (!active) continue;
      if (owned.has(index)) conflicts.push(index);
      owned.add(index);
      const block = blocks[index];
      if (block === undefined) {
        beyond.push(index);
      } else if (index === NVDEC0_INDEX && nvdec0 === 'disabled') {
        skipped.push(index);
      } else {
        compared++;
        if (!lists(measurement, block)) mismatches.push(mismatchOf(measurement, kind, block));
      }
    }
  }
  const kinds = manifests.map(({ kind }) => kind);
  return { manifests: kinds, golden: owned.size, compared, skipped, mismatches, conflicts, beyond };
}

function lists({ values }: RimMeasurement, block: Uint8Array): boolean {
  for (const value of values) if (equalBytes(value, block)) return true;
  return false;
}

function mismatchOf(
  { index, name, values }: RimMeasurement,
  source: RimKind,
  block: Uint8Array,
): MeasurementMismatch {
  return { index, name, source, want: values.map(toHex), got: toHex(block) };
}
