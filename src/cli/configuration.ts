import { Fault } from '../core/fault.ts';
import { usage } from './io.ts';

/**
 * Reads what the caller brings along to judge by. That it can't be read says nothing about what
 * is judged: no verdict, not even "reject".
 *
 * @throws Fault `usage` naming the option.
 */
export function asConfiguration<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw usage(`${option}: ${error.message}`);
  }
}
