import { formatTime } from '../core/encoding/time.ts';
import { FAULTS, Fault } from '../core/fault.ts';

/** All that an agent's log can say. */
export const LOG_MESSAGES = [
  'agent listening',
  'agent closing',
  'agent closed',
  'session ended',
  'session refused',
  'request refused',
  'connection refused',
  'challenge answered',
  'challenge failed',
  'keys made',
  'keys in force',
  'enrolled',
  'admitted',
  'not admitted',
  'gateway failed',
  'epoch made',
  'epoch skipped',
  'usage handed over',
  'usage lost',
  'host key refused',
  'sshd set up',
  'sshd not reloaded',
  'certificate issued',
  'certificate failed',
  'certified',
  'not certified',
  'certificate refused',
  'certificate not installed',
  'certificate over',
  'tls refused',
] as const;
export type LogMessage = (typeof LOG_MESSAGES)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that a line may have beside `level`, `time` and `msg`: words and ids of ours. */
export interface LogFields {
  /** SHA-256 of what the KEM encapsulated. */
  readonly session?: string;
  /** SHA-384 of the keyset. */
  readonly keyset?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly count?: number;
  /** A code of ours, or Node's word for what is wrong with a connection. */
  readonly code?: string;
  readonly outcome?: string;
  /** First word of the purpose of a challenge. */
  readonly purpose?: string;
  readonly node?: string;
  readonly until?: string;
  readonly decision?: string;
  /** What a key is for. */
  readonly use?: string;
}

export type Log = (level: LogLevel, message: LogMessage, fields?: LogFields) => void;

export interface LogOptions {
  readonly write: (line: string) => void;
  readonly level: LogLevel;
  readonly now: () => number;
}

type Form = (value: unknown) => string | number | undefined;

const WORD = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** What has another form is left out: nothing that came from outside has a way into a log. */
const FORMS: readonly (readonly [keyof LogFields, Form])[] = [
  ['session', matching(/^[0-9a-f]{64}$/)],
  ['keyset', matching(/^[0-9a-f]{96}$/)],
  ['status', number],
  ['ms', number],
  ['count', number],
  ['code', matching(WORD)],
  ['outcome', matching(WORD)],
  ['purpose', matching(/^(?:admission|client|epoch|ssh-session|tls-session|other)$/)],
  ['node', matching(/^[0-9a-f]{32}$/)],
  ['until', matching(/^[0-9TZ:.-]{20,24}$/)],
  ['decision', matching(/^[0-9a-f]{32}$/)],
  ['use', matching(/^(?:ssh-host|tls)$/)],
];

/** Lines of JSON, of the messages and fields above and no others. */
export function createLog({ write, level, now }: LogOptions): Log {
  const least = LOG_LEVELS.indexOf(level);
  return (at, msg, fields = {}) => {
    if (LOG_LEVELS.indexOf(at) < least || !LOG_MESSAGES.includes(msg)) return;
    const line: Record<string, string | number> = {
      level: at,
      time: formatTime(Math.trunc(now())),
      msg,
    };
    for (const [name, form] of FORMS) {
      const value = form(fields[name]);
      if (value !== undefined) line[name] = value;
    }
    write(`${JSON.stringify(line)}\n`);
  };
}

/** The code of a fault, for a log: what it says may quote what strangers sent. */
export function codeOfError(error: unknown): string {
  if (error instanceof Fault && Object.hasOwn(FAULTS, error.code)) return error.code;
  return 'internal';
}

function matching(pattern: RegExp): Form {
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : undefined;
}
