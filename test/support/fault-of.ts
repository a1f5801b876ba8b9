import { Fault } from '../../src/core/fault.ts';

/** The Fault with which something was refused; any other error, or none, fails the test. */
export function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('accepted, but should have been refused');
}
