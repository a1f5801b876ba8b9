import { toHex } from '../../core/bytes/hex.ts';
import type { LoggedEvent } from '../../evidence/tdx/event-log/event.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';

/**
 * The RTMR3 event by which measured software says what weights it serves: SHA-256 of the
 * manifest of the weights' files. It is as good as that software, which a policy has to know.
 */
export const WEIGHTS_EVENT = 'postern/weights/v1';
const RTMR3 = 3;
const SHA256_SIZE = 32;

/** Only of a log that replays to the quoted register; two such events would say nothing. */
export function weightsOf({ eventLog }: TdxVerification): string | undefined {
  const replays = eventLog?.comparisons.some(
    ({ register, outcome }) => register === RTMR3 && outcome === 'equal',
  );
  const events = (eventLog?.log.events ?? []).filter(
    ({ register, name }) => register === RTMR3 && name === WEIGHTS_EVENT,
  );
  const [only, ...more] = events;
  const said = replays && only && more.length === 0 && isMeasured(only);
  return said ? toHex(only.data) : undefined;
}

function isMeasured({ data, coverage }: LoggedEvent): boolean {
  return data.length === SHA256_SIZE && coverage.of === 'name-and-data';
}
