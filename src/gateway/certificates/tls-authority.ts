import '../../core/x509/reflect-metadata.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { sha256 } from '#crypto';
import { parseTlsCertificate } from '../../appraisal/binding/tls-certificate.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import {
  isWithin,
  NAME_CONSTRAINTS,
  nameConstraints,
  permittedDomains,
} from '../../core/x509/name-constraints.ts';
import { isSignedWith, parsePublicKey } from '../../core/x509/public-key.ts';
import { parseSigned } from '../../core/x509/signed.ts';
import type { Authority, Certified, ToCertify } from './authority.ts';
import type { CertificateSigner } from './signer.ts';
import { signerHandle, signingElsewhere } from './x509-signing.ts';

const ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };
/** For people; names that count stand in the extension. No host is called so. */
const SUBJECT = 'CN=a machine that Postern admitted';

/** Leaves of a private CA whose own certificate names the only domain that it may speak of. */
export class TlsAuthority implements Authority {
  readonly use = 'tls' as const;
  readonly id: Uint8Array;
  readonly validity: { readonly from: number; readonly to: number };
  /** PEM. */
  readonly pem: string;
  readonly #certificate: Certificate;
  readonly #signer: CertificateSigner;

  /**
   * @param der the authority's own certificate.
   * @param domain below which it has to certify.
   * @throws Fault `malformed` or `usage` for one that is not of the signer's key or not of an
   *   authority, and for one that may certify any other domain than such as `domain` lies in.
   */
  constructor(signer: CertificateSigner, der: Uint8Array, domain: string) {
    const certificate = readAuthority(der);
    const { publicKey } = signer;
    if (publicKey.algorithm !== 'p256') throw new Fault('usage', 'key', 'want a P-256 key');
    if (!equalBytes(parseTlsCertificate(der, 'certificate').spki, publicKey.spki)) {
      throw new Fault('usage', 'certificate', 'is not of this key');
    }
    const constraints = certificate.extensions.get(NAME_CONSTRAINTS);
    const domains =
      constraints && permittedDomains(constraints.value, 'certificate.nameConstraints');
    if (constraints?.critical !== true || domains === undefined) {
      throw new Fault(
        'usage',
        'certificate',
        'has no critical name constraints: any name would do',
      );
    }
    if (!domains.every((one) => isWithin(domain, one))) {
      throw new Fault(
        'usage',
        'certificate',
        `is for ${domains.join(', ')}, and not for ${domain}`,
      );
    }
    this.#signer = signer;
    this.#certificate = certificate;
    this.id = sha256(publicKey.spki);
    this.validity = certificate.validity;
    this.pem = toPem(der, 'CERTIFICATE');
  }

  async certify({ key, host, from, until, serial }: ToCertify): Promise<Certified> {
    const { algorithm, spki } = parsePublicKey(key, 'key');
    if (algorithm !== 'p256') throw new Fault('unsupported', 'key', 'want a P-256 key for TLS');
    const { subject, subjectKeyIdentifier } = this.#certificate;
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serialOf(serial),
        subject: SUBJECT,
        issuer: new Name(arrayBuffer(subject.der)),
        notBefore: new Date(Math.floor(from / 1000) * 1000),
        // This second is included: the last one is before the end of what it rests on.
        notAfter: new Date(Math.floor(until / 1000) * 1000 - 1000),
        publicKey: arrayBuffer(spki),
        signingKey: signerHandle(this.#signer),
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], false),
          new SubjectAlternativeNameExtension([{ type: 'dns', value: host }], false),
          new SubjectKeyIdentifierExtension(keyIdentifier(key), false),
          ...(subjectKeyIdentifier
            ? [new AuthorityKeyIdentifierExtension(toHex(subjectKeyIdentifier), false)]
            : []),
        ],
      },
      signingElsewhere,
    );
    const bytes = new Uint8Array(certificate.rawData);
    const { tbs, signature } = parseSigned(bytes, 'certificate');
    // Whoever has the key may be somebody else by now, or broken.
    if (signature === undefined || !isSignedWith(this.#signer.publicKey, tbs, signature)) {
      throw new Fault('unreachable', 'certificates.tls', 'its key signed with something else');
    }
    return { bytes, text: `${toPem(bytes, 'CERTIFICATE')}${this.pem}` };
  }
}

/** What a new authority says of itself. */
export interface NewTlsAuthority {
  readonly domain: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

/** The certificate of a private CA for one domain, signed by itself; DER. */
export async function makeTlsAuthority(
  signer: CertificateSigner,
  { domain, from, until, serial }: NewTlsAuthority,
): Promise<Uint8Array> {
  const { spki } = signer.publicKey;
  const name = `CN=Postern machines of ${domain}`;
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serialOf(serial),
      subject: name,
      issuer: name,
      notBefore: new Date(from),
      notAfter: new Date(until),
      publicKey: arrayBuffer(spki),
      signingKey: signerHandle(signer),
      signingAlgorithm: ALGORITHM,
      extensions: [
        // No CA below it.
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
        new SubjectKeyIdentifierExtension(keyIdentifier(spki), false),
        new Extension(NAME_CONSTRAINTS, true, arrayBuffer(nameConstraints(domain))),
      ],
    },
    signingElsewhere,
  );
  return new Uint8Array(certificate.rawData);
}

function readAuthority(der: Uint8Array): Certificate {
  const certificate = parseCertificate(der, 'certificate', [NAME_CONSTRAINTS]);
  const { basicConstraints, keyUsage } = certificate;
  if (basicConstraints?.ca !== true || keyUsage?.keyCertSign !== true) {
    throw malformed('certificate', 'is not of an authority');
  }
  return certificate;
}

/** 20 bytes of a hash of the key (RFC 7093 section 2, method 4). */
function keyIdentifier(spki: Uint8Array): string {
  return toHex(sha256(spki).subarray(0, 20));
}

/** Positive, and never a byte shorter. */
function serialOf(random: Uint8Array): string {
  return toHex(random.with(0, ((random[0] ?? 0) & 0x3f) | 0x40));
}

/** A copy in a buffer of its own: the library takes views for whole buffers in places. */
function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
