import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { type CertificateContent, type CrlContent, keyIdentifier } from '../certificates.ts';
import { deriveBytes, deriveKey } from '../keys.ts';
import type { SgxExtensionContent } from './sgx-extension.ts';

/** A certificate by the names that the plan uses: whose key it holds and who issued it. */
export interface TdxCertificate extends CertificateContent {
  /** Label of the subject's key. */
  key: string;
  /** Name, in the plan, of the certificate that issued this one. */
  issuer: string;
  /** Intel's SGX extension; PCK certificates only. */
  sgx?: SgxExtensionContent;
  /** What happens to the DER after it was signed. */
  afterSigning: (der: Uint8Array) => Uint8Array;
}

export interface TdxCrl extends CrlContent {
  /** Name, in the plan, of the certificate that the list names as its issuer. */
  issuer: string;
  /** Key label that signs, when it is not the issuer's own. */
  signedBy?: string;
  afterSigning: (der: Uint8Array) => Uint8Array;
}

/** The root's own CRL comes from another host than those of the PCK CAs. */
const ROOT_CRL_URL = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';
const PCK_CRL_URL =
  'https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform&encoding=der';

export const TDX_FMSPC = 'f0806f000000';
export const TDX_PCE_ID = '0000';

/** SVNs of the simulated processor package; the standard TCB info calls them UpToDate. */
const PLATFORM_SVNS = [4, 4, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];

const unchanged = (der: Uint8Array): Uint8Array => der;

/** Intel's hierarchy: root, PCK platform CA, one PCK certificate, the TCB signer. */
export function standardCertificates(seed: string) {
  const ca = (key: string, commonName: string, pathLength: number): TdxCertificate => ({
    key,
    commonName,
    issuer: 'root',
    // Intel numbers its CAs by their key identifiers.
    serial: keyIdentifier(deriveKey(seed, key)),
    notBefore: '2018-05-21T10:50:10Z',
    notAfter: '2033-05-21T10:50:10Z',
    usage: 'ca',
    constraint: 'ca',
    pathLength,
    crlUrl: ROOT_CRL_URL,
    without: [],
    more: [],
    afterSigning: unchanged,
  });
  const leaf = (
    key: string,
    commonName: string,
    issuer: string,
    crlUrl: string,
  ): TdxCertificate => ({
    key,
    commonName,
    issuer,
    serial: toHex(deriveBytes(seed, `serial of ${key}`, 20)),
    notBefore: '2025-09-16T02:28:15Z',
    notAfter: '2032-09-16T02:28:15Z',
    usage: 'end-entity',
    constraint: 'end-entity',
    pathLength: undefined,
    crlUrl,
    without: [],
    more: [],
    afterSigning: unchanged,
  });
  return {
    root: {
      ...ca('root', 'Intel SGX Root CA', 1),
      notBefore: '2018-05-21T10:45:10Z',
      notAfter: '2049-12-31T23:59:59Z',
    },
    platformCa: ca('platform ca', 'Intel SGX PCK Platform CA', 0),
    pck: {
      ...leaf('pck', 'Intel SGX PCK Certificate', 'platformCa', PCK_CRL_URL),
      sgx: standardSgxExtension(seed),
    },
    tcbSigner: {
      ...leaf('tcb signer', 'Intel SGX TCB Signing', 'root', ROOT_CRL_URL),
      notBefore: '2025-05-06T09:25:00Z',
      notAfter: '2032-05-06T09:25:00Z',
    },
  } satisfies Record<string, TdxCertificate>;
}

function standardSgxExtension(seed: string): SgxExtensionContent {
  return {
    ppid: deriveBytes(seed, 'ppid', 16),
    components: [...PLATFORM_SVNS],
    pceSvn: 13,
    cpuSvn: Uint8Array.from(PLATFORM_SVNS),
    pceId: Uint8Array.of(0, 0),
    fmspc: fromHex(TDX_FMSPC, 'simulator.fmspc'),
    sgxType: 1,
    platformInstanceId: deriveBytes(seed, 'platform instance id', 16),
    dynamicPlatform: true,
    cachedKeys: true,
    smtEnabled: true,
    without: [],
  };
}

/** As many entries as Intel's platform CA lists in these years; the root lists none. */
const REVOKED_PLATFORMS = 56;

export function standardCrls(seed: string): { root: TdxCrl; pck: TdxCrl } {
  const revoked = Array.from({ length: REVOKED_PLATFORMS }, (_, i) => ({
    serial: toHex(deriveBytes(seed, `serial of revoked platform ${i}`, 20)),
    at: '2026-05-20T10:41:15Z',
  }));
  const common = {
    number: 1,
    extensions: 'number-and-authority',
    afterSigning: unchanged,
  } as const;
  return {
    root: {
      ...common,
      issuer: 'root',
      thisUpdate: '2026-03-20T11:21:57Z',
      nextUpdate: '2027-04-03T11:21:57Z',
      revoked: [],
    },
    pck: {
      ...common,
      issuer: 'platformCa',
      thisUpdate: '2026-05-20T10:41:15Z',
      nextUpdate: '2026-06-19T10:41:15Z',
      revoked,
    },
  };
}
