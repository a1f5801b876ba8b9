import { DerReader, derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  authorityKeyIdentifier: '2.5.29.35',
  crlDistributionPoints: '2.5.29.31',
  extendedKeyUsage: '2.5.29.37',
} as const;

export interface Extension {
  readonly critical: boolean;
  /** The content of the extnValue OCTET STRING. */
  readonly value: Uint8Array;
}

export type Extensions = ReadonlyMap<string, Extension>;

/**
 * Extensions ::= SEQUENCE OF Extension (RFC 5280 section 4.1). An OID may stand once only,
 * and a critical extension must be one that the caller knows how to honour.
 */
export function parseExtensions(
  reader: DerReader,
  known: ReadonlySet<string>,
  path: string,
): Extensions {
  const extensions = new Map<string, Extension>();
  const list = reader.sequence('extensions');
  if (list.done) throw malformed(path, 'empty list of extensions');
  while (!list.done) {
    const item = list.sequence('extension');
    const oid = item.oid('extnID');
    const critical = item.peek() === TAG.boolean && item.boolean('critical');
    const value = item.octetString('extnValue');
    item.end();
    if (extensions.has(oid)) throw malformed(path, `extension ${oid} twice`);
    if (critical && !known.has(oid)) throw malformed(path, `unknown critical extension ${oid}`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

export function parseBasicConstraints(value: Uint8Array, path: string): BasicConstraints {
  const sequence = derSequence(value, path);
  const ca = sequence.peek() === TAG.boolean && sequence.boolean('cA');
  const pathLength = sequence.done ? undefined : sequence.smallInteger('pathLenConstraint');
  sequence.end();
  return { ca, pathLength };
}

export interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly cRLSign: boolean;
}

/** KeyUsage bits 0, 5 and 6 (RFC 5280 section 4.2.1.3). */
export function parseKeyUsage(value: Uint8Array, path: string): KeyUsage {
  const reader = new DerReader(value, path);
  const first = reader.bitString('keyUsage').bytes[0] ?? 0;
  reader.end();
  return {
    digitalSignature: (first & 0x80) !== 0,
    keyCertSign: (first & 0x04) !== 0,
    cRLSign: (first & 0x02) !== 0,
  };
}

export function parseSubjectKeyIdentifier(value: Uint8Array, path: string): Uint8Array {
  const reader = new DerReader(value, path);
  const id = reader.octetString('keyIdentifier');
  reader.end();
  return id;
}

/** The keyIdentifier of an AuthorityKeyIdentifier, if it has one (RFC 5280 section 4.2.1.1). */
export function parseAuthorityKeyIdentifier(
  value: Uint8Array,
  path: string,
): Uint8Array | undefined {
  const sequence = derSequence(value, path);
  const id = sequence.peek() === 0x80 ? sequence.element('keyIdentifier').content : undefined;
  if (sequence.peek() === 0xa1) sequence.element('authorityCertIssuer');
  if (sequence.peek() === 0x82) sequence.element('authorityCertSerialNumber');
  sequence.end();
  return id;
}

/** ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER (RFC 5280 section 4.2.1.12). */
export function parseExtendedKeyUsage(value: Uint8Array, path: string): readonly string[] {
  const sequence = derSequence(value, path);
  const purposes: string[] = [];
  do purposes.push(sequence.oid('keyPurposeId'));
  while (!sequence.done);
  return purposes;
}

/** CRLNumber ::= INTEGER, as its content (RFC 5280 section 5.2.3). */
export function parseCrlNumber(value: Uint8Array, path: string): Uint8Array {
  const reader = new DerReader(value, path);
  const number = reader.integer('cRLNumber');
  reader.end();
  return number;
}
