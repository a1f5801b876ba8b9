/** What is found on the way beside answers. */
export interface Findings {
  /** The instant that is decided for, in milliseconds since the epoch. */
  readonly now: number;
  readonly warn: (text: string) => void;
  /** The decision must not outlive this instant. */
  readonly limit: (until: number) => void;
}
