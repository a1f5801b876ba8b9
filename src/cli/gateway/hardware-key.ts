import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { readSecret } from '../audit/secret-files.ts';

export const HARDWARE_KEY_SIZE = 32;

/**
 * The key under which hardware is named in the database, in base64.
 *
 * @throws Fault `unreachable` for a missing file, `malformed` for one that is none.
 */
export async function readHardwareKey(path: string): Promise<Uint8Array> {
  const key = fromBase64(fromUtf8(await readSecret(path), path).trim(), path);
  if (key.length === HARDWARE_KEY_SIZE) return key;
  throw malformed(path, `want ${HARDWARE_KEY_SIZE} bytes, got ${key.length}`);
}
