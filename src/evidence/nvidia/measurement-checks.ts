import type { CheckList } from '../check-list.ts';
import type { NvidiaCheckId } from './checks.ts';
import { compareFloors, type FloorComparison, firstBelow } from './floors.ts';
import { type GivenRim, titleProblem } from './manifests.ts';
import { type GoldenRecords, type MeasurementComparison, NVDEC0_INDEX } from './measurements.ts';
import type { OpaqueData } from './opaque.ts';
import type { NvidiaReport } from './report.ts';
import type { RimKind, WantedRim } from './rim-id.ts';

type Checks = CheckList<NvidiaCheckId>;

/** What the manifests list, and what of it the report has. */
export type ManifestComparison = MeasurementComparison & FloorComparison;

/**
 * Compares what the manifests list that are to be relied upon, and are of this device.
 *
 * @returns undefined where there is none.
 */
export function checkMeasurements(
  checks: Checks,
  { record, blocks }: NvidiaReport,
  { nvdec0Status, fields }: OpaqueData,
  wanted: readonly WantedRim[],
  rims: ReadonlyMap<RimKind, GivenRim>,
  golden: GoldenRecords,
): ManifestComparison | undefined {
  const manifests = wanted.flatMap((want) => {
    const manifest = rims.get(want.kind)?.reading.manifest;
    return manifest && !titleProblem(manifest, want) ? [{ kind: want.kind, manifest }] : [];
  });
  if (manifests.length === 0) return undefined;
  const nvdec0 = nvdec0Status === 0x55 ? 'disabled' : 'enabled';
  const compared = golden.compare({ record, blocks, manifests, nvdec0 });
  const { conflicts, beyond, mismatches } = compared;
  const floors = compareFloors(fields, manifests);
  const open = openQuestion(wanted, manifests.length, compared);
  const settle = (id: NvidiaCheckId) =>
    open === undefined ? checks.pass(id) : checks.unresolved(id, open);

  if (conflicts.length > 0) {
    checks.fail('nvidia.measurements.index', {
      want: 'one manifest for every active index',
      got: `more than one for ${conflicts.join(', ')}`,
    });
  } else if (floors.claimedTwice.length > 0) {
    checks.fail('nvidia.measurements.index', {
      want: 'one manifest for every opaque field',
      got: `more than one for ${floors.claimedTwice.join(', ')}`,
    });
  } else if (beyond.length > 0) {
    checks.fail('nvidia.measurements.index', {
      want: `a block for each of ${compared.golden} active indices`,
      got: `none for ${beyond.join(', ')}`,
    });
  } else settle('nvidia.measurements.index');

  const below = firstBelow(floors);
  const odd = nvdec0Status !== undefined && nvdec0Status !== 0x55 && nvdec0Status !== 0xaa;
  if (mismatches.length > 0) {
    const list = mismatches
      .map(({ index, name, source }) => `${index} (${name}, ${source})`)
      .join(', ');
    const [first] = mismatches;
    checks.fail('nvidia.measurements.match', {
      want: `what the manifests list at every active index; at ${first?.index}: ${first?.want.join(' or ')}`,
      got: `something else at ${list}; at ${first?.index}: ${first?.got}`,
    });
  } else if (odd) {
    checks.fail('nvidia.measurements.match', {
      want: `NVDEC0_STATUS 0x55 or 0xaa, which decides about index ${NVDEC0_INDEX}`,
      got: `0x${nvdec0Status.toString(16)}`,
    });
  } else if (below) {
    checks.fail('nvidia.measurements.match', {
      want: `a security version of ${below.least} or more in ${below.name} (${below.source})`,
      got: `${below.got ?? 'none'}`,
    });
  } else settle('nvidia.measurements.match');
  return { ...compared, ...floors };
}

/** Why what was compared is not enough. */
function openQuestion(
  wanted: readonly WantedRim[],
  manifests: number,
  { compared }: MeasurementComparison,
): string | undefined {
  // A report that does not name one of its two has a manifest less to look for, not to need.
  const due = wanted.some(({ edition }) => edition === 'SWITCH') ? 1 : 2;
  if (manifests < due) return `${due - manifests} of ${due} manifests can’t be relied upon`;
  return compared === 0 ? 'no manifest lists anything to compare' : undefined;
}
