import { toHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { hmacSha256 } from '../../core/crypto/hmac.ts';
import { Fault } from '../../core/fault.ts';

/** In bytes; drawn anew for each record, and kept in it alone. */
export const SALT_SIZE = 32;

type Salted = `hmac-sha256:${string}`;

/** An identity that hardware has for life, as the evidence says it. */
export interface HardwareId {
  readonly kind: HardwareIdKind;
  /** SEV-SNP chip id, PPID, platform instance id: lower-case hex. UEID: as its certificate has it. */
  readonly id: string;
}

export const HARDWARE_ID_KINDS = ['nvidia-ueid', 'snp-chip-id', 'tdx-piid', 'tdx-ppid'] as const;
export type HardwareIdKind = (typeof HARDWARE_ID_KINDS)[number];

/**
 * Which machine, without a word about which: two records of one machine have nothing in common,
 * since each has a salt of its own, and who has the record can show whose it is.
 *
 *     LP(x)   = u32be(length of x) ‖ x
 *     subject = HMAC-SHA-256(salt, LP("postern/subject/v1") ‖ LP(kind) ‖ LP(id) ‖ LP(kind) ‖ …)
 *
 * @param ids in any order; the text has them sorted by kind and id.
 */
export function saltedSubject(salt: Uint8Array, ids: readonly HardwareId[]): Salted {
  const parts = sortedIds(ids).flatMap(({ kind, id }) => [utf8(kind), utf8(id)]);
  return salted(salt, 'postern/subject/v1', parts);
}

/**
 * A keyset, for `key.bound`: HMAC-SHA-256(salt, LP("postern/keyset/v1") ‖ LP(digest)).
 *
 * @param sha384 of the keyset's exact bytes.
 */
export function saltedKeyset(salt: Uint8Array, sha384: Uint8Array): Salted {
  return salted(salt, 'postern/keyset/v1', [sha384]);
}

/**
 * A key that was certified: HMAC-SHA-256(salt, LP("postern/certified-key/v1") ‖ LP(digest)).
 *
 * @param sha256 of the key as the keyset hashes it.
 */
export function saltedKey(salt: Uint8Array, sha256: Uint8Array): Salted {
  return salted(salt, 'postern/certified-key/v1', [sha256]);
}

/** The names of a certificate: HMAC-SHA-256(salt, LP("postern/certified-names/v1") ‖ LP(name) ‖ …), sorted. */
export function saltedNames(salt: Uint8Array, names: readonly string[]): Salted {
  return salted(salt, 'postern/certified-names/v1', names.toSorted().map(utf8));
}

/** Each once, by kind and then by id: the order in which devices came says nothing. */
export function sortedIds(ids: readonly HardwareId[]): readonly HardwareId[] {
  const byText = new Map(ids.map((one) => [`${one.kind} ${one.id}`, one]));
  return [...byText.keys()].toSorted().flatMap((text) => byText.get(text) ?? []);
}

function salted(salt: Uint8Array, domain: string, parts: readonly Uint8Array[]): Salted {
  if (salt.length !== SALT_SIZE) {
    throw new Fault('usage', 'salt', `want ${SALT_SIZE} bytes, got ${salt.length}`);
  }
  const text = lengthPrefixed(utf8(domain), ...parts);
  return `hmac-sha256:${toHex(hmacSha256(salt, text))}`;
}
