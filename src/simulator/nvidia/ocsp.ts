import { createHash } from 'node:crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { TAG } from '../../core/encoding/der.ts';
import type { Damage } from '../damage.ts';
import {
  der,
  derGeneralizedTime,
  derNumber,
  derOid,
  derSequenceOf,
  derUnsigned,
} from '../der-writer.ts';
import { derName } from '../distinguished-name.ts';
import { encodeExtension, type NvidiaName, signatureOf } from './certificates.ts';
import { keyIdentifier } from './extensions.ts';
import { keyBits } from './keys.ts';

/** CRLReason (RFC 5280 section 5.3.1). */
export const REASON = { keyCompromise: 1, certificateHold: 6 } as const;

export type OcspStatus =
  | 'good'
  | 'unknown'
  | { readonly revokedAt: string; readonly reason: number | undefined };

/** What a responder says of one certificate. */
export interface OcspPlan {
  /** Name, in the plan, of the certificate. */
  about: string;
  /** The serial number that it says in its stead, hex. */
  serial?: string;
  /** Name, in the plan, of the certificate whose name and key the CertID is made of; the issuer’s unless said. */
  issuer?: string;
  /** The hash that the CertID is made with. */
  hash: 'sha384' | 'sha256' | 'sha1';
  status: OcspStatus;
  producedAt: string;
  thisUpdate: string;
  nextUpdate: string | undefined;
  /** Name, in the plan, of the certificate of whoever answers. */
  responder: string;
  /** Label of the key that signs, when it is not the responder’s own. */
  signedBy?: string;
  responderId: 'key' | 'name';
  /** Names, in the plan, of the certificates that come along. */
  certificates: string[];
  /** What it was asked with. */
  askedNonce?: Uint8Array;
  nonce?: Uint8Array;
  nonceIn: 'responseExtensions' | 'singleExtensions';
  /** What happens to r ‖ s before they are written. */
  signature: Damage;
  /** OCSPResponseStatus; other than 0 nothing is signed. */
  responseStatus: number;
  /** What happens to the DER after it was signed. */
  afterSigning: Damage;
}

/** The certificates that a response is made of. */
export interface OcspParties {
  /** Hex. */
  readonly serial: string;
  readonly issuerName: NvidiaName;
  readonly issuerKey: Uint8Array;
  readonly responderName: NvidiaName;
  readonly responderKey: Uint8Array;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** r ‖ s over SHA-384. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const BASIC = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
} as const;

/** DER of an OCSPResponse (RFC 6960 section 4.2.1). */
export function encodeOcspResponse(plan: OcspPlan, parties: OcspParties): Uint8Array {
  if (plan.responseStatus !== 0) {
    return plan.afterSigning(derSequenceOf(derNumber(plan.responseStatus, TAG.enumerated)));
  }
  const tbs = encodeResponseData(plan, parties);
  const certificates =
    parties.certificates.length > 0 ? [der(0xa0, derSequenceOf(...parties.certificates))] : [];
  const basic = derSequenceOf(tbs, ...signatureOf(tbs, parties.sign), ...certificates);
  return plan.afterSigning(
    derSequenceOf(
      derNumber(0, TAG.enumerated),
      der(0xa0, derSequenceOf(derOid(BASIC), der(TAG.octetString, basic))),
    ),
  );
}

function encodeResponseData(plan: OcspPlan, parties: OcspParties): Uint8Array {
  const { responderName, responderKey } = parties;
  return derSequenceOf(
    plan.responderId === 'name'
      ? der(0xa1, derName(responderName))
      : der(0xa2, der(TAG.octetString, keyIdentifier(responderKey))),
    time(plan.producedAt),
    derSequenceOf(encodeSingleResponse(plan, parties)),
    ...extensions(plan, 'responseExtensions'),
  );
}

function encodeSingleResponse(plan: OcspPlan, parties: OcspParties): Uint8Array {
  const hash = (bytes: Uint8Array) =>
    der(TAG.octetString, new Uint8Array(createHash(plan.hash).update(bytes).digest()));
  const certId = derSequenceOf(
    derSequenceOf(derOid(HASHES[plan.hash]), der(TAG.null)),
    hash(derName(parties.issuerName)),
    hash(keyBits(parties.issuerKey)),
    derUnsigned(fromHex(parties.serial, 'simulator.serial')),
  );
  return derSequenceOf(
    certId,
    encodeStatus(plan.status),
    time(plan.thisUpdate),
    ...(plan.nextUpdate === undefined ? [] : [der(0xa0, time(plan.nextUpdate))]),
    ...extensions(plan, 'singleExtensions'),
  );
}

function encodeStatus(status: OcspStatus): Uint8Array {
  if (status === 'good') return der(0x80);
  if (status === 'unknown') return der(0x82);
  const { revokedAt, reason } = status;
  return der(
    0xa1,
    time(revokedAt),
    ...(reason === undefined ? [] : [der(0xa0, derNumber(reason, TAG.enumerated))]),
  );
}

function extensions({ nonce, nonceIn }: OcspPlan, where: OcspPlan['nonceIn']): Uint8Array[] {
  if (nonce === undefined || nonceIn !== where) return [];
  const value = der(TAG.octetString, nonce);
  const extension = encodeExtension({ oid: NONCE, critical: 'not-critical', value });
  return [der(0xa1, derSequenceOf(extension))];
}

function time(text: string): Uint8Array {
  return derGeneralizedTime(Date.parse(text));
}
