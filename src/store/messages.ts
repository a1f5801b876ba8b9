import { Fault, type FaultCode } from '../core/fault.ts';
import type { FleetChange } from '../gateway/fleet/store.ts';
import type { Batch, NextState } from '../ledger/store.ts';
import type { GatewayStore } from './gateway-store.ts';

/** Where a store is: a file of SQLite, or the address of a PostgreSQL database. */
export type Place = { readonly file: string } | { readonly url: string };

/** What its thread is started with. */
export interface Beginning {
  readonly place: Place;
  readonly archiveKey: Uint8Array | undefined;
}

/** What can be asked of it: no callback crosses, so that watching is begun, ended, and told of. */
export type ThreadStore = Omit<GatewayStore, 'watchEvents'> & Watching;

export interface Watching {
  /** From now on a {@link News} comes with each of the events. */
  watch(): Promise<void>;
  unwatch(): Promise<void>;
}

export type Method = keyof ThreadStore;

/** What the methods take, as it crosses: of `commit` its {@link Next} comes behind it. */
export type Arguments = {
  [M in Method]: M extends 'commit' ? [batch: Batch<FleetChange>] : Parameters<ThreadStore[M]>;
};

/** One call of one method; the answer bears its number. */
export type Call<M extends Method = Method> = {
  [N in M]: { readonly call: number; readonly method: N; readonly args: Arguments[N] };
}[M];

/** Follows each call of `commit`, under its number: the state that comes of it, or why none does. */
export type Next = { readonly of: number } & (
  | { readonly next: NextState }
  | { readonly fault: FaultData }
);

/** Call 0 is the opening, which nobody asked for. */
export type Answer = { readonly call: number } & (
  | { readonly value: unknown }
  | { readonly fault: FaultData }
);

/** What the thread says of its own accord. */
export interface News {
  readonly news: 'events';
}

/** A Fault as plain data: its class does not survive the way between threads. */
export interface FaultData {
  readonly code: FaultCode;
  readonly at: string;
  readonly detail: string;
  /** Of what it came from: for whoever looks for the bug. */
  readonly stack: string | undefined;
}

export function faultData(error: unknown): FaultData {
  if (error instanceof Fault) {
    const { code, at, detail, cause } = error;
    return { code, at, detail, stack: cause instanceof Error ? cause.stack : undefined };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return { code: 'internal', at: 'store', detail: known.message, stack: known.stack };
}

export function faultFrom({ code, at, detail, stack }: FaultData): Fault {
  if (stack === undefined) return new Fault(code, at, detail);
  const cause = new Error('in the thread of the store');
  cause.stack = stack;
  return new Fault(code, at, detail, { cause });
}
