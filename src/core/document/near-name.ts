/** The known name that one was meant to be: the same but for capitals, or two letters away at most. */
export function nearName(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((one) => ({ one, far: farFrom(one, name) }))
    .filter(({ far }) => far <= FARTHEST)
    .toSorted((a, b) => a.far - b.far);
  return near[0]?.one;
}

const FARTHEST = 2;

function farFrom(known: string, name: string): number {
  return known.toLowerCase() === name.toLowerCase() ? 0 : distance(known, name);
}

/** Levenshtein's, of names short enough to compare. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > FARTHEST || b.length > 64) return FARTHEST + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
