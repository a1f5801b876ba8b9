import { verifyEd25519, verifyP256, verifyP384 } from '#crypto';
import { Fault, malformed } from '../fault.ts';
import { decodeCbor } from './cbor.ts';
import { encodeCbor } from './cbor-encode.ts';
import { bytesOf, CborEntries, itemsOf, someItemsOf, taggedWith, wrong } from './cbor-shape.ts';
import { type CborMap, CborTag, type CborValue } from './cbor-value.ts';
import type { CoseKey } from './cose-key.ts';

/** Header parameters (RFC 9052 section 3.1). */
const COSE_HEADER = { alg: 1, crit: 2, contentType: 3, kid: 4 } as const;

/** Algorithms by their number, each with the one kind of key that it takes here (RFC 9053, RFC 9864). */
const ALGORITHMS: ReadonlyMap<
  CborValue,
  { readonly name: string; readonly key: CoseKey['algorithm'] }
> = new Map([
  [-7, { name: 'ES256', key: 'p256' }],
  [-35, { name: 'ES384', key: 'p384' }],
  [-8, { name: 'EdDSA', key: 'ed25519' }],
  [-19, { name: 'Ed25519', key: 'ed25519' }],
]);

export const COSE_SIGN1_TAG = 18;

/** A COSE_Sign1 message (RFC 9052 section 4.2) whose headers are well formed; nothing is verified. */
export interface CoseSign1 {
  /** E.g. `ES256`. */
  readonly algorithm: string;
  /** Names a key, and nobody signed that it does where it comes from the unprotected header. */
  readonly keyId?: Uint8Array;
  /** A media type, or the number of a CoAP content format. Always from the protected header. */
  readonly contentType?: string | number;
  readonly protectedHeader: CborMap;
  /** As they came: what is signed. */
  readonly protectedBytes: Uint8Array;
  readonly unprotectedHeader: CborMap;
  /** Undefined when the payload travels on its own. */
  readonly payload: Uint8Array | undefined;
  readonly signature: Uint8Array;
}

/**
 * COSE_Sign1 = #6.18([protected: bstr .cbor map, unprotected: map, payload: bstr / nil, signature: bstr])
 *
 * @param understood labels that the caller acts upon when `crit` lists them.
 * @throws Fault `malformed`: no parameter may stand in both headers, `alg` and `crit` only in the
 *   protected one; `unsupported` for an algorithm or a critical parameter that is not known.
 */
export function parseCoseSign1(
  bytes: Uint8Array,
  at: string,
  understood: readonly (number | string)[] = [],
): CoseSign1 {
  return readCoseSign1(decodeCbor(bytes, at), at, understood);
}

/** As {@link parseCoseSign1}, of an item that was decoded as a part of another. */
export function readCoseSign1(
  value: CborValue,
  at: string,
  understood: readonly (number | string)[] = [],
): CoseSign1 {
  const items = itemsOf(taggedWith(COSE_SIGN1_TAG, { at, value }));
  const [first, second, third, fourth] = items;
  if (!first || !second || !third || !fourth || items.length > 4) {
    throw malformed(at, `want an array of 4, got one of ${items.length}`);
  }
  const protectedBytes = bytesOf({ at: `${at}.protected`, value: first.value });
  const protectedHeader = headerOf(
    decodeCbor(protectedBytes, `${at}.protected`),
    `${at}.protected`,
  );
  const unprotectedHeader = headerOf(second.value, `${at}.unprotected`);
  for (const label of unprotectedHeader.keys()) {
    if (protectedHeader.has(label))
      throw malformed(at, `parameter ${label} stands in both headers`);
    if (label === COSE_HEADER.alg || label === COSE_HEADER.crit) {
      throw malformed(at, `parameter ${label} is not protected`);
    }
  }
  checkCritical(protectedHeader, understood, at);
  const number = protectedHeader.get(COSE_HEADER.alg);
  const algorithm = number === undefined ? undefined : ALGORITHMS.get(number);
  if (number === undefined) throw malformed(`${at}.protected.alg`, 'is missing');
  if (algorithm === undefined) {
    const known = [...ALGORITHMS].map(([id, { name }]) => `${name} (${id})`).join(', ');
    throw new Fault('unsupported', `${at}.protected.alg`, `want one of ${known}`);
  }
  return {
    algorithm: algorithm.name,
    ...keyIdOf(protectedHeader.get(COSE_HEADER.kid) ?? unprotectedHeader.get(COSE_HEADER.kid), at),
    ...contentTypeOf(protectedHeader.get(COSE_HEADER.contentType), at),
    protectedHeader,
    protectedBytes,
    unprotectedHeader,
    payload:
      third.value === null ? undefined : bytesOf({ at: `${at}.payload`, value: third.value }),
    signature: bytesOf({ at: `${at}.signature`, value: fourth.value }),
  };
}

