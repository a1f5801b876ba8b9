import { parentPort } from 'node:worker_threads';
import type { BundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { machineOf } from './fleet-evidence.ts';

/** A challenge for the machine of that number; the answer bears the number of the call. */
export interface Called {
  readonly call: number;
  readonly machine: number;
  readonly nonce: Uint8Array;
  readonly purpose: string;
}

export interface Bundled {
  readonly call: number;
  readonly bundle: Uint8Array;
}

/** The machines of a fleet: they sign in a thread of their own, as they would do elsewhere. */
const machines = new Map<number, BundleMachine>();

parentPort?.on('message', async (called: Called | 'end') => {
  if (called === 'end') {
    parentPort?.close();
    return;
  }
  const { call, machine, nonce, purpose } = called;
  const made = machines.get(machine) ?? (await machineOf(machine));
  machines.set(machine, made);
  const answer: Bundled = { call, bundle: made.bundle({ nonce, purpose }) };
  parentPort?.postMessage(answer);
});
