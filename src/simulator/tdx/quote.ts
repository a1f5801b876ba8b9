import { sha256 } from '#crypto';
import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';
import type { SimulatorKey } from '../keys.ts';
import { encodeTdBody, TD_BODY_KINDS, type TdBody, type TdBodyKind } from './td-body.ts';

interface QuoteHeaderContent {
  version: number;
  attestationKeyType: number;
  teeType: number;
  qeSvn: number;
  pceSvn: number;
  vendorId: Uint8Array;
  userData: Uint8Array;
}

/** The body descriptor of a version 5 quote, where it is to differ from the body. */
interface BodyDescriptor {
  type?: number;
  size?: number;
}

export interface QeReportContent {
  cpuSvn: Uint8Array;
  miscSelect: Uint8Array;
  attributes: Uint8Array;
  mrEnclave: Uint8Array;
  mrSigner: Uint8Array;
  isvProdId: number;
  isvSvn: number;
  /** 64 bytes, where they are not to be what the attestation key demands. */
  reportData?: (due: Uint8Array) => Uint8Array;
}

/** What the quoting enclave puts around the TD report. */
export interface QuoteContent {
  header: QuoteHeaderContent;
  bodyKind: TdBodyKind;
  descriptor: BodyDescriptor;
  body: TdBody;
  qeReport: QeReportContent;
  qeAuthData: Uint8Array;
  outerType: number;
  innerType: number;
  /** The certification data behind the inner type and size. */
  certification: Uint8Array;
}

/** Attestation key to the end of the quote: the same for all quotes of one attestation key. */
export interface PlatformSection {
  readonly attestationKey: SimulatorKey;
  readonly bytes: Uint8Array;
}

/** Header, descriptor (version 5) and body: what the attestation key signs. */
export function encodeSigned(content: QuoteContent): Uint8Array {
  const { header, bodyKind, descriptor } = content;
  const body = encodeTdBody(bodyKind, content.body);
  const writer = new ByteWriter()
    .u16(header.version)
    .u16(header.attestationKeyType)
    .u32(header.teeType)
    .u16(header.qeSvn)
    .u16(header.pceSvn)
    .bytes(header.vendorId)
    .bytes(header.userData);
  if (header.version === 5) {
    writer.u16(descriptor.type ?? TD_BODY_KINDS[bodyKind].type);
    writer.u32(descriptor.size ?? body.length);
  }
  return writer.bytes(body).finish();
}

/** The REPORTBODY of the quoting enclave; its report data commits to the attestation key. */
function encodeQeReport(
  report: QeReportContent,
  attestationKey: SimulatorKey,
  authData: Uint8Array,
): Uint8Array {
  const due = new Uint8Array(64);
  due.set(sha256(concatBytes(attestationKey.publicKey, authData)));
  return new ByteWriter()
    .bytes(report.cpuSvn)
    .bytes(report.miscSelect)
    .zeros(28)
    .bytes(report.attributes)
    .bytes(report.mrEnclave)
    .zeros(32)
    .bytes(report.mrSigner)
    .zeros(96)
    .u16(report.isvProdId)
    .u16(report.isvSvn)
    .zeros(60)
    .bytes(report.reportData?.(due) ?? due)
    .finish();
}

/** Everything after the quote signature: certification data 6 around the certification data of the PCK. */
export function encodePlatformSection(
  content: QuoteContent,
  attestationKey: SimulatorKey,
  pckKey: SimulatorKey,
): PlatformSection {
  const report = encodeQeReport(content.qeReport, attestationKey, content.qeAuthData);
  const certification = new ByteWriter()
    .bytes(report)
    .bytes(pckKey.sign(report))
    .u16(content.qeAuthData.length)
    .bytes(content.qeAuthData)
    .u16(content.innerType)
    .u32(content.certification.length)
    .bytes(content.certification)
    .finish();
  const bytes = new ByteWriter()
    .bytes(attestationKey.publicKey)
    .u16(content.outerType)
    .u32(certification.length)
    .bytes(certification)
    .finish();
  return { attestationKey, bytes };
}

export function assembleQuote(signed: Uint8Array, section: PlatformSection): Uint8Array {
  return new ByteWriter()
    .bytes(signed)
    .u32(64 + section.bytes.length)
    .bytes(section.attestationKey.sign(signed))
    .bytes(section.bytes)
    .finish();
}
