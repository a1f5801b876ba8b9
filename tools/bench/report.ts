import type { Result } from './measure.ts';

/** Digits that a repetition would bear out. */
const DIGITS = 4;

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** One array and nothing else; every object has the same four members, and some say `also`. */
export function renderJson(results: readonly Result[]): string {
  const rows = results.map(({ name, perSecond, against, ratio, also }) => ({
    name,
    perSecond: rounded(perSecond),
    against,
    ratio: ratio === null ? null : rounded(ratio),
    ...(also && {
      also: Object.fromEntries(Object.entries(also).map(([what, n]) => [what, rounded(n)])),
    }),
  }));
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

const HEADINGS = ['name', 'per second', 'median µs', 'against', 'ratio', 'aim', 'also'] as const;
/** Those of words; numbers end under each other. */
const TEXTS: ReadonlySet<number> = new Set([0, 3, 6]);

/** @param rows where the aims stand. */
export function renderTable(
  results: readonly Result[],
  rows: readonly { readonly name: string; readonly atLeast?: number }[],
): string {
  const aims = new Map(rows.map(({ name, atLeast }) => [name, atLeast]));
  const texts = results.map(({ name, perSecond, against, ratio, also = {} }) => [
    name,
    perSecond.toFixed(0),
    (1e6 / perSecond).toFixed(1),
    against ?? '',
    ratio?.toFixed(2) ?? '',
    aim(ratio, aims.get(name)),
    Object.entries(also)
      .map(([what, n]) => `${what} ${rounded(n)}`)
      .join(', '),
  ]);
  const table = [HEADINGS, ...texts];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return TEXTS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function aim(ratio: number | null, atLeast: number | undefined): string {
  if (ratio === null || atLeast === undefined) return '';
  return `${ratio >= atLeast ? 'met' : 'missed'}: ${atLeast.toFixed(2)}`;
}
