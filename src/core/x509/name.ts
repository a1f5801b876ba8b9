import { type DerReader, derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

/** A distinguished name (RFC 5280 section 4.1.2.4). Two names are the same when `der` is. */
export interface DistinguishedName {
  readonly der: Uint8Array;
  /** The common name; empty when there is none. More than one is refused: which would count? */
  readonly commonName: string;
  /** For people: `CN=…, O=…` in the order given. */
  readonly text: string;
  /** In the order given; `type` is an object identifier. */
  readonly attributes: readonly { readonly type: string; readonly value: string }[];
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
]);

const STRING_DECODERS: ReadonlyMap<number, string> = new Map([
  [TAG.utf8String, 'utf-8'],
  [TAG.printableString, 'latin1'],
  [TAG.t61String, 'latin1'],
  [TAG.ia5String, 'latin1'],
  [TAG.bmpString, 'utf-16be'],
]);

export function parseName(der: Uint8Array, path: string): DistinguishedName {
  const commonNames: string[] = [];
  const attributes: { type: string; value: string }[] = [];
  const rdns = derSequence(der, path);
  while (!rdns.done) {
    const rdn = rdns.inside(TAG.set, 'rdn');
    if (rdn.done) throw malformed(path, 'empty relative distinguished name');
    while (!rdn.done) {
      const attribute = rdn.sequence('attribute');
      const type = attribute.oid('type');
      const value = readString(attribute, path);
      attribute.end();
      attributes.push({ type, value });
      if (type === '2.5.4.3') commonNames.push(value);
    }
  }
  if (commonNames.length > 1) throw malformed(path, 'more than one common name');
  const text = attributes
    .map(({ type, value }) => `${LABELS.get(type) ?? type}=${value}`)
    .join(', ');
  return { der, commonName: commonNames[0] ?? '', text, attributes };
}

function readString(attribute: DerReader, path: string): string {
  const { tag, content } = attribute.element('value');
  const encoding = STRING_DECODERS.get(tag);
  if (encoding === undefined) throw malformed(path, `name with string type 0x${tag.toString(16)}`);
  // Nearly all names, and quicker than to set a decoder up.
  const ascii = encoding === 'utf-16be' ? undefined : asciiText(content);
  if (ascii !== undefined) return ascii;
  try {
    // A byte order mark is kept: dropped, it would make two different names look the same.
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw malformed(path, `name that is not valid ${encoding}`);
  }
}

/** @returns undefined when there is a byte beyond ASCII. */
function asciiText(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
