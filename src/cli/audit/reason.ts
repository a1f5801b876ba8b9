import { Fault } from '../../core/fault.ts';
import { NO_SOURCE } from '../../ledger/form/form.ts';
import { line } from '../../ledger/leaf/terms.ts';
import { usage } from '../io.ts';

const REASON = line(8, 500);

/**
 * Why, for people who ask later: as a leaf can have it.
 *
 * @throws Fault `usage` naming the option.
 */
export function wantReason(option: string, text: string | undefined): string {
  if (text === undefined) throw usage(`--${option} is missing: why?`);
  try {
    return REASON.read(text.trim(), option, NO_SOURCE);
  } catch (error) {
    if (error instanceof Fault) throw usage(`--${option}: ${error.detail}`);
    throw error;
  }
}
