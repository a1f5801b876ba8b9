import { fromUtf8 } from '../../core/bytes/text.ts';
import { type JsonDocument, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import type { HttpAnswer } from '../http.ts';

interface SignedMember {
  /** The signed text exactly as it stands in the answer. */
  readonly text: string;
  /** 128 hex digits. */
  readonly signature: string;
}

/**
 * Takes `{"<name>":{…},"signature":"…"}` apart without writing JSON anew: the signature is
 * over the very characters that Intel sent.
 *
 * @throws Fault `malformed` at the URL, for anything but such an object.
 */
export function signedMember({ url, body }: HttpAnswer, name: string): SignedMember {
  const text = fromUtf8(body, url);
  const document = readJson(text, url);
  const shape = new JsonShape(document.value, url);
  shape.object(name);
  const span = document.members.get(name);
  if (span === undefined) throw malformed(`${url}.${name}`, 'want an object, got nothing');
  shape.hex('signature', 64);
  return { text: text.slice(span.start, span.end), signature: shape.string('signature') };
}

function readJson(text: string, url: string): JsonDocument {
  if (!text.trimStart().startsWith('{')) {
    // A proxy's log-in page, mostly; its first words help more than "want a value".
    throw malformed(url, `want a JSON object, got ${JSON.stringify(text.slice(0, 60))}`);
  }
  return parseJson(text, url);
}

/**
 * A certificate chain from a header, as URL-encoded PEM.
 *
 * @param names tried in order: header names differ between Intel's service and its caches.
 * @returns PEM text.
 * @throws Fault `malformed`.
 */
export function issuerChain({ url, headers }: HttpAnswer, names: readonly string[]): string {
  const name = names.find((candidate) => headers.has(candidate));
  const value = name === undefined ? null : headers.get(name);
  const at = `${url} header ${name ?? names[0]}`;
  if (value === null) throw malformed(at, 'missing');
  const pem = percentDecoded(value, at);
  if (fromPem(pem, 'CERTIFICATE', at).length === 0) throw malformed(at, 'no certificate');
  return pem;
}

function percentDecoded(text: string, at: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(at, 'not valid URL encoding');
  }
}
