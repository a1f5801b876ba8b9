import { fromBase64Url, toBase64Url } from '../../core/encoding/base64url.ts';
import { malformed } from '../../core/fault.ts';
import {
  COMPONENTS,
  LABEL,
  LONGEST_VALIDITY,
  type SignatureAlgorithm,
  type SignatureParameters,
  TAG,
} from './profile.ts';

const COVERED = `(${COMPONENTS.map((name) => `"${name}"`).join(' ')})`;

/** The parts in wire order, with what is wanted where another thing stands. */
const PARTS = {
  label: { pattern: /postern=/y, want: `${LABEL}=` },
  components: {
    pattern: /\("@method" "@authority" "@path" "@query" "content-digest"\)/y,
    want: COVERED,
  },
  // An integer of a structured field has up to 15 digits (RFC 8941 section 3.3.1).
  created: { pattern: /;created=([1-9][0-9]{0,14})(?=;)/y, want: ';created=<seconds>' },
  expires: { pattern: /;expires=([1-9][0-9]{0,14})(?=;)/y, want: ';expires=<seconds>' },
  nonce: {
    pattern: /;nonce="([A-Za-z0-9_-]{22,86})"/y,
    want: ';nonce="<16 to 64 bytes in base64url>"',
  },
  keyid: { pattern: /;keyid="([0-9a-f]{64})"/y, want: ';keyid="<32 bytes in lower-case hex>"' },
  alg: { pattern: /;alg="(ed25519|sr25519)"/y, want: ';alg="ed25519" or ;alg="sr25519"' },
  tag: { pattern: /;tag="postern"/y, want: `;tag="${TAG}"` },
} as const;

/** Value of `@signature-params` (RFC 9421 section 2.3): what is covered, and all that is said. */
export function signatureParams(parameters: SignatureParameters): string {
  const { created, expires, nonce, keyId, algorithm } = parameters;
  return (
    `${COVERED};created=${created};expires=${expires};nonce="${toBase64Url(nonce)}"` +
    `;keyid="${keyId}";alg="${algorithm}";tag="${TAG}"`
  );
}

export function writeSignatureInput(parameters: SignatureParameters): string {
  return `${LABEL}=${signatureParams(parameters)}`;
}

/**
 * Reads what {@link writeSignatureInput} writes, and nothing else.
 *
 * @param value attacker-controlled.
 * @throws Fault `malformed` at `signature-input.<part>`.
 */
export function parseSignatureInput(value: string): SignatureParameters {
  let at = 0;
  const read = (part: keyof typeof PARTS): string => {
    const { pattern, want } = PARTS[part];
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match === null) {
      const got = JSON.stringify(value.slice(at, at + 40));
      throw malformed(`signature-input.${part}`, `want ${want} at character ${at}, got ${got}`);
    }
    at = pattern.lastIndex;
    return match[1] ?? '';
  };
  read('label');
  read('components');
  const created = Number(read('created'));
  const expires = Number(read('expires'));
  const nonce = fromBase64Url(read('nonce'), 'signature-input.nonce');
  const keyId = read('keyid');
  const algorithm = read('alg') as SignatureAlgorithm;
  read('tag');
  if (at !== value.length) throw malformed('signature-input', `text behind the tag, from ${at} on`);
  wantSpan(created, expires);
  return { created, expires, nonce, keyId, algorithm };
}

function wantSpan(created: number, expires: number): void {
  if (expires <= created) throw malformed('signature-input.expires', 'is not after created');
  if (expires - created > LONGEST_VALIDITY) {
    const detail = `${expires - created} s after created, up to ${LONGEST_VALIDITY} s are allowed`;
    throw malformed('signature-input.expires', detail);
  }
}
