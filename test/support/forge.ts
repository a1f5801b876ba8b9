import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import { hex } from './hex.ts';

/** One DER element with a right and minimal length around whatever content the test wants. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  const digits: number[] = [];
  for (let left = body.length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  const header = body.length < 0x80 ? [tag, body.length] : [tag, 0x80 | digits.length, ...digits];
  return concatBytes(Uint8Array.from(header), body);
}

/** The element at a path of child numbers, header included. Octet strings are opened too. */
export function elementAt(der: Uint8Array, path: readonly number[]): Uint8Array {
  return path.reduce((element, index) => {
    const child = childrenOf(element)[index];
    if (child === undefined) throw new RangeError(`no element ${path.join('.')}`);
    return child;
  }, der);
}

/**
 * Exchanges the element at a path and mends the lengths of everything around it, so that
 * only the intended damage is there. An empty answer removes the element.
 */
export function forge(der: Uint8Array, path: readonly number[], change: Change): Uint8Array {
  const [index, ...rest] = path;
  if (index === undefined) return change(der);
  const children = childrenOf(der);
  const child = children[index];
  if (child === undefined) throw new RangeError(`no element ${path.join('.')}`);
  return tlv(der[0] ?? 0, ...children.with(index, forge(child, rest, change)));
}

function childrenOf(element: Uint8Array): Uint8Array[] {
  const children: Uint8Array[] = [];
  const end = element.length;
  for (let at = headerLength(element); at < end; ) {
    const child = element.subarray(at, at + wholeLength(element.subarray(at)));
    children.push(child);
    at += child.length;
  }
  return children;
}

/** Of well-formed DER only: what is taken apart here was made by us. */
function headerLength(element: Uint8Array): number {
  const first = element[1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function wholeLength(element: Uint8Array): number {
  const header = headerLength(element);
  if (header === 2) return 2 + (element[1] ?? 0);
  return element.subarray(2, header).reduce((value, byte) => value * 256 + byte, 0) + header;
}

export const ECDSA_WITH_SHA256 = hex('300a06082a8648ce3d040302');

/** AlgorithmIdentifier of ecdsa-with-SHA384: right in itself, and not what the signer used. */
export const ECDSA_WITH_SHA384 = hex('300a06082a8648ce3d040303');

/**
 * AlgorithmIdentifier of RSASSA-PSS with SHA-384 and a salt of 48 bytes, in the form that AMD
 * writes now.
 */
export const PSS_SHA384 = hex(
  '3041 06092a864886f70d01010a' +
    '3034 a00f 300d 0609608648016503040202 0500' +
    'a11c 301a 06092a864886f70d010108 300d 0609608648016503040202 0500' +
    'a203 020130',
);

/** The same with the default trailer field spelled out, as AMD wrote until about 2025. */
export const PSS_SHA384_TRAILER = forge(PSS_SHA384, [1], (parameters) =>
  tlv(TAG.sequence, ...childrenOf(parameters), hex('a303 020101')),
);

/** Another AlgorithmIdentifier in both places of a certificate or CRL; the signature stays. */
export function withAlgorithm(der: Uint8Array, algorithm: Uint8Array): Uint8Array {
  const inner = elementAt(der, [0, 0])[0] === 0xa0 ? 2 : 1; // a CRL has no serial number
  return forge(
    forge(der, [0, inner], () => algorithm),
    [1],
    () => algorithm,
  );
}

/** A time in the place of another, UTCTime unless the tag says otherwise. */
export function time(text: string, tag: number = TAG.utcTime): Change {
  return () => tlv(tag, utf8(text));
}

/** What {@link forge} does to an element. */
export type Change = (element: Uint8Array) => Uint8Array;

export const remove: Change = () => new Uint8Array();

export const twice: Change = (element) => concatBytes(element, element);

export function followedBy(bytes: string): Change {
  return (element) => concatBytes(element, hex(bytes));
}

export function precededBy(bytes: string): Change {
  return (element) => concatBytes(hex(bytes), element);
}
