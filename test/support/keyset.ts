import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { hex } from './hex.ts';

/** The key configuration of RFC 9458, appendix A: X25519 with two suites. */
export const RFC9458_CONFIG = hex(
  '01 0020 31e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e798155 0008 00010001 00010003',
);

/** A configuration for MLKEM768-X25519, right but for what a test changes. */
export function hybridConfig(keyId = 2, fill = 0x5a): Uint8Array {
  return concatBytes(
    Uint8Array.of(keyId, 0x64, 0x7a),
    new Uint8Array(1216).fill(fill),
    hex('0004 0001 0002'),
  );
}

export function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** The Ed25519 key of RFC 8032, test 1. */
export const ED25519_KEY = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');

export const OHTTP = { use: 'ohttp', config: base64Url(RFC9458_CONFIG) };
export const TLS = { use: 'tls', spki_sha256: 'a1'.repeat(32), host: 'node-1.example' };
export const SSH = { use: 'ssh-host', alg: 'ssh-ed25519', blob_sha256: 'b2'.repeat(32) };
export const RECEIPT = { use: 'receipt', alg: 'ed25519', pub: base64Url(ED25519_KEY) };

const USUAL = {
  v: 1,
  deployment: 'pool-a',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2026-01-01T01:10:00Z',
  agent_config_sha256: 'c3'.repeat(32),
  keys: [OHTTP, TLS, SSH, RECEIPT],
};

/** A keyset, right but for what a test changes; `undefined` leaves a member out. */
export function keysetBytes(members: Readonly<Record<string, unknown>> = {}): Uint8Array {
  return utf8(JSON.stringify({ ...USUAL, ...members }));
}
