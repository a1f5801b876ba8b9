/** What this room takes from the outside world; built once, in `cli/`. */
export interface EndorsementDeps {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
