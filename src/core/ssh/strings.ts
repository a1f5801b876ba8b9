import { u32be } from '../bytes/big-endian.ts';
import { ByteReader } from '../bytes/reader.ts';
import { malformed } from '../fault.ts';

/**
 * A list of strings (RFC 4251 section 5), and nothing behind them: what most structures of SSH are.
 *
 * @param most how many there may be.
 * @returns views of `bytes`.
 * @throws Fault `malformed` at `path`.
 */
export function readSshStrings(
  bytes: Uint8Array,
  most: number,
  path: string,
): readonly Uint8Array[] {
  const r = new ByteReader(bytes, path);
  const strings: Uint8Array[] = [];
  while (r.remaining > 0) {
    if (strings.length === most) throw malformed(path, `more than ${most} strings`);
    strings.push(r.bytes(u32be(r, 'length'), 'string'));
  }
  return strings;
}
