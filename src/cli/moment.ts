import { durationMs } from '../appraisal/policy/duration.ts';
import { formatTime } from '../core/encoding/time.ts';
import { type Io, usage } from './io.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { type Args, asOption } from './verb.ts';

const DURATION = /^[1-9][0-9]{0,5}[smhd]$/;

/** An instant to come, or a time from now. @returns milliseconds since the epoch. */
export function momentOption(io: Pick<Io, 'now'>, args: Args, name: string): number | undefined {
  const text = args.one(name);
  if (text === undefined) return undefined;
  const ms = DURATION.test(text)
    ? io.now() + durationMs(text)
    : asOption(name, () => parseRfc3339(text));
  if (ms <= io.now()) throw usage(`--${name}: is over already: ${formatTime(ms)}`);
  return Math.ceil(ms / 1000) * 1000;
}
