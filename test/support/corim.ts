import { fromHex } from '../../src/core/bytes/hex.ts';
import { encodeCbor } from '../../src/core/encoding/cbor-encode.ts';
import { CborTag, type CborValue } from '../../src/core/encoding/cbor-value.ts';
import { buildCoseSign1 } from '../../src/core/encoding/cose-sign1.ts';
import type { CoseSigner } from './cose.ts';

/** A map of CBOR from its entries; those without a value are left out. */
export function mapOf(...entries: readonly (readonly [CborValue, CborValue | undefined])[]) {
  return new Map(
    entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** Bytes of one digit over and over. */
export function repeated(digit: string, size: number): Uint8Array {
  return fromHex(digit.repeat(2 * size), 'test');
}

export const sha384 = (digit: string): CborValue => [[7, repeated(digit, 48)]];
export const raw = (digit: string, size: number) => new CborTag(560, repeated(digit, size));
export const uri = (text: string) => new CborTag(32, text);
export const uuid = (hex: string) => new CborTag(37, fromHex(hex, 'test'));

/** Reference values under one mkey, by their numbers in the measurement-values-map. */
export function measured(mkey: CborValue | undefined, values: Readonly<Record<number, CborValue>>) {
  const entries = Object.entries(values).map(([key, value]) => [Number(key), value] as const);
  return mapOf([0, mkey], [1, new Map<CborValue, CborValue>(entries)]);
}

export interface ComidParts {
  readonly tagId?: CborValue;
  /** Each a class, an environment as a whole, or entries of it, and what is measured there. */
  readonly references?: readonly (readonly [environment: CborValue, ...CborValue[]])[];
  readonly otherTriples?: readonly (readonly [number, CborValue])[];
  readonly more?: readonly (readonly [number, CborValue])[];
}

/** #6.506(bytes .cbor concise-mid-tag). */
export function comid({
  tagId = 'tag',
  references = [],
  otherTriples = [],
  more = [],
}: ComidParts) {
  const triples = references.map(([environment, ...measurements]) => [environment, measurements]);
  const body = mapOf(
    [1, mapOf([0, tagId])],
    [4, mapOf([0, triples.length > 0 ? triples : undefined], ...otherTriples)],
    ...more,
  );
  return new CborTag(506, encodeCbor(body));
}

/** environment-map of a class with vendor and model. */
export function environment(vendor: string, model: string): CborValue {
  return mapOf([0, mapOf([1, vendor], [2, model])]);
}

export interface CorimParts {
  readonly id?: CborValue;
  readonly tags?: readonly CborValue[];
  readonly profile?: CborValue;
  /** Seconds since the epoch. */
  readonly validity?: readonly [notBefore: number | undefined, notAfter: number];
  readonly more?: readonly (readonly [number, CborValue])[];
}

const time = (seconds: number) => new CborTag(1, seconds);

export function validityMap([notBefore, notAfter]: readonly [number | undefined, number]) {
  return mapOf([0, notBefore === undefined ? undefined : time(notBefore)], [1, time(notAfter)]);
}

/** #6.501(corim-map), not encoded yet. */
export function corimValue({
  id = 'corim-1',
  tags = [],
  profile,
  validity,
  more = [],
}: CorimParts) {
  const period = validity === undefined ? undefined : validityMap(validity);
  const entries = mapOf([0, id], [1, tags], [3, profile], [4, period]);
  return new CborTag(501, new Map<CborValue, CborValue>([...entries, ...more]));
}

export function corim(parts: CorimParts): Uint8Array {
  return encodeCbor(corimValue(parts));
}

/** COSE_Sign1 with the headers that CoRIM wants; `header` replaces or adds some. */
export function signedCorim(
  payload: Uint8Array,
  signer: CoseSigner,
  ...header: readonly (readonly [CborValue, CborValue])[]
): Uint8Array {
  const meta = encodeCbor(mapOf([0, mapOf([0, 'ACME signing'])]));
  return buildCoseSign1({
    protectedHeader: mapOf(
      [1, signer.alg],
      [3, 'application/rim+cbor'],
      [4, repeated('c', 4)],
      [8, meta],
      ...header,
    ),
    payload,
    sign: signer.sign,
  });
}
