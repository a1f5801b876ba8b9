const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** How long, to two digits or so: `45s`, `12m`, `3h`, `9d`. */
export function span(ms: number): string {
  const whole = Math.max(0, ms);
  const [unit, size] = UNITS.find(([, most]) => whole >= most * 2) ?? (['s', 1000] as const);
  return `${Math.floor(whole / size)}${unit}`;
}
