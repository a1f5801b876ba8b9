import { fromHex, isHex } from '../core/bytes/hex.ts';
import { fromBase64 } from '../core/encoding/base64.ts';
import { fromPem } from '../core/encoding/pem.ts';
import { Fault, malformed } from '../core/fault.ts';
import { anchorFromCertificate, type TrustAnchor } from '../core/x509/anchors.ts';
import { type Io, usage } from './io.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { type Args, asOption, type Options } from './verb.ts';

/** Anything longer is text only by accident, and costly to look at. */
const LONGEST_TEXT = 4 * 1024 * 1024;

/** Bytes of evidence, however they were written down: binary, or one run of hex or base64. */
export function decodeEvidence(file: Uint8Array): Uint8Array {
  const text = asciiText(file)?.replace(/\s+/g, '');
  if (text === undefined || text === '') return file;
  const digits = text.replace(/^0[xX]/, '');
  if (isHex(digits)) return fromHex(digits, 'evidence');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) {
    return fromBase64(text, 'evidence');
  }
  return file;
}

/** The file as text when every byte is printable ASCII or white space. */
export function asciiText(file: Uint8Array): string | undefined {
  if (file.length > LONGEST_TEXT) return undefined;
  for (const byte of file) {
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte > 0x7e) {
      return undefined;
    }
  }
  return new TextDecoder('latin1').decode(file);
}

/** The roots named on the command line in place of the vendor's. */
export async function readAnchors(
  io: Io,
  args: Args,
  vendor: readonly TrustAnchor[],
  option = 'trust-anchor',
): Promise<readonly TrustAnchor[]> {
  const paths = args.many(option);
  if (paths.length === 0) return vendor;
  return Promise.all(
    paths.map(async (path) => {
      const file = await io.readFile(path);
      try {
        return readAnchor(path, file);
      } catch (error) {
        if (!(error instanceof Fault) || error.code === 'internal') throw error;
        // A root that can't be read says nothing about the evidence: no verdict, not even "reject".
        throw usage(`--${option} ${path}: want one certificate, DER or PEM (${error.detail})`);
      }
    }),
  );
}

export function readAnchor(path: string, file: Uint8Array): TrustAnchor {
  const text = asciiText(file);
  const [der, ...more] = text === undefined ? [file] : fromPem(text, 'CERTIFICATE', path);
  if (der === undefined || more.length > 0) {
    throw malformed(path, der === undefined ? 'there is none in it' : 'there are several in it');
  }
  return anchorFromCertificate(der, path);
}

export const REPORT_DATA_OPTION: Options = {
  'report-data': {
    value: '<hex>',
    help: 'what the report data must hold, up to 64 bytes; zeros are expected behind fewer',
  },
};

/**
 * An option's value as 1 to `most` bytes of hex.
 *
 * @throws Fault `usage` for anything else: an empty value would ask for nothing.
 */
export function readBytes(args: Args, name: string, most: number): Uint8Array | undefined {
  const hex = args.one(name);
  if (hex === undefined) return undefined;
  if (!isHex(hex) || hex === '' || hex.length > 2 * most) {
    throw usage(`--${name}: want 1 to ${most} bytes of hex`);
  }
  return fromHex(hex, name);
}

/**
 * An option's value as `length` bytes of hex, no more and no fewer.
 *
 * @throws Fault `usage` for anything else.
 */
export function readExactly(args: Args, name: string, length: number): Uint8Array | undefined {
  const hex = args.one(name);
  if (hex === undefined) return undefined;
  if (!isHex(hex)) throw usage(`--${name}: want exactly ${length} bytes of hex`);
  const bytes = fromHex(hex, name);
  if (bytes.length === length) return bytes;
  throw usage(`--${name}: want exactly ${length} bytes of hex, got ${bytes.length}`);
}

const AT_HELP = 'verify at this time (RFC 3339) instead of now';

/** `--at` as one instant for everything. */
export const AT_OPTION: Options = { at: { value: '<time>', help: AT_HELP } };

/** `--at` as one instant, or as one for each kind of endorsement. */
export function atOption(kinds: readonly string[]): Options {
  const help = `${AT_HELP}; with a kind (${kinds.join(', ')}) only that kind of endorsement`;
  return { at: { value: '<time>|<kind>=<time>', multiple: true, help } };
}

/**
 * @returns the instant for everything, and those for single kinds, in milliseconds.
 * @throws Fault `usage` for a time that is none, or a kind that the verb does not know.
 */
export function readAt<Kind extends string>(
  io: Io,
  args: Args,
  kinds: readonly Kind[],
): { readonly all: number; readonly kinds: Partial<Record<Kind, number>> } {
  let all: number | undefined;
  const single: Partial<Record<Kind, number>> = {};
  for (const text of args.many('at')) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? undefined : text.slice(0, equals);
    const kind = kinds.find((known) => known === name);
    if (name !== undefined && kind === undefined) {
      const known = kinds.length === 0 ? 'a time alone' : kinds.join(', ');
      throw usage(`--at: unknown kind ${JSON.stringify(name)}, want ${known}`);
    }
    const ms = asOption('at', () => parseRfc3339(text.slice(equals + 1)));
    if (kind === undefined) {
      if (all !== undefined) throw usage('--at: two times for everything');
      all = ms;
    } else {
      if (single[kind] !== undefined) throw usage(`--at: two times for ${kind}`);
      single[kind] = ms;
    }
  }
  return { all: all ?? io.now(), kinds: single };
}

/** A whole number that an option asks for. */
export function readWholeNumber(args: Args, name: string): number | undefined {
  const text = args.one(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw usage(`--${name}: want a whole number, got ${JSON.stringify(text)}`);
  return Number(text);
}
