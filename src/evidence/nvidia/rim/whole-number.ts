import { malformed } from '../../../core/fault.ts';

/**
 * In decimal, in the one way to write it.
 *
 * @throws Fault `malformed` at `path`.
 */
export function wholeNumber(text: string, most: number, path: string): number {
  const value = /^(0|[1-9]\d{0,5})$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw malformed(path, `want a whole number from 0 to ${most}, got ${JSON.stringify(text)}`);
}
