import type { GpuRules, SwitchRules } from '../schema/nvidia.ts';
import type { VtpmRules } from '../schema/vtpm.ts';
import type { Composite, Count } from '../schema/whole.ts';
import type { Report } from './change.ts';
import {
  compareAlternatives,
  compareDemands,
  compareRules,
  isSkip,
  nothing,
  type Pair,
  same,
} from './compare.ts';

/**
 * Rules that one of two policies has only. Without them a machine must not have the thing; with
 * them it must: whom one lets in the other refuses.
 */
export function comparePieces<Rules>(
  report: Report,
  path: string,
  [before, after]: Pair<Rules | undefined>,
  compare: (report: Report, path: string, pair: Pair<Rules>) => void,
): void {
  if (before !== undefined && after !== undefined) compare(report, path, [before, after]);
  else if (before !== undefined) report(path, 'both', 'must not be there any more');
  else if (after !== undefined) report(path, 'both', 'must be there now');
}

export function compareGpus(report: Report, path: string, [before, after]: Pair<GpuRules>): void {
  compareAlternatives(report, `${path}.models`, [before.models, after.models], {
    // Why the board is not looked at makes no other model of it.
    keyOf: modelText,
    nameOf: modelText,
  });
  compareAlternatives(report, `${path}.modes`, [before.modes, after.modes]);
  const at = `${path}.releases`;
  compareRules<readonly { readonly driver: string; readonly vbios: string }[]>(
    report,
    at,
    [before.releases, after.releases],
    (pair) => {
      const nameOf = ({ driver, vbios }: { readonly driver: string; readonly vbios: string }) =>
        `driver ${driver} with VBIOS ${vbios}`;
      compareAlternatives(report, at, pair, { nameOf });
    },
  );
  compareRules<'require'>(report, `${path}.ocsp`, [before.ocsp, after.ocsp], nothing);
}

function modelText({ chip, board }: GpuRules['models'][number]): string {
  return isSkip(board) ? `${chip} on any board` : `${chip} on ${board}`;
}

export function compareSwitches(
  report: Report,
  path: string,
  [before, after]: Pair<SwitchRules>,
): void {
  compareRules<readonly string[]>(report, `${path}.bios`, [before.bios, after.bios], (pair) =>
    compareAlternatives(report, `${path}.bios`, pair),
  );
  compareRules<'require'>(report, `${path}.ocsp`, [before.ocsp, after.ocsp], nothing);
}

export function compareVtpms(report: Report, path: string, [before, after]: Pair<VtpmRules>): void {
  compareRules<'require'>(report, `${path}.quote`, [before.quote, after.quote], nothing);
  const at = `${path}.pcrs`;
  const pcrs = [before.pcrs, after.pcrs] as Pair<
    Readonly<Record<string, string>> | { skip: string }
  >;
  compareRules<Readonly<Record<string, string>>>(report, at, pcrs, ([old, fresh]) => {
    compareDemands(report, at, [Object.entries(old), Object.entries(fresh)], {
      nameOf: ([index, value]) => `PCR ${index} ${value}`,
      keyOf: ([index, value]) => `${index} ${value}`,
    });
  });
}

export function compareComposites(
  report: Report,
  path: string,
  [before, after]: Pair<Composite>,
): void {
  for (const kind of ['gpu', 'nvswitch'] as const) {
    comparePieces(report, `${path}.${kind}`, [before[kind], after[kind]], compareGroups);
  }
  const topology = [before.topology, after.topology] as const;
  compareRules<'require'>(report, `${path}.topology`, topology, nothing);
}

function compareGroups(
  report: Report,
  path: string,
  [before, after]: Pair<NonNullable<Composite['gpu']>>,
): void {
  compareCounts(report, `${path}.count`, [before.count, after.count]);
  const challenges = [before.sameChallengeAs, after.sameChallengeAs] as const;
  compareRules<'cpu'>(report, `${path}.sameChallengeAs`, challenges, nothing);
}

function compareCounts(report: Report, path: string, pair: Pair<Count>): void {
  if (same(pair)) return;
  const [old, fresh] = [rangeOf(pair[0]), rangeOf(pair[1])];
  const wider = fresh.min < old.min || fresh.max > old.max;
  const narrower = fresh.min > old.min || fresh.max < old.max;
  const effect = wider && narrower ? 'both' : wider ? 'widens' : narrower ? 'narrows' : 'neutral';
  report(path, effect, `${countText(pair[0])} → ${countText(pair[1])}`);
}

function rangeOf(count: Count): { readonly min: number; readonly max: number } {
  return 'exactly' in count ? { min: count.exactly, max: count.exactly } : count;
}

/** @returns e.g. `exactly 8` or `1 to 8`. */
function countText(count: Count): string {
  return 'exactly' in count ? `exactly ${count.exactly}` : `${count.min} to ${count.max}`;
}
