import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromBase64Url, toBase64Url } from '../../core/encoding/base64url.ts';
import { encodeCbor } from '../../core/encoding/cbor-encode.ts';
import {
  bytesOf,
  CborEntries,
  type CborEntry,
  countOf,
  itemsOf,
  textOf,
  wrong,
} from '../../core/encoding/cbor-shape.ts';
import type { CborMap, CborValue } from '../../core/encoding/cbor-value.ts';
import type { JsonObject, JsonValue } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';
import type { EarClaims, EarSubmod } from './ear-claims.ts';
import { ASPECTS, TIERS, tierOf } from './trust-vector.ts';

/** Claims by number: RFC 8392, RFC 8747, RFC 9711 and draft-ietf-rats-ear-03 (section 9.1). */
const CLAIM = {
  iss: 1,
  sub: 2,
  aud: 3,
  exp: 4,
  nbf: 5,
  iat: 6,
  /** `cti` of a CWT. */
  jti: 7,
  cnf: 8,
  eat_nonce: 10,
  eat_profile: 265,
  submods: 266,
  ear_status: 1000,
  ear_trustworthiness_vector: 1001,
  ear_appraisal_policy_ids: 1003,
  ear_verifier_id: 1004,
} as const satisfies Record<string, number>;

/** Ours has no number: text can't be taken for somebody else's claim. */
const OURS = 'postern';

const VERIFIER_ID = { developer: 0, build: 1 } as const;

/** A key to confirm possession of (RFC 8747, section 3.2) as COSE_Key: kty OKP, crv Ed25519, x. */
const CONFIRMATION = { coseKey: 1 } as const;
const OKP_KEY = { kty: 1, okp: 1, crv: -1, ed25519: 6, x: -2 } as const;

type Entry = readonly [CborValue, CborValue];

/** The claims as a CWT has them: under their numbers, nonces and keys as bytes. */
export function cwtClaims(claims: EarClaims): CborMap {
  const { eat_nonce, ear_verifier_id: verifier, cnf } = claims;
  const entries: readonly Entry[] = [
    [CLAIM.iss, claims.iss],
    [CLAIM.sub, claims.sub],
    [CLAIM.aud, claims.aud],
    [CLAIM.exp, claims.exp],
    [CLAIM.nbf, claims.nbf],
    [CLAIM.iat, claims.iat],
    [CLAIM.jti, utf8(claims.jti)],
    [CLAIM.eat_profile, claims.eat_profile],
    [CLAIM.ear_status, TIERS[claims.ear_status]],
    [
      CLAIM.ear_verifier_id,
      new Map([
        [VERIFIER_ID.developer, verifier.developer],
        [VERIFIER_ID.build, verifier.build],
      ]),
    ],
    [
      CLAIM.submods,
      new Map(Object.entries(claims.submods).map(([name, one]) => [name, cwtSubmod(one)])),
    ],
    [OURS, plain(claims.postern as unknown as JsonValue)],
    ...nonceEntry(eat_nonce),
    ...(cnf ? [[CLAIM.cnf, confirmation(cnf)] as const] : []),
  ];
  return new Map(entries);
}

function cwtSubmod(submod: EarSubmod): CborMap {
  const vector = ASPECTS.map((name, i): Entry => [i, submod.ear_trustworthiness_vector[name]]);
  return new Map<CborValue, CborValue>([
    [CLAIM.ear_status, TIERS[submod.ear_status]],
    [CLAIM.ear_trustworthiness_vector, new Map(vector)],
    [CLAIM.ear_appraisal_policy_ids, submod.ear_appraisal_policy_ids],
    ...nonceEntry(submod.eat_nonce),
  ]);
}

function nonceEntry(nonce: string | undefined): readonly Entry[] {
  return nonce === undefined ? [] : [[CLAIM.eat_nonce, fromBase64Url(nonce, 'eat_nonce')]];
}

function confirmation({ jwk }: NonNullable<EarClaims['cnf']>): CborMap {
  const key = new Map<CborValue, CborValue>([
    [OKP_KEY.kty, OKP_KEY.okp],
    [OKP_KEY.crv, OKP_KEY.ed25519],
    [OKP_KEY.x, fromBase64Url(jwk.x, 'cnf')],
  ]);
  return new Map<CborValue, CborValue>([[CONFIRMATION.coseKey, key]]);
}

function plain(value: JsonValue): CborValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return new Map(Object.entries(value).map(([name, item]) => [name, plain(item as JsonValue)]));
}

/**
 * The claims that decide, back under their names, each of exactly its type in CBOR; what nobody
 * decides by is left out, and unknown claims are ignored, as the draft has it (section 4).
 *
 * @throws Fault `malformed` at `token.<claim>` for one of another type; what is missing is for the
 *   reader of claims to say.
 */
