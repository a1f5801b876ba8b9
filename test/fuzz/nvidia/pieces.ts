import { elementAt } from '../../support/forge.ts';
import { dersOf, hexOf } from '../snp/pieces.ts';
import { bigEndian, numberOf, SIGNATURE_SIZE, withoutSign } from './p384.ts';

/*
 * Names of pieces, by which genuine ones are known again, made without the code under test: two
 * pieces have one name if they say the same and are signed the same. Whatever can't be taken
 * apart has a name that nothing genuine has.
 */

export { dersOf, hexOf };

/** Everything under the signature, and the signature of either sign. */
export function reportName(report: Uint8Array): string {
  const end = Math.max(0, report.length - SIGNATURE_SIZE);
  return `${hexOf(report.subarray(0, end))} ${withoutSign(report.subarray(end))}`;
}

/** Of each certificate in a chain what is signed, and how; undefined where they are not all PEM. */
export function chainNames(chain: Uint8Array): readonly string[] | undefined {
  const text = chain[0] === 0x30 ? undefined : dersOf(withoutEnd(chain), 'CERTIFICATE');
  return text?.map(signedName);
}

/** One NUL behind a text is a C string's end. */
function withoutEnd(text: Uint8Array): Uint8Array {
  return text.at(-1) === 0 ? text.subarray(0, -1) : text;
}

/** tbsCertificate or tbsResponseData, the algorithm, the signature; and nothing around them. */
function signedName(der: Uint8Array): string {
  return guarded(der, () => {
    const rest = Buffer.from(der).length - sizeOf(der);
    return [
      hexOf(elementAt(der, [0])),
      hexOf(elementAt(der, [1])),
      ecdsaName(der, [2]),
      rest,
    ].join();
  });
}

/** Header and content, as the header says; the first element's alone. */
function sizeOf(der: Uint8Array): number {
  return der.length === 0
    ? 0
    : elementAt(Buffer.concat([WRAP, lengthOf(der.length), der]), [0]).length;
}

const WRAP = Buffer.of(0x30);

function lengthOf(length: number): Buffer {
  return Buffer.of(0x84, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
}

/** ECDSA-Sig-Value in a BIT STRING. */
function ecdsaName(der: Uint8Array, path: readonly number[]): string {
  const bits = elementAt(der, path);
  const content = bits.subarray(bits.length - (bits[1] ?? 0) + 1);
  const [r, s] = [0, 1].map((i) => numberOf(elementAt(content, [i]).subarray(2)));
  if (r === undefined || s === undefined || r >> 384n || s >> 384n) return hexOf(bits);
  return withoutSign(Uint8Array.from([...bigEndian(r), ...bigEndian(s)]));
}

/** What the responder signed, and by which certificates. */
export function responseName(der: Uint8Array): string {
  return guarded(der, () => {
    const basic = elementAt(der, [1, 0, 1, 0]);
    const parts = [0, 1, 3].map((i) => hexOf(elementAt(basic, [i])));
    return [...parts, ecdsaName(basic, [2])].join();
  });
}

/** The serial number that the first answer in a response is about, hex; undefined where there is none. */
export function answeredSerial(der: Uint8Array): string | undefined {
  const serial = guarded(der, () => hexOf(elementAt(der, [1, 0, 1, 0, 0, 2, 0, 0, 3])));
  return serial.startsWith('02') ? serial : undefined;
}

/**
 * Which certificate that is, by name and key of its issuer as well: hex of the CertID; undefined
 * where there is none.
 */
export function answeredCertId(der: Uint8Array): string | undefined {
  const id = guarded(der, () => hexOf(elementAt(der, [1, 0, 1, 0, 0, 2, 0, 0])));
  return id.startsWith('30') ? id : undefined;
}

function guarded(bytes: Uint8Array, name: () => string): string {
  try {
    return name();
  } catch (error) {
    if (error instanceof RangeError) return `damaged ${hexOf(bytes)}`;
    throw error;
  }
}

/**
 * A manifest by what its tags say: order and quotes of attributes, space inside of tags, the two
 * ways to write an empty element and characters by number are no part of what is signed, nor
 * is space in base64 and around SignedInfo, nor where in its root the signature stands.
 */
export function rimName(xml: Uint8Array): string {
  const text = Buffer.from(xml)
    .toString('utf8')
    .replaceAll('\r\n', '\n')
    .replace(/^<\?xml[^>]*\?>/, '')
    .trim();
  const signature = SIGNATURE.exec(text)?.[0] ?? '';
  const info = SIGNED_INFO.exec(signature)?.[0] ?? '';
  const around = withoutStyle(signature.replace(info, '')).replaceAll(/(?<=>)\s+(?=<)/g, '');
  return [withoutStyle(text.replace(signature, '')), withoutStyle(info), around].join('');
}

const SIGNATURE = /<ds:Signature[\s>].*<\/ds:Signature>/s;
const SIGNED_INFO = /<ds:SignedInfo[\s>].*<\/ds:SignedInfo>/s;

function withoutStyle(xml: string): string {
  return xml.replaceAll(/<([^\s/>]+)((?:[^>"']|"[^"]*"|'[^']*')*?)\s*(\/?)>|([^<]+)/g, named);
}

function named(found: string, tag = '', attributes = '', empty = '', content?: string): string {
  if (content !== undefined) return /^[\sA-Za-z0-9+/=]*$/.test(content) ? squeezed(content) : found;
  if (tag === '' || tag.startsWith('!') || tag.startsWith('?')) return found;
  const pairs = [...attributes.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
  const rest = attributes.replaceAll(/([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')/g, '').trim();
  const sorted = pairs
    .map(([, name, one, two]) => `${name}=${characters(one ?? two ?? '')}`)
    .sort();
  return `<${tag} ${sorted.join(' ')}${rest}>${empty ? `</${tag}>` : ''}`;
}

/** Space between tags counts, that between digits of base64 does not. */
function squeezed(text: string): string {
  return text.trim() === '' ? text : text.replaceAll(/\s/g, '');
}

function characters(text: string): string {
  return text.replaceAll(/&#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));/g, (found, hex, decimal) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : found;
  });
}
