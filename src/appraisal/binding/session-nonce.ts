import { sha256 } from '#crypto';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';

/** Purposes of evidence about one connection: it was begun with a key of the keyset, here. */
export const SESSION_PURPOSES = ['ssh-session', 'tls-session'] as const;
export type SessionPurpose = (typeof SESSION_PURPOSES)[number];

export function isSessionPurpose(purpose: string): purpose is SessionPurpose {
  return SESSION_PURPOSES.some((one) => one === purpose);
}

const LABEL = utf8('postern/session/v1');

/**
 * The challenge of evidence that is for one connection alone, 32 bytes
 *
 *     SHA-256(LP("postern/session/v1") ‖ LP(purpose) ‖ LP(session) ‖ LP(nonce))
 *
 * @param session what both ends of the connection know and no third can make its own be: of SSH the
 *   session identifier (RFC 4253 section 7.2), of TLS the exporter (RFC 9266's way) by
 *   {@link TLS_EXPORTER}.
 * @param nonce the asker's, 32 bytes.
 */
export function sessionNonce(
  purpose: SessionPurpose,
  session: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  return sha256(lengthPrefixed(LABEL, utf8(purpose), session, nonce));
}

/** What names a TLS connection (RFC 8446 section 7.5): no context, 32 bytes. */
export const TLS_EXPORTER = { label: 'EXPORTER-postern-session', size: 32 } as const;
/** In bytes: the hashes that key exchanges of SSH and exporters of TLS come to. */
export const SESSION_SIZES = { least: 20, most: 64 } as const;
