import type { Check } from '../../evidence/verdict.ts';

/** Whether a question has been answered, and each time with `pass`. */
export function passedIn(checks: readonly Check[], id: string): boolean {
  let passed = false;
  for (const check of checks) {
    if (check.id !== id) continue;
    if (check.outcome !== 'pass') return false;
    passed = true;
  }
  return passed;
}
