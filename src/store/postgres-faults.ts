import { DatabaseError } from 'pg';
import { Fault, type FaultCode } from '../core/fault.ts';

type Says = readonly [FaultCode, string];

/** SQLSTATE (PostgreSQL's manual, appendix A), whole or by its class: what an operator should read. */
const STATES: Readonly<Record<string, Says>> = {
  '08': ['unreachable', 'the connection failed'],
  '23': ['conflict', 'has a row of this key already, or lacks one that is referred to'],
  '25006': ['unreachable', 'can not be written: this server is read-only, a standby for one'],
  '25P03': ['unreachable', 'ended a transaction in which nothing was done for too long'],
  '28': ['unreachable', 'refuses this user or password'],
  '3D000': ['unreachable', 'has no such database'],
  '40': ['unreachable', 'rolled this back, as another transaction was in the way'],
  '42703': ['malformed', 'lacks what it was made with'],
  '42P01': ['malformed', 'lacks what it was made with'],
  '42501': ['unreachable', 'does not allow this user to do so'],
  '53': ['unreachable', 'is short of something'],
  '53100': ['unreachable', 'is out of room: the disk is full'],
  '53300': ['unreachable', 'has too many connections'],
  '55P03': ['unreachable', 'is locked by another process, which did not let go in time'],
  '57': ['unreachable', 'was stopped, is starting, or broke this off'],
  '58': ['unreachable', 'failed to read or write its disk'],
  XX001: ['malformed', 'is damaged'],
  XX002: ['malformed', 'is damaged: an index does not match its table'],
};

/** After these the server has ended the connection, or will. */
const ENDING = /^(08|57P|25P03)/;

const SOCKET: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: is it running?',
  ENOENT: 'has no such socket: is it running?',
  ENOTFOUND: 'has a host name that nobody knows',
  ECONNRESET: 'broke off the connection',
  EPIPE: 'broke off the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'can not be reached',
  ENETUNREACH: 'can not be reached',
};

/** What PostgreSQL or the way to it refused, as a Fault at its address; a Fault stays as it is. */
export function postgresFault(error: unknown, place: string): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    const [code, says] = STATES[state] ??
      STATES[state.slice(0, 2)] ?? ['internal', 'PostgreSQL refuses'];
    return new Fault(code, place, `${says} (${error.message}, ${state})`, { cause: error });
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    return new Fault('internal', place, error.message, { cause: error });
  }
  // All else that is no answer of the server is a matter of the connection.
  const says = SOCKET[codeOf(error)] ?? 'the connection failed';
  const detail = `${says} (${error instanceof Error ? error.message : String(error)})`;
  return new Fault('unreachable', place, detail, { cause: error });
}

/** Whether the connection is of no more use: nobody knows what of it was done, or it is gone. */
export function isLost(error: unknown): boolean {
  return !(error instanceof DatabaseError) || ENDING.test(error.code ?? '');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
