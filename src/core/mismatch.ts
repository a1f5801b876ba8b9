/** One difference between what a rule wants and what the input holds; not an exception, an answer. */
export interface Mismatch {
  readonly want: string;
  readonly got: string;
}

export function isMismatch(value: object): value is Mismatch {
  return 'want' in value && 'got' in value;
}
