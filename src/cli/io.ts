import { Fault } from '../core/fault.ts';
import { visible } from './visible.ts';

/** What the command line needs of the process; built once, in `main.ts`, and faked in tests. */
export interface Io {
  readonly out: (text: string) => void;
  /** Progress and warnings; never part of the answer. */
  readonly err: (text: string) => void;
  /** @throws Fault `unreachable` at the path when it can't be read. `-` is standard input. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after so many milliseconds: a service asked to be left alone for that long. */
  readonly pause: (ms: number) => Promise<void>;
  /** Unpredictable, for nonces. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** A variable of the environment, where it is set and not empty. */
  readonly env: (name: string) => string | undefined;
  /** The names of all that are set. */
  readonly envNames: () => readonly string[];
  /** Whether standard output is a terminal that wants colours. */
  readonly colours: boolean;
}

export const EXIT = { accept: 0, reject: 1, indeterminate: 2 } as const;

export function usage(detail: string): Fault {
  return new Fault('usage', 'postern', detail);
}

export function warn(io: Io, text: string): void {
  io.err(`postern: ${visible(text)}\n`);
}
