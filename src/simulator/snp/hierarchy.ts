import type { Damage } from '../damage.ts';
import type { AmdName, SnpCrlContent } from './certificates.ts';
import { simulatorName } from './certificates.ts';
import { SNP_PRODUCTS, type SnpProduct, type Tcb } from './product.ts';
import type { RsaSchemeName } from './rsa-scheme.ts';
import { type VekExtensions, vcekExtensions, vlekExtensions } from './vek-extensions.ts';

/** The extensions of a CA, any of which may be wrong or gone. */
export interface CaProfile {
  /** First byte of the key usage: 0x04 keyCertSign, 0x02 cRLSign. */
  usage: number;
  constraint: 'ca' | 'end-entity';
  pathLength: number | undefined;
  crlUrl: string;
  without: CaExtensionName[];
}

export type CaExtensionName =
  | 'keyUsage'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'basicConstraints'
  | 'crlDistributionPoint';

export interface SnpCertificate {
  subject: AmdName;
  keyType: 'RSA-4096' | 'P-384' | 'P-256';
  /** Label of the subject's key. */
  key: string;
  /** Name, in the plan, of the certificate that issued this one. */
  issuer: string;
  /** What it says of its issuer, where that is not the issuer's own subject. */
  issuerName?: AmdName;
  /** Label of the key that signs, when it is not the issuer's own. */
  signedBy?: string;
  scheme: RsaSchemeName;
  serial: string;
  notBefore: string;
  notAfter: string;
  /** CAs only. */
  ca?: CaProfile;
  /** VCEK and VLEK only. */
  vek?: VekExtensions;
  /** What happens to the DER after it was signed. */
  afterSigning: Damage;
}

export interface SnpCrl extends SnpCrlContent {
  /** Name, in the plan, of the certificate that the list names as its issuer. */
  issuer: string;
  signedBy?: string;
  scheme: RsaSchemeName;
  afterSigning: Damage;
}

const unchanged: Damage = (bytes) => bytes;

/** AMD's hierarchy of one product line: root, the two intermediates, and a VEK below each. */
export function standardCertificates(product: SnpProduct, tcb: Tcb, chipId: Uint8Array) {
  const { line, serials, caFrom, caTo } = SNP_PRODUCTS[product];
  const ca = (key: 'ark' | 'ask' | 'asvk', commonName: string) => {
    const root = key === 'ark';
    const service = key === 'asvk' ? 'vlek' : 'vcek';
    return {
      subject: simulatorName(commonName),
      keyType: 'RSA-4096',
      key,
      issuer: 'ark',
      // AMD's CAs are older than its change to the short form.
      scheme: 'pss with trailer field',
      serial: serials[key],
      notBefore: caFrom,
      notAfter: caTo,
      ca: {
        usage: root ? 0x06 : 0x04,
        constraint: 'ca',
        pathLength: root ? undefined : 0,
        crlUrl: `https://kdsintf.amd.com/${service}/v1/${line}/crl`,
        without: [],
      },
      afterSigning: unchanged,
    } satisfies SnpCertificate as SnpCertificate & { ca: CaProfile };
  };
  const vek = (key: 'vcek' | 'vlek', issuer: string, extensions: VekExtensions) =>
    ({
      subject: simulatorName(`SEV-${key.toUpperCase()}`),
      keyType: 'P-384',
      key,
      issuer,
      scheme: 'pss',
      serial: '00',
      notBefore: '2026-02-05T01:04:33Z',
      notAfter: key === 'vcek' ? '2033-02-05T01:04:33Z' : '2027-02-05T01:04:33Z',
      vek: extensions,
      afterSigning: unchanged,
    }) satisfies SnpCertificate as SnpCertificate & { vek: VekExtensions };
  return {
    ark: ca('ark', `ARK-${line}`),
    ask: ca('ask', `SEV-${line}`),
    asvk: ca('asvk', `SEV-VLEK-${line}`),
    vcek: vek('vcek', 'ask', vcekExtensions(product, tcb, chipId)),
    vlek: vek('vlek', 'asvk', vlekExtensions(product, tcb)),
  };
}

/** A list that revokes nobody, in the profile that AMD uses. */
export function standardCrl(): SnpCrl {
  return {
    issuer: 'ark',
    scheme: 'pss',
    thisUpdate: '2026-05-15T00:00:00Z',
    nextUpdate: '2027-05-15T00:00:00Z',
    revoked: [],
    extensions: 'none',
    afterSigning: unchanged,
  };
}
