import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { decodeCbor } from '../../core/encoding/cbor.ts';
import { encodeCbor } from '../../core/encoding/cbor-encode.ts';
import { bytesOf } from '../../core/encoding/cbor-shape.ts';
import type { CborValue } from '../../core/encoding/cbor-value.ts';
import {
  buildCoseSign1,
  type CoseSign1,
  parseCoseSign1,
  verifyCoseSign1,
} from '../../core/encoding/cose-sign1.ts';
import type { JsonObject } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';
import type { EarExpectation } from './check-claims.ts';
import { LARGEST_TOKEN } from './compact-jws.ts';
import { claimsOfCwt, cwtClaims } from './cwt-claims.ts';
import type { EarClaims } from './ear-claims.ts';
import {
  answerSignature,
  type Checks,
  concluded,
  type EarVerification,
  type IssuerKey,
} from './verify-ear.ts';

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
    payload: encodeCbor(cwtClaims(claims)),
    sign,
  });
}

/** As {@link verifyEarJwt}, of a CWT. */
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
): JsonObject | undefined {
  const read = checks.open('ear.format', () => readCwt(token));
  if (read === undefined) return undefined;
  const { message, keyId, claims } = read;
  const named = { algorithm: message.algorithm, keyId };
  answerSignature(checks, keys, named, (key) => verifyCoseSign1(message, key));
  return claims;
}

/** As `unverifiedJwtClaims`, of a CWT: the claims under their numbers. */
export function unverifiedCwtClaims(token: Uint8Array): CborValue {
  return readCwt(token).map;
}

interface ReadCwt {
  readonly message: CoseSign1;
  readonly keyId: string | undefined;
  readonly map: CborValue;
  readonly claims: JsonObject;
}

function readCwt(token: Uint8Array): ReadCwt {
  if (token.length > LARGEST_TOKEN) throw malformed('token', `larger than ${LARGEST_TOKEN} bytes`);
  const message = parseCoseSign1(token, 'token');
  const { protectedHeader, unprotectedHeader, payload } = message;
  if (protectedHeader.get(HEADER.typ) !== CWT_TYPE) {
    throw malformed('token.header.typ', `want ${CWT_TYPE}`);
  }
  // Among others a key or a chain that came along, and extensions that nobody here understands.
  const known: readonly CborValue[] = Object.values(HEADER);
  const other = [...protectedHeader.keys()].find((label) => !known.includes(label));
  if (other !== undefined) throw malformed('token.header', `unknown parameter ${String(other)}`);
  // Nobody signed it: of two tokens that differ there alone, one would be a stranger's.
  if (unprotectedHeader.size > 0) throw malformed('token.unprotected', 'want an empty map');
  if (payload === undefined) throw malformed('token.payload', 'is missing');
  const kid = protectedHeader.get(HEADER.kid);
  const at = 'token.header.kid';
  const map = decodeCbor(payload, 'token');
  return {
    message,
    keyId: kid === undefined ? undefined : fromUtf8(bytesOf({ at, value: kid }), at),
    map,
    claims: claimsOfCwt(map),
  };
}
