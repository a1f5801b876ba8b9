import '../core/x509/reflect-metadata.ts';
import { Name } from '@peculiar/x509';
import { utf8 } from '../core/bytes/text.ts';
import { TAG } from '../core/encoding/der.ts';
import { der, derOid, derSequenceOf } from './der-writer.ts';

/** Attribute types of X.520 with the string type that the vendors write each in. */
const ATTRIBUTES = {
  commonName: { oid: '2.5.4.3', tag: TAG.utf8String },
  serialNumber: { oid: '2.5.4.5', tag: TAG.printableString },
  countryName: { oid: '2.5.4.6', tag: TAG.printableString },
  localityName: { oid: '2.5.4.7', tag: TAG.utf8String },
  stateOrProvinceName: { oid: '2.5.4.8', tag: TAG.utf8String },
  organizationName: { oid: '2.5.4.10', tag: TAG.utf8String },
  organizationalUnitName: { oid: '2.5.4.11', tag: TAG.utf8String },
} as const;

export type NameAttribute = readonly [type: keyof typeof ATTRIBUTES, value: string];

/** A name of exactly these attributes in exactly this order, one to an RDN. */
export function distinguishedName(attributes: readonly NameAttribute[]): Name {
  return new Name(arrayBuffer(derName(attributes)));
}

/** The same, as DER. */
export function derName(attributes: readonly NameAttribute[]): Uint8Array {
  const rdns = attributes.map(([type, value]) => {
    const { oid, tag } = ATTRIBUTES[type];
    return der(TAG.set, derSequenceOf(derOid(oid), der(tag, utf8(value))));
  });
  return derSequenceOf(...rdns);
}

/** A copy in a buffer of its own: the library takes views for whole buffers in places. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
