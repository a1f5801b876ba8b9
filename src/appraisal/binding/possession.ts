import { sha256, sha384 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseSshKeyBlob, verifySshKey } from '../../core/ssh/public-key.ts';
import { isSignedWith, parsePublicKey } from '../../core/x509/public-key.ts';
import type { Claims } from '../../evidence/verification.ts';
import type { Keyset } from './keyset.ts';
import { base64Member, onlyMembers } from './members.ts';
import type { Challenge } from './transcript.ts';

/** Keys of a keyset of which only the hash stands there. */
export type ShownUse = 'ssh-host' | 'tls';

/** A key of a keyset as it is, and what shows that whoever made the evidence holds it. */
export interface ShownKey {
  readonly use: ShownUse;
  /** `ssh-host`: the wire form (RFC 4253 section 6.6); `tls`: the SubjectPublicKeyInfo in DER. */
  readonly key: Uint8Array;
  /** Over {@link possessionTranscript}. Ed25519, or P-256 over SHA-256 as r ‖ s; 64 bytes both. */
  readonly signature: Uint8Array;
}

const LABEL = utf8('postern/possession/v1');
const LARGEST_KEY = 1024;
const SIGNATURE_SIZE = 64;
const MOST_KEYS = 64;

/**
 * What a key signs to show that it is there
 *
 *     LP("postern/possession/v1") ‖ LP(use) ‖ LP(key) ‖ LP(purpose) ‖ LP(nonce) ‖ LP(SHA-384(keyset))
 */
export function possessionTranscript(
  { purpose, nonce, keyset }: Challenge,
  { use, key }: Pick<ShownKey, 'use' | 'key'>,
): Uint8Array {
  return lengthPrefixed(LABEL, utf8(use), key, utf8(purpose), nonce, sha384(keyset));
}

/**
 * The member `possession` of a binding
 *
 *     [ { "use": "ssh-host", "key": "<base64>", "signature": "<base64>" }, … ]
 *
 * @throws Fault `malformed` at the member, also for one key twice.
 */
export function possessionMember(shape: JsonShape): readonly ShownKey[] {
  const list = shape.objects('possession');
  const at = `${shape.path}.possession`;
  if (list.length > MOST_KEYS) throw malformed(at, `more than ${MOST_KEYS} keys`);
  const shown = list.map(parseShown);
  const names = new Set(shown.map(({ use, key }) => `${use} ${toHex(key)}`));
  if (names.size < shown.length) throw malformed(at, 'a key twice');
  return shown;
}

function parseShown(shape: JsonShape): ShownKey {
  onlyMembers(shape, ['use', 'key', 'signature']);
  const use = shape.string('use');
  if (use !== 'ssh-host' && use !== 'tls') {
    throw malformed(`${shape.path}.use`, `want ssh-host or tls, got ${JSON.stringify(use)}`);
  }
  const signature = base64Member(shape, 'signature', SIGNATURE_SIZE);
  if (signature.length !== SIGNATURE_SIZE) {
    throw malformed(`${shape.path}.signature`, `want ${SIGNATURE_SIZE} bytes`);
  }
  return { use, key: base64Member(shape, 'key', LARGEST_KEY), signature };
}

export function shownKeyClaims({ use, key }: ShownKey): Claims {
  return { use, sha256: toHex(sha256(key)) };
}

/**
 * Why a key that is shown is none of the keyset's or did not sign this challenge; undefined where
 * it did.
 */
export function possessionProblem(
  shown: ShownKey,
  { keys }: Keyset,
  challenge: Challenge,
): string | undefined {
  const { use, key } = shown;
  const digest = sha256(key);
  const listed = keys.some((one) => {
    if (one.use === 'tls') return use === 'tls' && equalBytes(one.spkiSha256, digest);
    return one.use === 'ssh-host' && use === 'ssh-host' && equalBytes(one.blobSha256, digest);
  });
  if (!listed) return `${use} key ${toHex(digest)}, which is not in the keyset`;
  if (signs(shown, possessionTranscript(challenge, shown))) return undefined;
  return `no signature of ${use} key ${toHex(digest)} over this challenge`;
}

function signs({ use, key, signature }: ShownKey, message: Uint8Array): boolean {
  try {
    return use === 'ssh-host'
      ? verifySshKey(parseSshKeyBlob(key, use), message, signature)
      : isSignedWith(parsePublicKey(key, use), message, signature);
  } catch (error) {
    // What can't be read has signed nothing.
    if (error instanceof Fault && error.code !== 'internal') return false;
    throw error;
  }
}
