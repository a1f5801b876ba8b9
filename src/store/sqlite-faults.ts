import { Fault, type FaultCode } from '../core/fault.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html): what an operator should read. */
const PRIMARY: Readonly<Record<number, readonly [FaultCode, string]>> = {
  5: ['unreachable', 'is locked by another process, which did not let go in time'],
  6: ['unreachable', 'is locked by another connection'],
  8: ['unreachable', 'can not be written: the file, its folder or the file system is read-only'],
  10: ['unreachable', 'the disk failed to read or write it'],
  11: ['malformed', 'is damaged: SQLite finds its pages malformed'],
  13: ['unreachable', 'is out of room: the disk, or the quota on it, is full'],
  14: ['unreachable', 'can not be opened: is the folder there, and may this user use it?'],
  19: ['conflict', 'has a row of this key already, or lacks one that is referred to'],
  23: ['unreachable', 'may not be used by this user'],
  26: ['malformed', 'is not a SQLite database'],
};

/** Our SQL is always the same: where it finds a table or column missing, the schema is damaged. */
const MISSING = /^no such |has no column named /;
const NOT_AS_MADE: readonly [FaultCode, string] = ['malformed', 'lacks what it was made with'];

const OTHER: readonly [FaultCode, string] = ['internal', 'SQLite refuses'];

/** SQLITE_IOERR and all that extend it. */
const IO_ERROR = 10;

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** What SQLite refused, as a Fault at the file; a Fault stays as it is. */
export function sqliteFault(error: unknown, file: string): Fault {
  if (error instanceof Fault) return error;
  if (isSqliteError(error)) {
    const other = MISSING.test(error.message) ? NOT_AS_MADE : OTHER;
    const [code, says] = PRIMARY[error.errcode & 0xff] ?? other;
    return new Fault(code, file, `${says} (${error.message})`, { cause: error });
  }
  if (error instanceof RangeError) {
    // A whole number that JavaScript can't hold exactly: no column of ours holds such a value.
    return new Fault('malformed', file, `holds a value out of range (${error.message})`);
  }
  const says = error instanceof Error ? error.message : String(error);
  return new Fault('internal', file, says, { cause: error });
}

/** After it nobody knows what is on the disk: the log was written, but not confirmed. */
export function isDiskError(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === IO_ERROR;
}
