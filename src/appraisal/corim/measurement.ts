import { toHex } from '../../core/bytes/hex.ts';
import {
  bytesOf,
  CborEntries,
  type CborEntry,
  describeCbor,
  isTagged,
  pairOf,
  someItemsOf,
  taggedWith,
  textOf,
  wrong,
} from '../../core/encoding/cbor-shape.ts';
import { CborTag, type CborValue } from '../../core/encoding/cbor-value.ts';
import { malformed } from '../../core/fault.ts';
import { type Identifier, readIdentifier } from './identifier.ts';
import { addAll, type Omission, omission, unknownEntries } from './omission.ts';

export interface CorimDigest {
  /** E.g. `sha-384`; `algorithm 99` for one that is not known. */
  readonly algorithm: string;
  /** Lower-case hex. */
  readonly value: string;
}

/** One member of a measurement-values-map (draft-ietf-rats-corim, section 5.1.4.5). */
export type MeasurementValue = { readonly at: string } & (
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'svn'; readonly bound: 'exactly' | 'at least'; readonly svn: number }
  | { readonly kind: 'digests'; readonly digests: readonly CorimDigest[] }
  /** Hex; only bits that are set in the mask count. */
  | { readonly kind: 'raw-value'; readonly value: string; readonly mask?: string }
  | { readonly kind: 'integrity-registers'; readonly registers: readonly IntegrityRegister[] }
  | { readonly kind: 'name'; readonly name: string }
  /** Known or not, it is for a profile to read. */
  | { readonly kind: 'other'; readonly key: number | string | bigint; readonly value: CborValue }
);

export interface IntegrityRegister {
  readonly id: Identifier;
  readonly digests: readonly CorimDigest[];
}

export interface Measurement {
  readonly at: string;
  readonly key?: Identifier;
  readonly values: readonly MeasurementValue[];
}

const MEASUREMENT = { mkey: 0, mval: 1, 'authorized-by': 2 } as const;
const VALUES = {
  version: 0,
  svn: 1,
  digests: 2,
  flags: 3,
  'raw-value': 4,
  'raw-value-mask': 5,
  'mac-addr': 6,
  'ip-addr': 7,
  'serial-number': 8,
  ueid: 9,
  uuid: 10,
  name: 11,
  cryptokeys: 13,
  'integrity-registers': 14,
  'int-range': 15,
} as const;

type Placed = Pick<CborEntry, 'at' | 'value'>;

/** @param omissions takes what no value stands for. */
export function readMeasurement({ at, value }: Placed, omissions: Omission[]): Measurement {
  const map = new CborEntries(value, at, MEASUREMENT);
  const key = map.get(MEASUREMENT.mkey);
  const { at: valuesAt, value: values } = map.need(MEASUREMENT.mval);
  const authority = map.get(MEASUREMENT['authorized-by']);
  if (authority !== undefined) {
    omissions.push(omission(authority.at, 'whose evidence it is for can not be said'));
  }
  addAll(omissions, unknownEntries(map));
  return {
    at,
    ...(key && { key: readIdentifier(key) }),
    values: readValues(new CborEntries(values, valuesAt, VALUES), omissions),
  };
}

function readValues(map: CborEntries, omissions: Omission[]): MeasurementValue[] {
  const values: MeasurementValue[] = [];
  const version = map.get(VALUES.version);
  const svn = map.get(VALUES.svn);
  const digests = map.get(VALUES.digests);
  const raw = map.get(VALUES['raw-value']);
  const mask = map.get(VALUES['raw-value-mask']);
  const name = map.get(VALUES.name);
  const registers = map.get(VALUES['integrity-registers']);
  if (version) values.push(readVersion(version, omissions));
  if (svn) values.push(readSvn(svn));
  if (digests) values.push({ at: digests.at, kind: 'digests', digests: readDigests(digests) });
  if (raw) values.push(readRawValue(raw, mask));
  else if (mask) throw malformed(mask.at, 'mask without its value');
  if (name) values.push({ at: name.at, kind: 'name', name: textOf(name) });
  if (registers) values.push(readRegisters(registers));
  for (const { key, at, value } of map.unread()) values.push({ at, kind: 'other', key, value });
  if (values.length === 0) throw malformed(map.at, 'says nothing');
  return values;
}

