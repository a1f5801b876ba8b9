import './reflect-metadata.ts';
import { Name } from '@peculiar/x509';
import { utf8 } from '../core/bytes/text.ts';
import { TAG } from '../core/encoding/der.ts';
import { der, derOid, derSequenceOf } from './der-writer.ts';

/** Attribute types of X.520 with the string type that the vendors write each in. */
const ATTRIBUTES = {
  commonName: { oid: '2.5.4.3', tag: TAG.utf8String },
  countryName: { oid: '2.5.4.6', tag: TAG.printableString },
  localityName: { oid: '2.5.4.7', tag: TAG.utf8String },
  stateOrProvinceName: { oid: '2.5.4.8', tag: TAG.utf8String },
  organizationName: { oid: '2.5.4.10', tag: TAG.utf8String },
  organizationalUnitName: { oid: '2.5.4.11', tag: TAG.utf8String },
} as const;

/** A name of exactly these attributes in exactly this order, one to an RDN. */
export function distinguishedName(
  attributes: readonly (readonly [keyof typeof ATTRIBUTES, string])[],
): Name {
  const rdns = attributes.map(([type, value]) => {
    const { oid, tag } = ATTRIBUTES[type];
    return der(TAG.set, derSequenceOf(derOid(oid), der(tag, utf8(value))));
  });
  return new Name(arrayBuffer(derSequenceOf(...rdns)));
}

/** A copy in a buffer of its own: the library takes views for whole buffers in places. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
