import { sha384 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { malformed } from '../../core/fault.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { Claims } from '../../evidence/verification.ts';
import { type KeysetKey, keyIdentities, keysetKeyClaims, parseKeysetKey } from './keyset-key.ts';
import { lowerHexMember, onlyMembers, textMember } from './members.ts';

/** The public keys that an enclave made, and what it was told. */
export interface Keyset {
  /** Of the exact bytes: what evidence commits to, and what a client pins. */
  readonly sha384: Uint8Array;
  /** The operator's name for what is deployed. */
  readonly deployment: string;
  readonly validity: Validity;
  /** SHA-256 of the agent's configuration: upstream, allowed paths, limits. */
  readonly agentConfigSha256: Uint8Array;
  readonly keys: readonly KeysetKey[];
}

/** Many times 64 keys of the largest kind that a keyset has in earnest. */
export const LARGEST_KEYSET = 64 * 1024;

const VERSION = 1;
const MOST_KEYS = 64;
const SHA256_SIZE = 32;
const PATH = 'keyset';
const MEMBERS = ['v', 'deployment', 'not_before', 'not_after', 'agent_config_sha256', 'keys'];

/**
 * A keyset:
 *
 *     { "v": 1, "deployment": "…", "not_before": "…Z", "not_after": "…Z",
 *       "agent_config_sha256": "<hex>", "keys": [ … ] }
 *
 * Nothing may be there that is not known, and no key twice or in two roles.
 *
 * @param bytes exactly as served and hashed; not kept.
 * @throws Fault `malformed` or `unsupported` at `keyset.<member>`.
 */
export function parseKeyset(bytes: Uint8Array): Keyset {
  if (bytes.length > LARGEST_KEYSET) {
    throw malformed(PATH, `want at most ${LARGEST_KEYSET} bytes, got ${bytes.length}`);
  }
  const { value } = parseJson(fromUtf8(bytes, PATH), PATH);
  const shape = new JsonShape(value, PATH);
  onlyMembers(shape, MEMBERS);
  const version = shape.integer('v', 0xffff);
  if (version !== VERSION) throw malformed(`${PATH}.v`, `want ${VERSION}, got ${version}`);
  return {
    sha384: keysetDigest(bytes),
    deployment: textMember(shape, 'deployment', /^[!-~]{1,128}$/, '1 to 128 visible characters'),
    validity: parseValidity(shape),
    agentConfigSha256: lowerHexMember(shape, 'agent_config_sha256', SHA256_SIZE),
    keys: parseKeys(shape),
  };
}

/** SHA-384 of the exact bytes, 48 bytes. */
export function keysetDigest(bytes: Uint8Array): Uint8Array {
  return sha384(bytes);
}

export function keysetClaims(keyset: Keyset): Claims {
  return {
    keysetSha384: toHex(keyset.sha384),
    deployment: keyset.deployment,
    notBefore: formatTime(keyset.validity.from),
    notAfter: formatTime(keyset.validity.to),
    agentConfigSha256: toHex(keyset.agentConfigSha256),
    keys: keyset.keys.map(keysetKeyClaims),
  };
}

function parseValidity(shape: JsonShape): Validity {
  const validity = { from: shape.time('not_before'), to: shape.time('not_after') };
  if (validity.from < validity.to) return validity;
  throw malformed(`${PATH}.not_after`, 'want a time after not_before');
}

function parseKeys(shape: JsonShape): readonly KeysetKey[] {
  const count = shape.array('keys').length;
  if (count < 1 || count > MOST_KEYS) {
    throw malformed(`${PATH}.keys`, `want 1 to ${MOST_KEYS} keys, got ${count}`);
  }
  const shapes = shape.objects('keys');
  const keys = shapes.map(parseKeysetKey);
  const seen = new Map<string, string>();
  for (const [i, key] of keys.entries()) {
    const { path } = shapes[i] ?? shape;
    for (const identity of identities(key)) {
      const before = seen.get(identity);
      if (before !== undefined && before !== path) {
        throw malformed(path, `${identity} is that of ${before}`);
      }
      seen.set(identity, path);
    }
  }
  return keys;
}

/** The key id of an OHTTP key too: a sealed request names its key by nothing else. */
function identities(key: KeysetKey): readonly string[] {
  const own = keyIdentities(key);
  return key.use === 'ohttp' ? [...own, `OHTTP key id ${key.parsed.keyId}`] : own;
}
