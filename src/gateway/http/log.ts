import { type DestinationStream, pino } from 'pino';
import { formatTime } from '../../core/encoding/time.ts';
import { FAULTS } from '../../core/fault.ts';
import { PROBLEMS } from '../../protocol/problem.ts';
import { ROLES } from '../identity/credential.ts';

/** All that a log of a gateway can say. */
export const LOG_MESSAGES = [
  'request answered',
  'request refused',
  'request failed',
  /** The other side went, or was cut off, before the answer was all sent. */
  'request cut off',
  /** What came was no HTTP, too slow or too large; there is no request to speak of. */
  'connection refused',
  'stream ended',
  /** A sealed session, at whatever end. */
  'session ended',
  /** Nothing is billed by it; `at` says why. */
  'usage statement refused',
  'gateway closing',
  'gateway closed',
] as const;
export type LogMessage = (typeof LOG_MESSAGES)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that a line may have beside `level`, `time` and `msg`. */
export interface LogFields {
  readonly reqId?: string | undefined;
  readonly method?: string | undefined;
  /** The template: `/v1/nodes/:node`, never what was asked for. */
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly ms?: number | undefined;
  readonly principal?: string | undefined;
  readonly principalId?: string | undefined;
  readonly role?: string | undefined;
  readonly decision?: string | undefined;
  readonly node?: string | undefined;
  /** Code of a problem or a fault, or Node's word for what is wrong with a connection. */
  readonly fault?: string | undefined;
  readonly at?: string | undefined;
  /** Where in our code a bug showed: `fleet/admission.ts:12:3`. */
  readonly site?: string | undefined;
  /** Left out unless configured. */
  readonly address?: string | undefined;
}

export type Log = (level: LogLevel, message: LogMessage, fields: LogFields) => void;

export interface LogOptions {
  readonly destination: DestinationStream;
  readonly level: LogLevel;
  /** Addresses are about people. */
  readonly addresses: 'written' | 'left-out';
  readonly now: () => number;
}

/**
 * Lines of JSON with the fields above, each of them of its form or left out: what strangers send
 * has no way into a log but as a word of ours or an id of ours.
 */
export function createLog({ destination, level, addresses, now }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${formatTime(Math.trunc(now()))}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (at, message, fields) => {
    if (!LOG_MESSAGES.includes(message) || !LOG_LEVELS.includes(at)) return;
    const line: Record<string, string | number> = {};
    for (const [name, form] of FORMS) {
      if (name === 'address' && addresses === 'left-out') continue;
      const value = Object.hasOwn(fields, name) ? form(fields[name]) : undefined;
      if (value !== undefined) line[name] = value;
    }
    logger[at](line, message);
  };
}

type Form = (value: unknown) => string | number | undefined;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const KINDS = ['anyone', 'credential', 'node'];

const FORMS: readonly (readonly [keyof LogFields, Form])[] = [
  ['reqId', matching(/^[0-9a-f]{16}$/)],
  ['method', (value) => (typeof value === 'string' ? among(METHODS, value, 'other') : undefined)],
  ['route', matching(/^[A-Za-z0-9/:.*_-]{1,128}$/)],
  ['status', (value) => (Number.isInteger(value) ? (value as number) : undefined)],
  ['ms', (value) => (Number.isFinite(value) ? Math.round(value as number) : undefined)],
  ['principal', (value) => among(KINDS, value)],
  ['principalId', matching(/^[0-9a-f]{16,64}$/)],
  ['role', (value) => among(ROLES, value)],
  ['decision', matching(/^[0-9a-f]{32}$/)],
  ['node', matching(/^[0-9a-f]{32}$/)],
  ['fault', fault],
  ['at', place],
  ['site', matching(/^[A-Za-z0-9/._-]{1,128}:\d{1,6}:\d{1,6}$/)],
  ['address', matching(/^[0-9A-Fa-f.:]{2,45}$/)],
];

function matching(pattern: RegExp): Form {
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

function among(words: readonly string[], value: unknown, other?: string): string | undefined {
  return words.find((word) => word === value) ?? other;
}

function fault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const ours = Object.hasOwn(PROBLEMS, value) || Object.hasOwn(FAULTS, value);
  return ours || /^(HPE|ERR|E)[A-Z0-9_]{2,48}$/.test(value) ? value : undefined;
}

const LONGEST_PLACE = 128;

/** Names of members may be a stranger's: of another character than a name needs, none is left. */
function place(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.slice(0, LONGEST_PLACE).replaceAll(/[^A-Za-z0-9_.[\]-]/g, '?');
}

/** Where a bug showed, without what it says: of the innermost frame that is ours. */
export function siteOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined;
  // The message stands before the frames, and may be made to look like one.
  const head = error.stack.indexOf(error.message);
  const frames = head < 0 ? error.stack : error.stack.slice(head + error.message.length);
  const [, site] = /\/(?:src|dist)\/([A-Za-z0-9/._-]+:\d+:\d+)\)?$/m.exec(frames) ?? [];
  return site;
}
