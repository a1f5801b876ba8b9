import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { ALG_RSASSA, ALG_SHA256, algorithmNumber } from './tpm-algorithms.ts';
import { sized, uint16 } from './tpm-fields.ts';

/**
 * The RSA signature of a quote: as long as the key's modulus and bare, or as a TPM returns it,
 * TPMT_SIGNATURE (TPM 2.0 Library Part 2): sigAlg u16 0x0014 (RSASSA),
 * hash u16 0x000b (SHA-256), sig TPM2B_PUBLIC_KEY_RSA. The two never have the same length.
 *
 * @param size bytes of the modulus.
 * @returns `size` bytes.
 * @throws Fault `malformed` or, for another scheme, `unsupported`, at `quote.signature`.
 */
export function readQuoteSignature(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  const path = 'quote.signature';
  const r = new ByteReader(bytes, path);
  expectAlgorithm(uint16(r, 'sigAlg'), ALG_RSASSA, `${path}.sigAlg`);
  expectAlgorithm(uint16(r, 'hash'), ALG_SHA256, `${path}.hash`);
  const signature = sized(r, path, 'sig', size);
  r.end();
  if (signature.length !== size) {
    throw malformed(`${path}.sig`, `want ${size} bytes, got ${signature.length}`);
  }
  return signature;
}

function expectAlgorithm(got: number, want: number, at: string): void {
  if (got === want) return;
  const detail = `want ${algorithmNumber(want)}, got ${algorithmNumber(got)}`;
  throw new Fault('unsupported', at, detail);
}
