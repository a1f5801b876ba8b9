import '../../core/x509/reflect-metadata.ts';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { TLS_EVIDENCE_OID_DER, writeTlsEvidence } from '../../appraisal/binding/tls-evidence.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { TlsKey } from '../keys/tls-key.ts';

export interface LeafContent {
  readonly names: readonly string[];
  readonly validity: Validity;
  /** Evidence, see `tls-evidence.ts`. */
  readonly bundle: Uint8Array;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

/** Nobody reads it: names are looked for in the subjectAltName. */
const NAME = 'CN=postern';
const [DNS, IP] = ['dns', 'ip'] as const;
const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * The library reads an arc of more than 56 bits as a text that it can't write again, and the OID of
 * our extension has one. This one is as long, and gives its place to ours before anything is signed.
 */
const STAND_IN = '2.25.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18';
const STAND_IN_DER = fromHex('0613690102030405060708090a0b0c0d0e0f101112', 'OID');

/**
 * The server's certificate, signed by its own key: its peers judge it by the evidence that it
 * carries.
 *
 * @returns DER.
 */
export async function makeLeaf(key: TlsKey, content: LeafContent): Promise<Uint8Array> {
  const { names, validity, bundle, serial } = content;
  const signer = {
    subtle: {
      sign: async (_algorithm: unknown, _key: unknown, tbs: ArrayBuffer) =>
        key.sign(withEvidenceOid(new Uint8Array(tbs))).slice().buffer,
    },
  } as unknown as Crypto;
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: toHex(serial.with(0, ((serial[0] ?? 0) & 0x7f) | 0x40)),
      subject: NAME,
      issuer: NAME,
      notBefore: new Date(validity.from),
      notAfter: new Date(validity.to),
      publicKey: key.spki.slice().buffer,
      // Not a key of the library's: what signs is the `sign` above.
      signingKey: { algorithm: ECDSA_P256 } as unknown as CryptoKey,
      signingAlgorithm: ECDSA_P256,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? DNS : IP, value })),
        ),
        new Extension(STAND_IN, false, writeTlsEvidence(bundle).slice().buffer),
      ],
    },
    signer,
  );
  return withEvidenceOid(new Uint8Array(certificate.rawData));
}

function withEvidenceOid(der: Uint8Array): Uint8Array {
  const bytes = Buffer.from(der);
  const at = bytes.indexOf(STAND_IN_DER);
  if (at < 0 || bytes.indexOf(STAND_IN_DER, at + 1) >= 0) {
    throw new Fault('internal', 'tls.certificate', 'the OID that stands in is not there once');
  }
  bytes.set(TLS_EVIDENCE_OID_DER, at);
  return new Uint8Array(bytes);
}
