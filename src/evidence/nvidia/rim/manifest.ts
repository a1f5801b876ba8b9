import { fromHex } from '../../../core/bytes/hex.ts';
import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';
import { attributeOf, childrenOf, needed, onlyChild } from './element.ts';
import { isFloor, parseFloors, type RimFloor } from './floor.ts';
import { expectOnce, parseRow, SWID_NAMESPACE } from './row.ts';
import { wholeNumber } from './whole-number.ts';

/** One reference measurement: index i is compared with block i + 1 of a report. */
export interface RimMeasurement {
  readonly index: number;
  /** Whether this manifest speaks of the index at all. */
  readonly active: boolean;
  readonly name: string;
  /** The alternatives, each as long as `size` says; any of them is right. */
  readonly values: readonly Uint8Array[];
}

/** The same as it is written. */
export interface RimResource {
  readonly index: number;
  readonly active: boolean;
  readonly name: string;
  /** Of each value, in bytes. */
  readonly size: number;
  /** Hash0, Hash1, …, which should be hex. */
  readonly hashes: readonly string[];
}

/** A manifest: SWID tag (ISO/IEC 19770-2:2015) with the TCG's RIM attributes, as NVIDIA fills it. */
export interface RimManifest {
  readonly name: string;
  readonly tagId: string;
  /** Of the tag, not of what it is about. */
  readonly version: string;
  readonly product: string;
  readonly edition: string;
  /** Of what it is about, e.g. `550.90.07`. */
  readonly colloquialVersion: string;
  readonly revision: string | undefined;
  /** FirmwareManufacturerId, by its IANA enterprise number. */
  readonly manufacturerId: string | undefined;
  readonly measurements: readonly RimMeasurement[];
  /** Only the active ones. */
  readonly floors: readonly RimFloor[];
}

const RIM_NAMESPACE =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/';
/** By this name NVIDIA means SHA-384, though XML Encryption has no such algorithm. */
const SHA384_NAMESPACE = 'http://www.w3.org/2001/04/xmlenc#sha384';

const PATH = 'rim';
const PAYLOAD = `${PATH}.Payload`;
/** Of a value in bytes; a GPU's are 48. */
const LARGEST_SIZE = 64;
const MOST_INDEX = 255;
const MOST_ALTERNATIVES = 64;

/** @throws Fault `malformed` naming the element or attribute, `rim…`. */
export function parseRimManifest(root: XmlElement): RimManifest {
  expectRoot(root);
  const meta = onlyChild(root, SWID_NAMESPACE, 'Meta', PATH);
  const at = `${PATH}.Meta`;
  return {
    name: needed(root, 'name', PATH),
    tagId: needed(root, 'tagId', PATH),
    version: needed(root, 'version', PATH),
    product: needed(meta, 'product', at),
    edition: needed(meta, 'edition', at),
    colloquialVersion: needed(meta, 'colloquialVersion', at),
    revision: attributeOf(meta, 'revision'),
    manufacturerId: attributeOf(meta, 'FirmwareManufacturerId', RIM_NAMESPACE),
    measurements: parseRimPayload(root).map(parseMeasurement),
    floors: parseFloors(rowsOf(root).filter(isFloor), PAYLOAD),
  };
}

/** The measurements that a manifest lists, without a question as to what it is of. */
export function parseRimPayload(root: XmlElement): readonly RimResource[] {
  expectRoot(root);
  const rows = rowsOf(root).filter((row) => !isFloor(row));
  if (rows.length === 0) throw malformed(PAYLOAD, 'no measurement');
  const resources = rows.map(parseResource);
  expectOnce(resources, PAYLOAD);
  return resources;
}

function rowsOf(root: XmlElement): readonly XmlElement[] {
  return childrenOf(onlyChild(root, SWID_NAMESPACE, 'Payload', PATH), PAYLOAD);
}

function expectRoot({ namespace, localName }: XmlElement): void {
  if (namespace === SWID_NAMESPACE && localName === 'SoftwareIdentity') return;
  throw malformed(PATH, `want SoftwareIdentity of ${SWID_NAMESPACE}, got ${localName}`);
}

function parseMeasurement({ index, active, name, size, hashes }: RimResource): RimMeasurement {
  const values = hashes.map((hex, i) => fromHex(hex, `${PATH}.Payload[${index}].Hash${i}`, size));
  return { index, active, name, values };
}

function parseResource(resource: XmlElement): RimResource {
  const { index, active, at } = parseRow(resource, MOST_INDEX, PAYLOAD);
  const size = wholeNumber(needed(resource, 'size', at), LARGEST_SIZE, `${at}.size`);
  if (size < 1) throw malformed(`${at}.size`, 'want at least 1, got 0');
  const name = needed(resource, 'name', at);
  return { index, active, name, size, hashes: parseHashes(resource, at) };
}

/** Hash0 to Hash(n-1), as many as `alternatives` says: one that is passed over would be lost. */
function parseHashes(resource: XmlElement, path: string): readonly string[] {
  const text = needed(resource, 'alternatives', path);
  const count = wholeNumber(text, MOST_ALTERNATIVES, `${path}.alternatives`);
  if (count < 1) throw malformed(`${path}.alternatives`, 'want at least 1, got 0');
  const hashes = resource.attributes.filter(({ localName }) => localName.startsWith('Hash'));
  if (hashes.length !== count) {
    throw malformed(path, `${count} alternatives, but ${hashes.length} hashes`);
  }
  return Array.from({ length: count }, (_, i) =>
    needed(resource, `Hash${i}`, path, SHA384_NAMESPACE),
  );
}
