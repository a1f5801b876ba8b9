import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { LABEL } from './profile.ts';

/** @param signature 64 bytes, of either algorithm. */
export function writeSignature(signature: Uint8Array): string {
  return `${LABEL}=:${toBase64(signature)}:`;
}

/** @throws Fault `malformed` at `signature` for any other text than that of 64 bytes. */
export function parseSignature(value: string): Uint8Array {
  const [, base64] = /^postern=:([A-Za-z0-9+/]{86}==):$/.exec(value) ?? [];
  if (base64 === undefined) {
    throw malformed('signature', `want ${LABEL}=:<64 bytes in base64>: and nothing else`);
  }
  return fromBase64(base64, 'signature');
}