function headerOf(value: CborValue, at: string): CborMap {
  new CborEntries(value, at); // a map, and its labels are integers and text
  return value as CborMap;
}

/** A parameter that is listed changes what the message means (RFC 9052 section 3.1). */
function checkCritical(
  header: CborMap,
  understood: readonly (number | string)[],
  at: string,
): void {
  const value = header.get(COSE_HEADER.crit);
  if (value === undefined) return;
  const known: readonly CborValue[] = [...Object.values(COSE_HEADER), ...understood];
  for (const { at: place, value: label } of someItemsOf({ at: `${at}.protected.crit`, value })) {
    if (!header.has(label)) throw malformed(place, 'critical parameter is missing');
    if (!known.includes(label))
      throw new Fault('unsupported', place, 'critical parameter is not known');
  }
}

function keyIdOf(value: CborValue | undefined, at: string): Pick<CoseSign1, 'keyId'> {
  return value === undefined ? {} : { keyId: bytesOf({ at: `${at}.kid`, value }) };
}

function contentTypeOf(value: CborValue | undefined, at: string): Pick<CoseSign1, 'contentType'> {
  if (value === undefined) return {};
  if (typeof value === 'string' || (typeof value === 'number' && value >= 0)) {
    return { contentType: value };
  }
  throw wrong(`${at}.protected.content-type`, 'text or an unsigned integer', value);
}

/** Sig_structure (RFC 9052 section 4.4): what the signature is over. */
function coseSigStructure(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  externalAad: Uint8Array = new Uint8Array(),
): Uint8Array {
  return encodeCbor(['Signature1', protectedBytes, externalAad, payload]);
}

/** What else the signature covers: a payload that travels on its own, and data that both sides know. */
export interface CoseDetached {
  readonly payload?: Uint8Array;
  readonly externalAad?: Uint8Array;
}

/**
 * True when the key made the signature, and is of the kind that the message's algorithm takes.
 *
 * @throws Fault `usage` when there is no payload to verify, or two of them.
 */
export function verifyCoseSign1(
  message: CoseSign1,
  key: CoseKey,
  detached: CoseDetached = {},
): boolean {
  if ((message.payload === undefined) === (detached.payload === undefined)) {
    throw new Fault('usage', 'cose.payload', 'want one payload, in the message or beside it');
  }
  const algorithm = ALGORITHMS.get(message.protectedHeader.get(COSE_HEADER.alg) ?? null);
  const payload = message.payload ?? detached.payload ?? new Uint8Array();
  const signed = coseSigStructure(message.protectedBytes, payload, detached.externalAad);
  if (algorithm?.key !== key.algorithm) return false;
  switch (key.algorithm) {
    case 'p256':
      return verifyP256(key.key, signed, message.signature);
    case 'p384':
      return verifyP384(key.key, signed, message.signature);
    default:
      return verifyEd25519(key.key, signed, message.signature);
  }
}

export interface CoseSign1Parts {
  /** Has `alg`, which is for the signer to know. */
  readonly protectedHeader: CborMap;
  readonly unprotectedHeader?: CborMap;
  readonly payload: Uint8Array;
  readonly externalAad?: Uint8Array;
  /** ECDSA: r ‖ s, big-endian. Ed25519: 64 bytes. */
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
}

/**
 * @returns the tagged message in deterministic encoding.
 * @throws Fault as {@link parseCoseSign1} for headers that it would not take.
 */
export function buildCoseSign1(parts: CoseSign1Parts): Uint8Array {
  const protectedBytes = encodeCbor(parts.protectedHeader);
  const signature = parts.sign(coseSigStructure(protectedBytes, parts.payload, parts.externalAad));
  const unprotected = parts.unprotectedHeader ?? new Map<CborValue, CborValue>();
  const message = new CborTag(COSE_SIGN1_TAG, [
    protectedBytes,
    unprotected,
    parts.payload,
    signature,
  ]);
  const critical = parts.protectedHeader.get(COSE_HEADER.crit);
  readCoseSign1(message, 'cose', Array.isArray(critical) ? critical : []);
  return encodeCbor(message);
}