export function claimsOfCwt(value: CborValue): JsonObject {
  const token = new CborEntries(value, 'token', CLAIM);
  return {
    ...claim(token, 'eat_profile', textOf),
    ...claim(token, 'iss', textOf),
    ...claim(token, 'sub', textOf),
    ...claim(token, 'aud', textOf),
    ...claim(token, 'jti', (entry) => fromUtf8(bytesOf(entry), entry.at)),
    ...claim(token, 'iat', countOf),
    ...claim(token, 'nbf', countOf),
    ...claim(token, 'exp', countOf),
    ...claim(token, 'eat_nonce', (entry) => toBase64Url(bytesOf(entry))),
    ...claim(token, 'ear_status', tierOfEntry),
    ...claim(token, 'submods', submodsOf),
    ...(token.get(OURS) && { [OURS]: oursOf(token.need(OURS)) }),
  };
}

/**
 * All claims of a CWT as JSON for people to compare, names for numbers and bytes as in CBOR's
 * diagnostic notation. Nothing is decided by it: other claims may read the same.
 */
export function readableCwt(value: CborValue): JsonValue {
  return readable(value, NAMES);
}

const NAMES: ReadonlyMap<CborValue, string> = new Map(
  Object.entries(CLAIM).map(([name, number]) => [number, name]),
);
/** Small numbers mean something else in what is inside. */
const INNER_NAMES: ReadonlyMap<CborValue, string> = new Map(
  [...NAMES].filter(([number]) => Number(number) >= CLAIM.eat_profile),
);

function readable(value: CborValue, names: ReadonlyMap<CborValue, string>): JsonValue {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`;
  if (value instanceof Map) {
    const object: { [name: string]: JsonValue } = Object.create(null);
    for (const [key, item] of value as CborMap) {
      object[names.get(key) ?? String(key)] = readable(item, INNER_NAMES);
    }
    return object;
  }
  if (Array.isArray(value)) {
    return (value as readonly CborValue[]).map((item) => readable(item, INNER_NAMES));
  }
  if (typeof value === 'bigint' || (typeof value === 'object' && value !== null)) {
    return `h'${toHex(encodeCbor(value))}'`;
  }
  return value;
}

function oursOf({ at, value }: CborEntry): JsonObject {
  const ours = new CborEntries(value, at);
  const waived = ours.get('waived');
  const codeOf = (item: Pick<CborEntry, 'at' | 'value'>) => ({
    code: textOf(new CborEntries(item.value, item.at).need('code')),
  });
  return {
    verdict: textOf(ours.need('verdict')),
    ...(waived && { waived: itemsOf(waived).map(codeOf) }),
  };
}

function claim(
  entries: CborEntries,
  name: keyof typeof CLAIM,
  read: (entry: CborEntry) => JsonValue,
): JsonObject {
  const entry = entries.get(CLAIM[name]);
  return entry ? { [name]: read(entry) } : {};
}

/** Exactly the number of a tier: 33 lies in one, and is no status. */
function tierOfEntry(entry: CborEntry): string {
  const number = countOf(entry);
  const tier = tierOf(number);
  if (TIERS[tier] === number) return tier;
  throw malformed(entry.at, `want ${Object.values(TIERS).join(', ')}, got ${number}`);
}

function submodsOf({ at, value }: CborEntry): JsonObject {
  if (!(value instanceof Map)) throw wrong(at, 'a map', value);
  const submods: { [name: string]: JsonValue } = Object.create(null);
  for (const [name, item] of value as CborMap) {
    if (typeof name !== 'string') throw wrong(at, 'names that are text', name);
    const submod = new CborEntries(item, `${at}.${name}`, CLAIM);
    submods[name] = {
      ...claim(submod, 'ear_status', tierOfEntry),
      ...claim(submod, 'ear_trustworthiness_vector', vectorOf),
      ...claim(submod, 'ear_appraisal_policy_ids', (ids) => itemsOf(ids).map(textOf)),
    };
  }
  return submods;
}

/** An aspect that has no name here yet keeps its number: it counts all the same. */
function vectorOf({ at, value }: CborEntry): JsonObject {
  if (!(value instanceof Map)) throw wrong(at, 'a map', value);
  const vector: { [name: string]: JsonValue } = {};
  for (const [key, item] of value as CborMap) {
    if (typeof key !== 'number') throw wrong(at, 'keys that are integers', key);
    vector[ASPECTS[key] ?? `${key}`] = countOf({ at: `${at}[${key}]`, value: item });
  }
  return vector;
}
