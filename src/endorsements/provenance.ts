/** Where and when something was fetched. Not signed by anybody: nothing is decided by it but age. */
export interface Provenance {
  /** Base URL of the source. */
  readonly source: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly fetchedAt: number;
}

/** `now` as provenance keeps it. */
export function wholeSeconds(now: number): number {
  return Math.floor(now / 1000) * 1000;
}
