import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromBase64Url, toBase64Url } from '../../core/encoding/base64url.ts';
import { decodeCbor } from '../../core/encoding/cbor.ts';
import { encodeCbor } from '../../core/encoding/cbor-encode.ts';
import type { CborMap, CborValue } from '../../core/encoding/cbor-value.ts';
import { buildCoseSign1, parseCoseSign1, verifyCoseSign1 } from '../../core/encoding/cose-sign1.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';
import type { EarExpectation } from './check-claims.ts';
import type { EarClaims } from './ear-claims.ts';
import { ASPECTS, TIERS, type Tier, tierOf } from './trust-vector.ts';
import {
  type Checks,
  concluded,
  type EarVerification,
  type IssuerKey,
  LARGEST_TOKEN,
} from './verify-ear.ts';

/** Claims by number: RFC 8392, RFC 8747, RFC 9711 and draft-ietf-rats-ear. */
const CLAIMS = {
  iss: 1,
  sub: 2,
  aud: 3,
  exp: 4,
  nbf: 5,
  iat: 6,
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

const NAMES: ReadonlyMap<CborValue, string> = new Map(
  Object.entries(CLAIMS).map(([name, number]) => [number, name]),
);

/** COSE: `alg` 1, `kid` 4, `typ` 16 (RFC 9596). */
const HEADER = { alg: 1, kid: 4, typ: 16 } as const;
const CWT_TYPE = 'application/eat+cwt';
const ALGORITHMS = { ES256: -7, EdDSA: -8 } as const;

export interface CwtSigner {
  readonly algorithm: keyof typeof ALGORITHMS;
  readonly keyId: string;
  /** r ‖ s, or Ed25519's 64 bytes. */
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
}

/** The claims of a token as CWT (RFC 8392) in a tagged COSE_Sign1. */
export function signEarCwt(claims: EarClaims, { algorithm, keyId, sign }: CwtSigner): Uint8Array {
  return buildCoseSign1({
    protectedHeader: new Map<CborValue, CborValue>([
      [HEADER.alg, ALGORITHMS[algorithm]],
      [HEADER.kid, utf8(keyId)],
      [HEADER.typ, CWT_TYPE],
    ]),
    payload: encodeCbor(toCbor(claims as unknown as JsonValue)),
    sign,
  });
}

/** As verifyEarJwt, of a CWT. */
export function verifyEarCwt(
  token: Uint8Array,
  keys: readonly IssuerKey[],
  wanted: EarExpectation,
): EarVerification {
  return concluded((checks) => openCwt(checks, token, keys), wanted);
}

function openCwt(
  checks: Checks,
  token: Uint8Array,
  keys: readonly IssuerKey[],
): JsonValue | undefined {
  const message = checks.open('ear.format', () => {
    if (token.length > LARGEST_TOKEN)
      throw malformed('token', `larger than ${LARGEST_TOKEN} bytes`);
    const read = parseCoseSign1(token, 'token');
    if (read.protectedHeader.get(HEADER.typ) !== CWT_TYPE) {
      throw malformed('token.header.typ', `want ${CWT_TYPE}`);
    }
    return read;
  });
  if (message?.payload === undefined) return undefined;
  const { payload, protectedHeader } = message;
  const kid = protectedHeader.get(HEADER.kid);
  const keyId = kid instanceof Uint8Array ? new TextDecoder().decode(kid) : undefined;
  const candidates = keys.filter((key) => key.keyId === undefined || key.keyId === keyId);
  const wants = candidates.map(({ key }) => (key.algorithm === 'p256' ? 'ES256' : 'EdDSA'));
  const fits = candidates.length === 0 || wants.some((name) => name === message.algorithm);
  checks.answer(
    'ear.algorithm',
    fits ? undefined : { want: wants.join(' or '), got: message.algorithm },
  );
  const good = candidates.some(({ key }) => verifyCoseSign1(message, key));
  checks.answer(
    'ear.signature',
    good
      ? undefined
      : { want: 'a signature of the issuer’s key', got: 'none of a key that is pinned' },
  );
  const claims = checks.open('ear.format', () => ({
    read: toJson(decodeCbor(payload, 'token'), ''),
  }));
  return claims?.read;
}

/** Claims under their numbers; what has no number keeps its name. */
function toCbor(value: JsonValue, name = ''): CborValue {
  if (typeof value === 'string') return textToCbor(value, name);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toCbor(item));
  if (name === 'cnf') return confirmation(value as EarClaims['cnf'] & object);
  if (name === 'postern') return plainMap(value as { readonly [name: string]: JsonValue });
  if (name === 'ear_trustworthiness_vector') {
    return new Map(
      Object.entries(value).map(([aspect, number]) => [aspectNumber(aspect), number as CborValue]),
    );
  }
  if (name === 'ear_verifier_id') {
    const { developer = '', build = '' } = value as Record<string, string>;
    return new Map<CborValue, CborValue>([
      [0, developer],
      [1, build],
    ]);
  }
  return new Map(
    Object.entries(value).map(([member, item]) => [
      CLAIMS[member as keyof typeof CLAIMS] ?? member,
      toCbor(item as JsonValue, member),
    ]),
  );
}