function readVersion({ at, value }: CborEntry, omissions: Omission[]): MeasurementValue {
  const map = new CborEntries(value, at, { version: 0, 'version-scheme': 1 });
  const version = textOf(map.need(0));
  map.get(1); // how versions compare; here they are compared by nobody
  addAll(omissions, unknownEntries(map));
  return { at, kind: 'version', version };
}

const SVN_TAG = 552;
const MIN_SVN_TAG = 553;

function readSvn(entry: CborEntry): MeasurementValue {
  const { at, key, value } = entry;
  const least = isTagged(entry, MIN_SVN_TAG);
  const number = value instanceof CborTag && (least || value.tag === SVN_TAG) ? value.value : value;
  if (typeof number === 'number' && number >= 0) {
    return { at, kind: 'svn', bound: least ? 'at least' : 'exactly', svn: number };
  }
  // A range, an expression of a profile or more than 53 bits.
  return { at, kind: 'other', key, value };
}

/** Named Information Hash Algorithm Registry of IANA, with sizes in bytes. */
const ALGORITHMS = [
  { id: 1, name: 'sha-256', size: 32 },
  { id: 7, name: 'sha-384', size: 48 },
  { id: 8, name: 'sha-512', size: 64 },
  { id: 10, name: 'sha3-256', size: 32 },
  { id: 11, name: 'sha3-384', size: 48 },
  { id: 12, name: 'sha3-512', size: 64 },
];

/** @throws Fault `malformed`, also for a digest that is not as long as those of its algorithm. */
export function readDigest(placed: Placed): CorimDigest {
  const [algorithm, value] = pairOf(placed);
  const bytes = bytesOf(value);
  const id = algorithm.value;
  if (typeof id !== 'number' && typeof id !== 'string') {
    throw wrong(algorithm.at, 'a hash algorithm', id);
  }
  const known = ALGORITHMS.find((one) => one.id === id || one.name === id);
  if (known !== undefined && bytes.length !== known.size) {
    throw malformed(value.at, `${known.name} has ${known.size} bytes, got ${bytes.length}`);
  }
  return { algorithm: known?.name ?? `algorithm ${id}`, value: toHex(bytes) };
}

function readDigests(placed: Placed): CorimDigest[] {
  return someItemsOf(placed).map(readDigest);
}

const BYTES_TAG = 560;
const MASKED_TAG = 563;

function readRawValue(entry: CborEntry, mask: CborEntry | undefined): MeasurementValue {
  const { at, key, value } = entry;
  if (isTagged(entry, MASKED_TAG)) {
    const [bytes, ownMask] = pairOf(taggedWith(MASKED_TAG, entry));
    if (mask !== undefined) throw malformed(mask.at, 'a second mask');
    return rawValue(at, bytesOf(bytes), bytesOf(ownMask));
  }
  if (value instanceof Uint8Array || isTagged(entry, BYTES_TAG)) {
    const bytes = value instanceof Uint8Array ? value : bytesOf(taggedWith(BYTES_TAG, entry));
    return rawValue(at, bytes, mask === undefined ? undefined : maskOf(mask));
  }
  if (mask !== undefined) throw malformed(mask.at, `a mask for ${describeCbor(value)}`);
  return { at, kind: 'other', key, value };
}

function maskOf(entry: CborEntry): Uint8Array {
  return bytesOf(isTagged(entry, BYTES_TAG) ? taggedWith(BYTES_TAG, entry) : entry);
}

function rawValue(at: string, value: Uint8Array, mask: Uint8Array | undefined): MeasurementValue {
  const masked = mask === undefined ? {} : { mask: toHex(mask) };
  return { at, kind: 'raw-value', value: toHex(value), ...masked };
}

function readRegisters({ at, value }: CborEntry): MeasurementValue {
  const map = new CborEntries(value, at);
  const registers = map.unread().map((entry) => ({
    id: readIdentifier({ at: entry.at, value: entry.key }),
    digests: readDigests(entry),
  }));
  if (registers.length === 0) throw malformed(at, 'says nothing');
  return { at, kind: 'integrity-registers', registers };
}
