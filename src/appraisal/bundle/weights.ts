import { toHex } from '../../core/bytes/hex.ts';
import { isNamed } from '../../evidence/tdx/event-log/event-name.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';

/**
 * The RTMR3 event by which measured software says what weights it serves: SHA-256 of the
 * manifest of the weights' files. It is as good as that software, which a policy has to know.
 */
export const WEIGHTS_EVENT = 'postern/weights/v1';
const RTMR3 = 3;
const SHA256_SIZE = 32;

/**
 * Only of a log that replays to the quoted register. Two such events would say nothing, nor does
 * one beside an event that may have been another.
 */
export function weightsOf({ eventLog }: TdxVerification): string | undefined {
  const replays = eventLog?.comparisons.some(
    ({ register, outcome }) => register === RTMR3 && outcome === 'equal',
  );
  const events = (eventLog?.log.events ?? []).filter(
    (event) => event.register === RTMR3 && isNamed(event, WEIGHTS_EVENT) !== 'no',
  );
  const [only, ...more] = events;
  if (!replays || only === undefined || more.length > 0) return undefined;
  const said = isNamed(only, WEIGHTS_EVENT) === 'yes' && only.data.length === SHA256_SIZE;
  return said ? toHex(only.data) : undefined;
}
