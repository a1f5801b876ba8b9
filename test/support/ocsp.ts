import '../../src/core/x509/reflect-metadata.ts';
import { createHash } from 'node:crypto';
import { Extension } from '@peculiar/x509';
import { fromHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import type { Certificate } from '../../src/core/x509/certificate.ts';
import { keyBits } from '../../src/core/x509/ocsp-signer.ts';
import { derGeneralizedTime, derOid } from '../../src/simulator/der-writer.ts';
import { ECDSA_WITH_SHA384, elementAt, tlv } from './forge.ts';
import { hex } from './hex.ts';
import { type Party, resign } from './pki.ts';

/** The day that answers are about unless a test says otherwise. */
export const DAY = {
  from: Date.UTC(2026, 5, 1),
  noon: Date.UTC(2026, 5, 1, 12),
  to: Date.UTC(2026, 5, 2),
} as const;

export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** An extended key usage, critical as NVIDIA's responders have it. */
export function purposes(oids: readonly string[], critical = true): Extension {
  const value = tlv(TAG.sequence, ...oids.map(derOid));
  return new Extension('2.5.29.37', critical, new Uint8Array(value));
}

/** CertStatus, DER. */
const GOOD = hex('8000');
export const UNKNOWN = hex('8200');

/** @param reason CRLReason; left out when undefined. */
export function revoked(reason?: number, at = Date.UTC(2026, 2, 1)): Uint8Array {
  const why = reason === undefined ? [] : [tlv(0xa0, tlv(TAG.enumerated, Uint8Array.of(reason)))];
  return tlv(0xa1, derGeneralizedTime(at), ...why);
}

const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

/** What a test says of one answer. */
export interface SingleWishes {
  /** Content of the serial number, hex; the certificate's own unless said. */
  readonly serial?: string;
  readonly hash?: keyof typeof HASHES;
  readonly status?: Uint8Array;
  readonly from?: number;
  readonly to?: number;
  /** Whatever comes behind nextUpdate. */
  readonly more?: Uint8Array;
}

/** SingleResponse, DER. */
export function single(
  certificate: Certificate,
  issuer: Certificate,
  wishes: SingleWishes = {},
): Uint8Array {
  const { hash = 'sha384', from = DAY.from, to = DAY.to, more = hex('') } = wishes;
  const digest = (bytes: Uint8Array) =>
    tlv(TAG.octetString, new Uint8Array(createHash(hash).update(bytes).digest()));
  const certId = tlv(
    TAG.sequence,
    tlv(TAG.sequence, derOid(HASHES[hash])),
    digest(issuer.subject.der),
    digest(keyBits(issuer)),
    tlv(TAG.integer, fromHex(wishes.serial ?? certificate.serial, 'test')),
  );
  const until = tlv(0xa0, derGeneralizedTime(to));
  const status = wishes.status ?? GOOD;
  return tlv(TAG.sequence, certId, status, derGeneralizedTime(from), until, more);
}

/** Extensions of a response or of one answer with a nonce in them, DER. */
export function nonceExtension(nonce: Uint8Array): Uint8Array {
  const value = tlv(TAG.octetString, tlv(TAG.octetString, nonce));
  return tlv(0xa1, tlv(TAG.sequence, tlv(TAG.sequence, derOid('1.3.6.1.5.5.7.48.1.2'), value)));
}

/** What a test says of a response. */
export interface ResponseWishes {
  /** DER of the certificates that come along. */
  readonly certificates?: readonly Uint8Array[];
  /** ResponderID, DER; by the key of whoever signs unless said. */
  readonly responder?: Uint8Array;
  /** DER of the responseExtensions with their tag. */
  readonly extensions?: Uint8Array;
  readonly producedAt?: number;
}

/** ResponderID by name, DER. */
export function byName({ subject }: Certificate): Uint8Array {
  return tlv(0xa1, subject.der);
}

/** ResponderID by key, DER. */
export function byKey({ keyId }: Party): Uint8Array {
  return tlv(0xa2, tlv(TAG.octetString, fromHex(keyId, 'test')));
}

/** OCSPResponse of these answers, signed with a key of P-384. */
export async function respond(
  signer: Party,
  answers: readonly Uint8Array[],
  wishes: ResponseWishes = {},
): Promise<Uint8Array> {
  const { certificates = [], responder = byKey(signer), extensions = hex('') } = wishes;
  const tbs = tlv(
    TAG.sequence,
    responder,
    derGeneralizedTime(wishes.producedAt ?? DAY.from),
    tlv(TAG.sequence, ...answers),
    extensions,
  );
  const signed = await resign(tlv(TAG.sequence, tbs, ECDSA_WITH_SHA384), signer);
  const basic = tlv(
    TAG.sequence,
    ...[0, 1, 2].map((part) => elementAt(signed, [part])),
    ...(certificates.length > 0 ? [tlv(0xa0, tlv(TAG.sequence, ...certificates))] : []),
  );
  const body = tlv(TAG.sequence, derOid('1.3.6.1.5.5.7.48.1.1'), tlv(TAG.octetString, basic));
  return tlv(TAG.sequence, hex('0a0100'), tlv(0xa0, body));
}

/** A time with the tag of GeneralizedTime. */
export function generalized(text: string): Uint8Array {
  return tlv(TAG.generalizedTime, utf8(text));
}
