import { fromHex } from '../../../core/bytes/hex.ts';
import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';
import { attributeOf, childrenOf, needed, onlyChild } from './element.ts';

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
}

const SWID_NAMESPACE = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
const RIM_NAMESPACE =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/';
/** By this name NVIDIA means SHA-384, though XML Encryption has no such algorithm. */
const SHA384_NAMESPACE = 'http://www.w3.org/2001/04/xmlenc#sha384';

const PATH = 'rim';
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
  };
}

/** What a manifest lists, without a question as to what it is of. */
export function parseRimPayload(root: XmlElement): readonly RimResource[] {
  expectRoot(root);
  const payload = onlyChild(root, SWID_NAMESPACE, 'Payload', PATH);
  const at = `${PATH}.Payload`;
  const resources = childrenOf(payload, at);
  if (resources.length === 0) throw malformed(at, 'no measurement');
  const seen = new Set<number>();
  return resources.map((resource) => {
    const row = parseResource(resource, at);
    if (seen.has(row.index)) throw malformed(at, `index ${row.index} twice`);
    seen.add(row.index);
    return row;
  });
}

function expectRoot({ namespace, localName }: XmlElement): void {
  if (namespace === SWID_NAMESPACE && localName === 'SoftwareIdentity') return;
  throw malformed(PATH, `want SoftwareIdentity of ${SWID_NAMESPACE}, got ${localName}`);
}

function parseMeasurement({ index, active, name, size, hashes }: RimResource): RimMeasurement {
  const values = hashes.map((hex, i) => fromHex(hex, `${PATH}.Payload[${index}].Hash${i}`, size));
  return { index, active, name, values };
}

function parseResource(resource: XmlElement, path: string): RimResource {
  const { namespace, localName } = resource;
  if (namespace !== SWID_NAMESPACE || localName !== 'Resource') {
    throw malformed(path, `want Resource, got ${localName}`);
  }
  const index = wholeNumber(needed(resource, 'index', path), MOST_INDEX, `${path}.index`);
  const at = `${path}[${index}]`;
  const type = needed(resource, 'type', at);
  if (type !== 'Measurement') throw malformed(`${at}.type`, `want Measurement, got ${type}`);
  const active = needed(resource, 'active', at);
  if (active !== 'True' && active !== 'False') {
    throw malformed(`${at}.active`, `want True or False, got ${active}`);
  }
  const size = wholeNumber(needed(resource, 'size', at), LARGEST_SIZE, `${at}.size`);
  if (size < 1) throw malformed(`${at}.size`, 'want at least 1, got 0');
  if (childrenOf(resource, at).length > 0) throw malformed(at, 'elements inside of a measurement');
  return {
    index,
    active: active === 'True',
    name: needed(resource, 'name', at),
    size,
    hashes: parseHashes(resource, at),
  };
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

/** In decimal, in the one way to write it. */
function wholeNumber(text: string, most: number, path: string): number {
  const value = /^(0|[1-9]\d{0,5})$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw malformed(path, `want a whole number from 0 to ${most}, got ${JSON.stringify(text)}`);
}
