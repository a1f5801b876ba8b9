import { fromUtf8 } from '../../core/bytes/text.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { Fault } from '../../core/fault.ts';

/** @throws Fault `unreachable` for anything else: nothing can be said of what was asked. */
export function jsonIn(bytes: Uint8Array, url: string): JsonValue {
  try {
    return parseJson(fromUtf8(bytes, url), url).value;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw new Fault('unreachable', url, 'its answer is no JSON: is it a gateway?');
  }
}
