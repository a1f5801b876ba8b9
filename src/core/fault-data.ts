import { Fault, type FaultCode } from './fault.ts';

/** A Fault as plain data: its class does not survive the way between threads. */
export interface FaultData {
  readonly code: FaultCode;
  readonly at: string;
  readonly detail: string;
  /** Of what it came from: for whoever looks for the bug. */
  readonly stack: string | undefined;
}

/** @param at where a bug is said to be, which is no Fault and names no place. */
export function faultData(error: unknown, at: string): FaultData {
  if (error instanceof Fault) {
    const { code, at: place, detail, cause } = error;
    return { code, at: place, detail, stack: cause instanceof Error ? cause.stack : undefined };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return { code: 'internal', at, detail: known.message, stack: known.stack };
}

/** @param where it came from, e.g. `in the thread of the store`. */
export function faultFrom({ code, at, detail, stack }: FaultData, where: string): Fault {
  if (stack === undefined) return new Fault(code, at, detail);
  const cause = new Error(where);
  cause.stack = stack;
  return new Fault(code, at, detail, { cause });
}
