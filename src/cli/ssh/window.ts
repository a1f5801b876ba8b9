import { DURATION, durationMs } from '../../appraisal/policy/duration.ts';
import { usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';

const USUAL = '60s';
const LONGEST = 10 * 60_000;

export const WINDOW_OPTION: Options = {
  window: {
    value: '<duration>',
    help: `how long one verification serves the next connections; ${USUAL} by default, 10m at most, 0 for none`,
  },
};

/** In milliseconds. @throws Fault `usage` for what is no duration, or more than ten minutes. */
export function readWindow(args: Args): number {
  const text = args.one('window') ?? USUAL;
  if (text === '0') return 0;
  const ms = new RegExp(`^(?:${DURATION})$`).test(text) ? durationMs(text) : Number.NaN;
  if (ms <= LONGEST) return ms;
  throw usage(`--window: want 0, or a duration up to 10m, got ${JSON.stringify(text)}`);
}
