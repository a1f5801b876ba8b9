import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { malformed } from '../../core/fault.ts';
import { type Form, unwritable } from './form.ts';

/** `YYYY-MM-DDThh:mm:ss.mmmZ`: 2026-06-01T00:00:00.000Z. */
const SHAPE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z$/;

/** Milliseconds since the epoch, as RFC 3339 in UTC with exactly three digits of a second. */
export const instant: Form<number> = {
  write: (ms, path) => {
    const text = Number.isInteger(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : '';
    // Years of other than four digits have another form.
    if (SHAPE.test(text)) return text;
    throw unwritable(path, `want an instant in whole milliseconds, got ${ms}`);
  },
  read: (value, path) => {
    const found = typeof value === 'string' ? SHAPE.exec(value) : null;
    if (found === null) throw malformed(path, 'want a time like 2026-06-01T00:00:00.000Z');
    const [, seconds, fraction] = found;
    return parseUtcTimestamp(`${seconds}Z`, path) + Number(fraction);
  },
};
