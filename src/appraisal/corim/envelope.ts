import { toHex } from '../../core/bytes/hex.ts';
import { decodeCbor } from '../../core/encoding/cbor.ts';
import {
  bytesOf,
  CborEntries,
  type CborEntry,
  countOf,
  isTagged,
  someItemsOf,
  taggedWith,
  textOf,
  wrong,
} from '../../core/encoding/cbor-shape.ts';
import type { CborMap, CborValue } from '../../core/encoding/cbor-value.ts';
import type { CoseKey } from '../../core/encoding/cose-key.ts';
import {
  COSE_SIGN1_TAG,
  type CoseSign1,
  readCoseSign1,
  verifyCoseSign1,
} from '../../core/encoding/cose-sign1.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Omission } from './omission.ts';
import { type Period, readPeriod } from './validity.ts';

export type CorimSignature =
  | { readonly state: 'unsigned' }
  | {
      /** `not verified`: no key was given. */
      readonly state: 'not verified' | 'verified';
      readonly algorithm: string;
      /** Lower-case hex. */
      readonly keyId?: string;
      /** As the protected header says. */
      readonly signer?: string;
    };

export interface CorimEnvelope {
  /** The very value whose bytes were verified. */
  readonly content: CborValue;
  readonly signature: CorimSignature;
  readonly periods: readonly Period[];
}

/** Wrappers of draft-ietf-rats-corim-00 to -05: #6.500(corim) and #6.502(signed-corim). */
const WRAPPERS = [500, 502];

/** `application/corim-unsigned+cbor` is what drafts before 05 call it. */
const CONTENT_TYPE = /^application\/(rim|corim-unsigned)\+cbor(;.*)?$/;

/** corim-meta and CWT claims (RFC 9597) in the protected header. */
const META = 8;
const CWT_CLAIMS = 15;
/** Of a payload that is a hash of the CoRIM (draft-ietf-cose-hash-envelope). */
const PAYLOAD_HASH_ALG = 258;

/**
 * Opens a CoRIM, signed (COSE_Sign1) or not, and verifies the signature when a key is given.
 *
 * @throws Fault `malformed`, also when a key is given and the signature is not its own, or there is
 *   none; `unsupported` for a payload that is not in the file.
 */
export function openCorim(
  bytes: Uint8Array,
  key: CoseKey | undefined,
  omissions: Omission[],
): CorimEnvelope {
  const value = unwrapped(decodeCbor(bytes, 'corim'));
  if (!isTagged({ at: 'corim', value }, COSE_SIGN1_TAG)) {
    if (key !== undefined) throw malformed('corim.signature', 'is missing, and a key was given');
    return { content: value, signature: { state: 'unsigned' }, periods: [] };
  }
  const message = readCoseSign1(value, 'corim.signature');
  const payload = payloadOf(message);
  if (key !== undefined && !verifyCoseSign1(message, key)) {
    throw malformed('corim.signature', `${message.algorithm} does not verify under the key given`);
  }
  const { signer, periods } = readSigner(message.protectedHeader, omissions);
  return {
    content: unwrapped(decodeCbor(payload, 'corim')),
    signature: {
      state: key === undefined ? 'not verified' : 'verified',
      algorithm: message.algorithm,
      ...(message.keyId && { keyId: toHex(message.keyId) }),
      ...(signer !== undefined && { signer }),
    },
    periods,
  };
}

function unwrapped(value: CborValue): CborValue {
  const at = 'corim';
  const wrapper = WRAPPERS.find((tag) => isTagged({ at, value }, tag));
  return wrapper === undefined ? value : unwrapped(taggedWith(wrapper, { at, value }).value);
}

function payloadOf({ contentType, payload, protectedHeader }: CoseSign1): Uint8Array {
  // A key that signs CoRIMs may sign other things too: what it says must be meant as one.
  if (typeof contentType !== 'string' || !CONTENT_TYPE.test(contentType)) {
    throw wrong('corim.signature.content-type', 'application/rim+cbor', contentType);
  }
  if (payload === undefined || protectedHeader.has(PAYLOAD_HASH_ALG)) {
    throw new Fault('unsupported', 'corim.signature.payload', 'want the CoRIM inside of the file');
  }
  return payload;
}

function signerName({ at, value }: Pick<CborEntry, 'at' | 'value'>): string {
  return textOf(new CborEntries(value, at, { 'signer-name': 0 }).need(0));
}

function readSigner(header: CborMap, omissions: Omission[]) {
  const at = 'corim.signature';
  const entries = new CborEntries(header, at, { 'corim-meta': META, 'CWT-claims': CWT_CLAIMS });
  const meta = entries.get(META);
  const claims = entries.get(CWT_CLAIMS);
  const periods: Period[] = [];
  let signer: string | undefined;
  if (meta !== undefined) {
    const map = new CborEntries(decodeCbor(bytesOf(meta), meta.at), meta.at, {
      signer: 0,
      'signature-validity': 1,
    });
    const validity = map.get(1);
    const entry = map.need(0);
    // One signer; Intel writes a list of them.
    const signers = Array.isArray(entry.value) ? someItemsOf(entry) : [entry];
    signer = signers.map(signerName).join(', ');
    if (validity !== undefined) periods.push(readPeriod(validity, omissions));
  }
  if (claims !== undefined) {
    const map = new CborEntries(claims.value, claims.at, { iss: 1, exp: 4, nbf: 5 });
    const [issuer, exp, nbf] = [map.get(1), map.get(4), map.get(5)];
    signer ??= issuer === undefined ? undefined : textOf(issuer);
    // NumericDate: `time` without its tag (RFC 8392 section 2).
    periods.push({
      ...(nbf && { notBefore: countOf(nbf) * 1000 }),
      ...(exp && { notAfter: countOf(exp) * 1000 }),
    });
  }
  return { signer, periods };
}
