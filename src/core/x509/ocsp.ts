import { toHex } from '../bytes/hex.ts';
import { DerReader, derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';
import { type Certificate, parseCertificate, parseTime } from './certificate.ts';
import { EXTENSION, type Extensions, parseExtensions } from './extensions.ts';
import { type DistinguishedName, parseName } from './name.ts';
import { readSigned, type Signed } from './signed.ts';
import type { Validity } from './validity.ts';

/** OCSPResponseStatus (RFC 6960 section 4.2.1). Only a successful response is signed. */
const STATUSES = {
  0: 'successful',
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
} as const;

export type OcspFailure = Exclude<(typeof STATUSES)[keyof typeof STATUSES], 'successful'>;

/** By what a response says which certificate it is about. */
export interface OcspCertId {
  /** A name that we compute, or the object identifier of another. */
  readonly hashAlgorithm: 'sha256' | 'sha384' | 'sha512' | string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Lower-case hex of the INTEGER content, as certificates have it. */
  readonly serial: string;
}

/** CRLReason (RFC 5280 section 5.3.1). */
const REASONS: ReadonlyMap<number, string> = new Map([
  [0, 'unspecified'],
  [1, 'keyCompromise'],
  [2, 'cACompromise'],
  [3, 'affiliationChanged'],
  [4, 'superseded'],
  [5, 'cessationOfOperation'],
  [6, 'certificateHold'],
  [8, 'removeFromCRL'],
  [9, 'privilegeWithdrawn'],
  [10, 'aACompromise'],
]);

export interface OcspSingleResponse {
  readonly certId: OcspCertId;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Milliseconds since the epoch; of a revoked certificate only. */
  readonly revokedAt?: number;
  readonly reason?: string;
  /** thisUpdate to nextUpdate; a response without nextUpdate, which is good for ever, is refused. */
  readonly validity: Validity;
}

/** BasicOCSPResponse (RFC 6960 section 4.2.1). */
export interface OcspResponse extends Signed {
  readonly responder:
    | { readonly byName: DistinguishedName }
    /** SHA-1 of the responder's key, which is what its subject key identifier is made of. */
    | { readonly byKey: Uint8Array };
  readonly producedAt: number;
  readonly responses: readonly OcspSingleResponse[];
  readonly nonce: Uint8Array | undefined;
  readonly certificates: readonly Certificate[];
}

export type ParsedOcspResponse =
  | { readonly status: 'successful'; readonly response: OcspResponse }
  | { readonly status: OcspFailure };

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
const SHA1 = '1.3.14.3.2.26';
const HASHES: ReadonlyMap<string, string> = new Map([
  [SHA1, 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** Real ones are 1 KB, with one answer and one certificate. */
const LARGEST = 64 * 1024;
const MOST_RESPONSES = 64;
const MOST_CERTIFICATES = 4;
/** RFC 9654 section 2.1. */
const LONGEST_NONCE = 128;

const KNOWN_CRITICAL: ReadonlySet<string> = new Set([NONCE]);
const NONE_CRITICAL: ReadonlySet<string> = new Set();

/** @throws Fault `malformed` naming the field below `path`. */
export function parseOcspResponse(bytes: Uint8Array, path: string): ParsedOcspResponse {
  if (bytes.length > LARGEST) throw malformed(path, `${bytes.length} bytes`);
  const outer = derSequence(bytes, path);
  const code = outer.enumerated('responseStatus');
  const status = STATUSES[code as keyof typeof STATUSES];
  if (status === undefined) throw malformed(`${path}.responseStatus`, `${code} is none`);
  if (status !== 'successful') {
    outer.end();
    return { status };
  }
  const wrapper = outer.inside(0xa0, 'responseBytes');
  outer.end();
  const body = wrapper.sequence('responseBytes');
  wrapper.end();
  const type = body.oid('responseType');
  if (type !== BASIC_RESPONSE) throw malformed(`${path}.responseType`, `want basic, got ${type}`);
  const response = body.octetString('response');
  body.end();
  return { status, response: parseBasic(response, path) };
}

function parseBasic(der: Uint8Array, path: string): OcspResponse {
  const outer = derSequence(der, path);
  const signed = readSigned(outer, path);
  const certificates = outer.done ? [] : parseCertificates(outer, path);
  outer.end();
  const data = derSequence(signed.tbs, `${path}.tbsResponseData`);
  // Version 1 is the default, which DER leaves out; there is no other.
  if (data.peek() === 0xa0) throw malformed(`${path}.version`, 'want version 1, left out');
  const responder = parseResponder(data, path);
  const producedAt = parseTime(data, `${path}.producedAt`);
  const responses = parseResponses(data, path);
  const extensions = parseOptionalExtensions(data, KNOWN_CRITICAL, `${path}.responseExtensions`);
  data.end();
  const nonce = extensions?.get(NONCE)?.value;
  return {
    ...signed,
    responder,
    producedAt,
    responses,
    nonce: nonce && parseNonce(nonce, `${path}.nonce`),
    certificates,
  };
}

/** What signs responses is marked for that by an extended key usage, often a critical one. */
function parseCertificates(outer: DerReader, path: string): readonly Certificate[] {
  const wrapper = outer.inside(0xa0, 'certs');
  const list = wrapper.sequence('certs');
  wrapper.end();
  const certificates: Certificate[] = [];
  while (!list.done) {
    const at = `${path}.certs[${certificates.length}]`;
    if (certificates.length === MOST_CERTIFICATES) throw malformed(at, 'too many certificates');
    const { raw } = list.expect(TAG.sequence, 'certificate');
    certificates.push(parseCertificate(raw, at, [EXTENSION.extendedKeyUsage]));
  }
  return certificates;
}

function parseResponder(data: DerReader, path: string): OcspResponse['responder'] {
  if (data.peek() === 0xa1) {
    const byName = data.inside(0xa1, 'responderID');
    const { raw } = byName.expect(TAG.sequence, 'byName');
    byName.end();
    return { byName: parseName(raw, `${path}.responderID`) };
  }
  const byKey = data.inside(0xa2, 'responderID');
  const key = byKey.octetString('byKey');
  byKey.end();
  return { byKey: key };
}

function parseResponses(data: DerReader, path: string): readonly OcspSingleResponse[] {
  const list = data.sequence('responses');
  const responses: OcspSingleResponse[] = [];
  const seen = new Set<string>();
  while (!list.done) {
    const at = `${path}.responses[${responses.length}]`;
    if (responses.length === MOST_RESPONSES) throw malformed(at, 'too many responses');
    const single = parseSingle(list.sequence('singleResponse'), at);
    const { hashAlgorithm, issuerNameHash, issuerKeyHash, serial } = single.certId;
    const id = [hashAlgorithm, toHex(issuerNameHash), toHex(issuerKeyHash), serial].join();
    // Of two answers about one certificate, which would count?
    if (seen.has(id)) throw malformed(at, `serial ${serial} twice`);
    seen.add(id);
    responses.push(single);
  }
  if (responses.length === 0) throw malformed(`${path}.responses`, 'there is none');
  return responses;
}

function parseSingle(reader: DerReader, path: string): OcspSingleResponse {
  const certId = parseCertId(reader.sequence('certID'), path);
  const status = parseStatus(reader, path);
  const from = parseTime(reader, `${path}.thisUpdate`);
  if (reader.peek() !== 0xa0) throw malformed(`${path}.nextUpdate`, 'is missing');
  const next = reader.inside(0xa0, 'nextUpdate');
  const to = parseTime(next, `${path}.nextUpdate`);
  next.end();
  parseOptionalExtensions(reader, NONE_CRITICAL, `${path}.singleExtensions`);
  reader.end();
  return { certId, ...status, validity: { from, to } };
}

function parseCertId(reader: DerReader, path: string): OcspCertId {
  const algorithm = reader.sequence('hashAlgorithm');
  const oid = algorithm.oid('algorithm');
  // NULL parameters or none: both are in use (RFC 5754 section 2).
  if (algorithm.peek() === TAG.null) algorithm.element('parameters');
  algorithm.end();
  const issuerNameHash = reader.octetString('issuerNameHash');
  const issuerKeyHash = reader.octetString('issuerKeyHash');
  const serial = toHex(reader.integer('serialNumber'));
  reader.end();
  const hashAlgorithm = HASHES.get(oid) ?? oid;
  if (serial === '') throw malformed(`${path}.serialNumber`, 'is empty');
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serial };
}

function parseStatus(
  reader: DerReader,
  path: string,
): Pick<OcspSingleResponse, 'status' | 'revokedAt' | 'reason'> {
  const tag = reader.peek();
  if (tag === 0xa1) return { status: 'revoked', ...parseRevoked(reader, path) };
  if (tag !== 0x80 && tag !== 0x82) throw malformed(`${path}.certStatus`, 'is none that is known');
  const { content } = reader.element('certStatus');
  if (content.length > 0) throw malformed(`${path}.certStatus`, 'want NULL');
  return { status: tag === 0x80 ? 'good' : 'unknown' };
}

function parseRevoked(reader: DerReader, path: string): { revokedAt: number; reason: string } {
  const info = reader.inside(0xa1, 'revoked');
  const revokedAt = parseTime(info, `${path}.revocationTime`);
  if (info.done) return { revokedAt, reason: 'unspecified' };
  const wrapper = info.inside(0xa0, 'revocationReason');
  const code = wrapper.enumerated('revocationReason');
  wrapper.end();
  info.end();
  const reason = REASONS.get(code);
  if (reason === undefined) throw malformed(`${path}.revocationReason`, `${code} is none`);
  return { revokedAt, reason };
}

function parseOptionalExtensions(
  reader: DerReader,
  known: ReadonlySet<string>,
  path: string,
): Extensions | undefined {
  if (reader.done) return undefined;
  const wrapper = reader.inside(0xa1, 'extensions');
  const extensions = parseExtensions(wrapper, known, path);
  wrapper.end();
  return extensions;
}

/** Nonce ::= OCTET STRING (SIZE(1..128)) (RFC 9654 section 2.1). */
function parseNonce(value: Uint8Array, path: string): Uint8Array {
  const reader = new DerReader(value, path);
  const nonce = reader.octetString('nonce');
  reader.end();
  if (nonce.length === 0 || nonce.length > LONGEST_NONCE) {
    throw malformed(path, `want 1 to ${LONGEST_NONCE} bytes, got ${nonce.length}`);
  }
  return nonce;
}
