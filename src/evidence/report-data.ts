import { equalBytes, isZero } from '../core/bytes/equal.ts';
import { toHex } from '../core/bytes/hex.ts';
import type { Mismatch } from '../core/mismatch.ts';

/**
 * Report data must be what was asked for, and zeros behind it.
 *
 * @param reportData as the evidence has it, 64 bytes.
 * @param wanted up to 64 bytes.
 */
export function reportDataProblem(
  reportData: Uint8Array,
  wanted: Uint8Array,
): Mismatch | undefined {
  const same =
    wanted.length <= reportData.length &&
    equalBytes(reportData.subarray(0, wanted.length), wanted) &&
    isZero(reportData.subarray(wanted.length));
  if (same) return undefined;
  const zeros = reportData.length - wanted.length;
  const padding = zeros > 0 ? ` and ${zeros} zero bytes` : '';
  return { want: `${toHex(wanted)}${padding}`, got: toHex(reportData) };
}