function textToCbor(value: string, name: string): CborValue {
  if (name === 'eat_nonce') return fromBase64Url(value, name);
  if (name === 'jti') return utf8(value);
  return name === 'ear_status' ? TIERS[value as Tier] : value;
}

/** What is Postern's own has names only. */
function plainMap(value: { readonly [name: string]: JsonValue }): CborMap {
  return new Map(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

function plain(value: JsonValue): CborValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return plainMap(value as { readonly [name: string]: JsonValue });
}

function aspectNumber(name: string): number {
  return (ASPECTS as readonly string[]).indexOf(name);
}

/** COSE_Key of an Ed25519 key (RFC 8747 section 3.2): kty OKP, crv Ed25519, x. */
function confirmation({ jwk }: NonNullable<EarClaims['cnf']>): CborMap {
  const key = new Map<CborValue, CborValue>([
    [1, 1],
    [-1, 6],
    [-2, fromBase64Url(jwk.x, 'cnf')],
  ]);
  return new Map<CborValue, CborValue>([[1, key]]);
}

/** The way back, as far as a relying party's questions go. */
function toJson(value: CborValue, name: string): JsonValue {
  if (value instanceof Uint8Array) {
    return name === 'jti' ? fromUtf8(value, 'token.cti') : toBase64Url(value);
  }
  if (typeof value === 'number') {
    return name === 'ear_status' ? tierName(value) : value;
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: CborValue) => toJson(item, ''));
  if (value instanceof Map) return mapToJson(value, name);
  throw malformed('token', 'holds a value that no claim has');
}

/** Exactly the number of a tier: 33 is in one, and no status. */
function tierName(value: number): string {
  const tier = tierOf(value);
  return TIERS[tier] === value ? tier : `${value}`;
}

function mapToJson(map: CborMap, name: string): JsonValue {
  const object: { [name: string]: JsonValue } = Object.create(null);
  for (const [key, item] of map) {
    const member = memberName(key, name);
    if (member in object) throw malformed('token', `the claim ${member} twice`);
    object[member] = toJson(item, member);
  }
  return object;
}

function memberName(key: CborValue, inside: string): string {
  if (inside === 'ear_trustworthiness_vector' && typeof key === 'number') {
    return ASPECTS[key] ?? `${key}`;
  }
  if (typeof key === 'string') return key;
  const known = inside === '' || !INNER.has(inside) ? NAMES.get(key) : undefined;
  return known ?? String(key);
}

/** Maps whose numbers are not those of claims. */
const INNER: ReadonlySet<string> = new Set(['ear_verifier_id', 'cnf', '1', 'postern']);
