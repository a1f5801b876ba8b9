/** Every failure a caller may branch on, with the exit code the CLI gives it. Codes are API: add, never rename. */
export const FAULTS = {
  /** The input is not the structure it claims to be. */
  malformed: { exit: 1 },
  /** A well-formed input of a version or kind that this release does not read. */
  unsupported: { exit: 1 },
  /** What is stored, was published or was done by somebody else contradicts what was to be done. */
  conflict: { exit: 1 },
  /** What was asked for by its name is not there. */
  missing: { exit: 1 },
  /** Who asks has not shown who they are: an unknown key, a signature that does not fit. */
  unauthenticated: { exit: 64 },
  /** Who asks is known, and may not. */
  forbidden: { exit: 64 },
  /** The caller asked for something that makes no sense, or configured it so. */
  usage: { exit: 64 },
  /** A file or service could not be reached, in time or at all. */
  unreachable: { exit: 69 },
  /** Others are served first: the same again in a moment. */
  busy: { exit: 69 },
  /** Whoever asks has to wait, for what came of it before: the same again at the time that is told. */
  'too-soon': { exit: 69 },
  /** A bug of ours. */
  internal: { exit: 70 },
} as const satisfies Record<string, { exit: number }>;

export type FaultCode = keyof typeof FAULTS;

/** The one error class that crosses module borders; everything else is a bug. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** Where in the input the problem sits, e.g. `tdx.quote.header.version`. */
  readonly at: string;
  /** The message without the place. */
  readonly detail: string;

  constructor(code: FaultCode, at: string, detail: string, options?: ErrorOptions) {
    const [place, text] = [bounded(at), bounded(detail)];
    super(`${place}: ${text}`, options);
    this.code = code;
    this.at = place;
    this.detail = text;
  }
}

const PASSING: ReadonlySet<FaultCode> = new Set(['unreachable', 'busy', 'too-soon']);

/** Whether the same may well come to something in a moment: nothing was wrong with what was asked. */
export function isPassing(error: unknown): error is Fault {
  return error instanceof Fault && PASSING.has(error.code);
}

const LONGEST_TEXT = 2048;

/** Strangers choose the names and values that errors quote; no log line should be theirs to fill. */
export function bounded(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

export function malformed(at: string, detail: string): Fault {
  return new Fault('malformed', at, detail);
}
