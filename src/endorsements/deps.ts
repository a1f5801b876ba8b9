/** What this room takes from the outside world; built once, in `cli/`. */
export interface EndorsementDeps {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** For services that want requests spread over time. */
export interface PacedDeps extends EndorsementDeps {
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}
