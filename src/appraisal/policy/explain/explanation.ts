/** One heading of an explanation, and its sentences. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** How long values are shown: `short` has the beginning of each, which is enough to recognise it. */
export type Values = 'short' | 'full';

/** Writes a value in hex as it is to be shown. */
export type ShowHex = (hex: string) => string;

const SHORT = 16;

export function hexFor(values: Values): ShowHex {
  return (hex) => (values === 'full' || hex.length <= SHORT + 1 ? hex : `${hex.slice(0, SHORT)}…`);
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(items: readonly (string | number)[], last: 'and' | 'or'): string {
  const texts = items.map(String);
  const [end = ''] = texts.slice(-1);
  return texts.length < 2 ? end : `${texts.slice(0, -1).join(', ')} ${last} ${end}`;
}

/** The line where there is a rule; where it is skipped, the reason stands under "Not checked". */
export function unlessSkipped<Rule>(
  rule: Rule | { readonly skip: string },
  line: (rule: Rule) => string,
): readonly string[] {
  return isSkipped(rule) ? [] : [line(rule)];
}

function isSkipped(rule: unknown): rule is { readonly skip: string } {
  return typeof rule === 'object' && rule !== null && 'skip' in rule;
}
