import { fromUtf8, utf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import { malformed } from '../fault.ts';
import { fromAnyBase64 } from './any-base64.ts';
import { toBase64 } from './base64.ts';
import { parseJson } from './json.ts';
import { JsonShape } from './json-shape.ts';

/** Bytes with a name for their kind, and signatures over both (secure-systems-lab/dsse 1.0.2). */
export interface Envelope {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signatures: readonly EnvelopeSignature[];
}

export interface EnvelopeSignature {
  /** What the envelope says of the key. Nobody signed it: it may save time, and decides nothing. */
  readonly keyId: string | undefined;
  readonly signature: Uint8Array;
}

/** In bytes, before base64. */
const MOST_PAYLOAD = 10 * 1024 * 1024;
const MOST_SIGNATURES = 64;
/** Of Ed25519 and ECDSA P-256 in DER none has more than 72 bytes; other kinds may, up to RSA-8192. */
const MOST_SIGNATURE = 1024;
const LONGEST_NAME = 1024;
/** Base64 of the payload, and the signatures with room for whatever else others write there. */
const MOST_ENVELOPE = Math.ceil(MOST_PAYLOAD / 3) * 4 + 1024 * 1024;

/**
 * The JSON form. Unknown members are passed over, as the format demands: nothing outside of
 * payload and type is ever signed, so that nothing outside of them can mean anything either.
 * A member that is there twice is refused. No signature at all is well-formed, and signed by nobody.
 *
 * @throws Fault `malformed` at `path…`; also above 10 MiB of payload or 64 signatures.
 */
export function parseEnvelope(bytes: Uint8Array, path: string): Envelope {
  if (bytes.length > MOST_ENVELOPE) throw malformed(path, `larger than ${MOST_ENVELOPE} bytes`);
  const shape = new JsonShape(parseJson(fromUtf8(bytes, path), path).value, path);
  const payloadType = nameMember(shape, 'payloadType');
  if (payloadType === '') throw malformed(`${path}.payloadType`, 'want a type, got none');
  const payload = bytesMember(shape, 'payload', MOST_PAYLOAD);
  const signatures = shape.objects('signatures');
  if (signatures.length > MOST_SIGNATURES) {
    const got = signatures.length;
    throw malformed(`${path}.signatures`, `want at most ${MOST_SIGNATURES}, got ${got}`);
  }
  return {
    payload,
    payloadType,
    signatures: signatures.map((one) => ({
      keyId: one.has('keyid') ? nameMember(one, 'keyid') : undefined,
      signature: bytesMember(one, 'sig', MOST_SIGNATURE),
    })),
  };
}

/** The JSON form again: standard base64, and only what {@link Envelope} holds. */
export function writeEnvelope({ payload, payloadType, signatures }: Envelope): string {
  const json = {
    payload: toBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyId, signature }) => ({
      ...(keyId !== undefined && { keyid: keyId }),
      sig: toBase64(signature),
    })),
  };
  return `${JSON.stringify(json, undefined, 1)}\n`;
}

/**
 * What is signed, PAE(type, body): `DSSEv1 <length> <type> <length> <body>`, lengths in bytes.
 * The lengths keep a piece of one from being taken for a piece of the other.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  const head = concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `));
  return concatBytes(head, payload);
}

/** Text that UTF-8 can hold: with a lone surrogate two types would be signed as the same bytes. */
function nameMember(shape: JsonShape, name: string): string {
  const text = shape.string(name);
  const at = `${shape.path}.${name}`;
  if (!text.isWellFormed()) throw malformed(at, 'string with a lone surrogate');
  if (text.length > LONGEST_NAME) throw malformed(at, `longer than ${LONGEST_NAME} characters`);
  return text;
}

function bytesMember(shape: JsonShape, name: string, most: number): Uint8Array {
  const [text, at] = [shape.string(name), `${shape.path}.${name}`];
  // Before it is decoded: the sender chooses the length.
  if (text.length > 4 * Math.ceil(most / 3)) throw malformed(at, `larger than ${most} bytes`);
  const bytes = fromAnyBase64(text, at);
  if (bytes.length > most) throw malformed(at, `larger than ${most} bytes`);
  return bytes;
}
