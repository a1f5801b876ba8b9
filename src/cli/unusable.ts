import type { Fault } from '../core/fault.ts';
import { type Io, usage, warn } from './io.ts';

/**
 * A file that can't be used, with all that is wrong told on stderr. The error itself says the first
 * of it: in JSON nothing stands above.
 *
 * @param lines what is wrong, one at least.
 */
export function unusable(io: Io, file: string, what: string, lines: readonly string[]): Fault {
  const [first = file] = lines;
  if (lines.length === 1) return usage(`no usable ${what}: ${first}`);
  for (const line of lines) warn(io, line);
  const count = `${lines.length} problems (see above)`;
  return usage(`${file}: no usable ${what}, ${count}, the first: ${first}`);
}
