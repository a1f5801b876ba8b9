/** What was found for a piece of evidence, and what is to be said about it. */
export interface Found<T> {
  readonly found: T;
  /** Why this is not what a reachable, honest source would have given; empty when it is. */
  readonly warnings: readonly string[];
}
