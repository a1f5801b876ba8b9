import type { Fault } from '../core/fault.ts';
import {
  faultData as dataOfFault,
  type FaultData,
  faultFrom as faultOfData,
} from '../core/fault-data.ts';
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

export function faultData(error: unknown): FaultData {
  return dataOfFault(error, 'store');
}

export function faultFrom(data: FaultData): Fault {
  return faultOfData(data, 'in the thread of the store');
}
