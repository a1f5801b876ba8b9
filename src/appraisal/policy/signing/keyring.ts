import { fromUtf8 } from '../../../core/bytes/text.ts';
import { fromBase64 } from '../../../core/encoding/base64.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import {
  type PublicKey,
  parsePublicKey,
  parsePublicKeyPem,
} from '../../../core/x509/public-key.ts';
import { parseDuration } from './duration.ts';
import { countMember, expectVersion1, lineMember, onlyMembers, POLICY_NAME } from './members.ts';

/** Whose word a relying party takes for a policy. Its own configuration: nothing signs it. */
export interface Keyring {
  /** The policy that these keys may sign, or `*` for any. */
  readonly name: string;
  /** How many of the keys must sign a revision. */
  readonly threshold: number;
  /** How many of them must sign a revocation. */
  readonly revokeThreshold: number;
  readonly keys: readonly KeyringKey[];
  /** Milliseconds from when a revision is first seen until it is in force. */
  readonly activationDelay: number;
}

export interface KeyringKey {
  readonly publicKey: PublicKey;
  readonly owner: string;
}

const MEMBERS = ['v', 'name', 'threshold', 'revokeThreshold', 'keys', 'activationDelay'];
export const MOST_KEYS = 32;
const LONGEST_KEYRING = 1024 * 1024;

/**
 * Reads a keyring:
 *
 *     { "v": 1, "name": "gpu-nodes", "threshold": 2, "activationDelay": "24h",
 *       "keys": [{ "owner": "alice", "publicKey": "<PEM, or SubjectPublicKeyInfo in base64>" }, …] }
 *
 * `name` may be `*`; `revokeThreshold` is 1 when it is left out, since a revocation only ever
 * takes trust away. Each key and each owner appears once: two keys of one person would be two
 * votes, and that is not what a threshold promises.
 *
 * @throws Fault `malformed`, or `unsupported` for a kind of key, at `path…`.
 */
export function parseKeyring(bytes: Uint8Array, path: string): Keyring {
  if (bytes.length > LONGEST_KEYRING) throw malformed(path, `larger than ${LONGEST_KEYRING} bytes`);
  const shape = new JsonShape(parseJson(fromUtf8(bytes, path), path).value, path);
  onlyMembers(shape, MEMBERS);
  expectVersion1(shape);
  const name = shape.string('name');
  if (name !== '*' && !POLICY_NAME.test(name)) {
    throw malformed(`${path}.name`, 'want the name of a policy, or *');
  }
  const keys = parseKeys(shape);
  return {
    name,
    threshold: countMember(shape, 'threshold', keys.length),
    revokeThreshold: shape.has('revokeThreshold')
      ? countMember(shape, 'revokeThreshold', keys.length)
      : 1,
    keys,
    activationDelay: parseDuration(shape.string('activationDelay'), `${path}.activationDelay`),
  };
}

function parseKeys(shape: JsonShape): readonly KeyringKey[] {
  const path = `${shape.path}.keys`;
  const items = shape.objects('keys');
  if (items.length === 0 || items.length > MOST_KEYS) {
    throw malformed(path, `want 1 to ${MOST_KEYS} keys, got ${items.length}`);
  }
  const seen = new Set<string>();
  return items.map((item) => {
    onlyMembers(item, ['publicKey', 'owner']);
    const owner = lineMember(item, 'owner', 1, 200);
    const publicKey = keyMember(item, 'publicKey');
    for (const [member, name] of [
      ['owner', `owner ${owner.normalize('NFKC').trim().toLowerCase()}`],
      ['publicKey', publicKey.keyId],
    ] as const) {
      if (seen.has(name)) throw malformed(`${item.path}.${member}`, 'appears twice');
      seen.add(name);
    }
    return { publicKey, owner };
  });
}

/** PEM, or its DER in base64. */
function keyMember(shape: JsonShape, name: string): PublicKey {
  const [text, at] = [shape.string(name), `${shape.path}.${name}`];
  if (text.includes('-----BEGIN')) return parsePublicKeyPem(text, at);
  return parsePublicKey(fromBase64(text, at), at);
}

/** Keys that were named one by one: for any policy, at once, and each may revoke. */
export function keyringOfKeys(keys: readonly KeyringKey[], threshold: number): Keyring {
  return { name: '*', threshold, revokeThreshold: 1, keys, activationDelay: 0 };
}

export function publicKeysOf({ keys }: Keyring): readonly PublicKey[] {
  return keys.map(({ publicKey }) => publicKey);
}

/** Whether the keys may speak for this policy at all. */
export function coversPolicy({ name }: Keyring, policy: string): boolean {
  return name === '*' || name === policy;
}
