import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { certificateClaims } from '../certificate-claims.ts';
import type { Claims } from '../verification.ts';
import type { PckChain } from './pck-chain.ts';
import type { PckExtension } from './pck-extension.ts';
import { ECDSA_P256, type Quote, TEE_TYPE_TDX } from './quote.ts';
import type { SgxReport } from './sgx-report.ts';
import { TD_ATTRIBUTE_BITS, type TdAttributeName, tdAttribute } from './td-attributes.ts';
import type { Td15ExFields, TdReport } from './td-report.ts';

/** Every field of the quote; whether to believe them is what the checks say. */
export function quoteClaims(quote: Quote): Claims {
  const { header, body, trailing } = quote;
  return {
    quoteVersion: header.version,
    attestationKeyType: ECDSA_P256,
    teeType: TEE_TYPE_TDX,
    bodyType: quote.bodyType,
    qeSvn: header.qeSvn,
    pceSvnOfHeader: header.pceSvn,
    qeVendorId: toHex(header.qeVendorId),
    userData: toHex(header.userData),
    ...bodyClaims(body),
    quoteSignature: toHex(quote.signature),
    attestationKey: toHex(quote.attestationKey),
    qeReport: reportClaims(quote.qeReport),
    qeReportSignature: toHex(quote.qeReportSignature),
    qeAuthData: toHex(quote.qeAuthData),
    certificationDataType: quote.certification.type,
    trailingBytes: trailing.length,
    trailingZeroBytes: isZero(trailing) ? trailing.length : 0,
  };
}

function bodyClaims(body: TdReport): Claims {
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body.rtmrs;
  const names = Object.keys(TD_ATTRIBUTE_BITS) as TdAttributeName[];
  return {
    teeTcbSvn: toHex(body.teeTcbSvn),
    mrSeam: toHex(body.mrSeam),
    mrSignerSeam: toHex(body.mrSignerSeam),
    seamAttributes: toHex(body.seamAttributes),
    tdAttributes: toHex(body.tdAttributes),
    tdAttributeFlags: Object.fromEntries(
      names.map((name) => [name, tdAttribute(body.tdAttributes, name)]),
    ),
    xfam: toHex(body.xfam),
    mrTd: toHex(body.mrTd),
    mrConfigId: toHex(body.mrConfigId),
    mrOwner: toHex(body.mrOwner),
    mrOwnerConfig: toHex(body.mrOwnerConfig),
    rtmr0: toHex(rtmr0),
    rtmr1: toHex(rtmr1),
    rtmr2: toHex(rtmr2),
    rtmr3: toHex(rtmr3),
    reportData: toHex(body.reportData),
    ...(body.td15 && {
      teeTcbSvn2: toHex(body.td15.teeTcbSvn2),
      mrServiceTd: toHex(body.td15.mrServiceTd),
    }),
    ...(body.td15ex && td15ExClaims(body.td15ex)),
  };
}

function td15ExClaims(fields: Td15ExFields): Claims {
  return {
    vmId: fields.vmId,
    tdId: toHex(fields.tdId),
    devInfo: toHex(fields.devInfo),
    initServTdHash: toHex(fields.initServTdHash),
    initServTdAttributes: toHex(fields.initServTdAttributes),
    initCpuSvn: toHex(fields.initCpuSvn),
    initTeeTcbSvn: toHex(fields.initTeeTcbSvn),
    initTeeFmspc: toHex(fields.initTeeFmspc),
    curServTdHash: toHex(fields.curServTdHash),
    curServTdAttributes: toHex(fields.curServTdAttributes),
  };
}

function reportClaims(report: SgxReport): Claims {
  return {
    cpuSvn: toHex(report.cpuSvn),
    miscSelect: toHex(report.miscSelect),
    attributes: toHex(report.attributes),
    mrEnclave: toHex(report.mrEnclave),
    mrSigner: toHex(report.mrSigner),
    isvProdId: report.isvProdId,
    isvSvn: report.isvSvn,
    reportData: toHex(report.reportData),
  };
}

export function chainClaims({ certificates, extension }: PckChain): Claims {
  return {
    ...(certificates && {
      pckCertificate: certificateClaims(certificates.leaf),
      pckCa: certificateClaims(certificates.ca),
      rootCa: certificateClaims(certificates.root),
    }),
    ...(extension && extensionClaims(extension)),
  };
}

/** Intel's SGX extension of a PCK certificate. */
export function extensionClaims(extension: PckExtension): Claims {
  const { configuration, platformInstanceId } = extension;
  const flag = (value: boolean | undefined) => value ?? null;
  return {
    fmspc: toHex(extension.fmspc),
    pceId: toHex(extension.pceId),
    pceSvn: extension.pceSvn,
    cpuSvn: toHex(extension.cpuSvn),
    tcbComponents: [...extension.components],
    /** Levels are compared with the components; verifiers that use CPUSVN agree only when this holds. */
    cpuSvnEqualsComponents: extension.components.every((svn, i) => svn === extension.cpuSvn[i]),
    ppid: toHex(extension.ppid),
    sgxType: extension.sgxType,
    ...(platformInstanceId && { platformInstanceId: toHex(platformInstanceId) }),
    ...(configuration && {
      pckFlags: {
        dynamicPlatform: flag(configuration.dynamicPlatform),
        cachedKeys: flag(configuration.cachedKeys),
        smtEnabled: flag(configuration.smtEnabled),
      },
    }),
  };
}
