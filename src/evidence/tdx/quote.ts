import { fromHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseSgxReport, SGX_REPORT_SIZE, type SgxReport } from './sgx-report.ts';
import { parseTdReport, TD_BODY, type TdReport } from './td-report.ts';

/** Intel's quoting enclave, as `qe_vendor_id`. */
export const INTEL_QE_VENDOR_ID = fromHex('939a7233f79c4ca9940a0db3957f0607', 'qe_vendor_id');

export const ECDSA_P256 = 2;
export const TEE_TYPE_TDX = 0x81;
const CERTIFICATION_QE_REPORT = 6;

/**
 * | offset | size | field                | rule                                  |
 * |-------:|-----:|----------------------|---------------------------------------|
 * |      0 |    2 | version              | 4 or 5                                |
 * |      2 |    2 | attestation_key_type | 2: ECDSA-256 with P-256               |
 * |      4 |    4 | tee_type             | 0x81: TDX                             |
 * |      8 |    2 | qe_svn               | informational, often 0                |
 * |     10 |    2 | pce_svn              | informational, often 0                |
 * |     12 |   16 | qe_vendor_id         | Intel's                               |
 * |     28 |   20 | user_data            | its first 16 bytes name the platform  |
 */
export interface QuoteHeader {
  readonly version: 4 | 5;
  readonly qeSvn: number;
  readonly pceSvn: number;
  readonly qeVendorId: Uint8Array;
  readonly userData: Uint8Array;
}

/** How the PCK certificate is given: 1–3 PPID to look it up by, 4 the leaf, 5 the chain in PEM. */
export interface CertificationData {
  readonly type: 1 | 2 | 3 | 4 | 5;
  readonly data: Uint8Array;
}

export interface Quote {
  readonly header: QuoteHeader;
  readonly bodyType: 2 | 3 | 4;
  readonly body: TdReport;
  /** Header, body descriptor (version 5) and body: the exact bytes under `signature`. */
  readonly signed: Uint8Array;
  /** r ‖ s */
  readonly signature: Uint8Array;
  /** x ‖ y */
  readonly attestationKey: Uint8Array;
  readonly qeReport: SgxReport;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  readonly certification: CertificationData;
  /** Attestation key to the end of the certification data: equal for all quotes of one QE key. */
  readonly platformSection: Uint8Array;
  /** What stands behind the quote in its buffer; drivers leave zeros there. */
  readonly trailing: Uint8Array;
}

/**
 * Parses a version 4 or 5 TDX quote (Intel TDX DCAP Quoting Library API, appendix A).
 * Every length must be exactly what its neighbours imply; Intel's library refuses both
 * short and long ones too. The vendor id and the bytes behind the quote are left to checks.
 *
 * @throws Fault `malformed` or `unsupported`, at `quote.<field>`.
 */
export function parseQuote(bytes: Uint8Array): Quote {
  const r = new ByteReader(bytes, 'quote');
  const header = parseHeader(r);
  const bodyType = header.version === 4 ? TD_BODY.td10.type : parseBodyDescriptor(r);
  const body = parseTdReport(r.bytes(BODY_SIZES[bodyType], 'body'), 'quote.body');
  const signed = bytes.subarray(0, r.offset);
  const authData = r.bytes(r.u32('auth_data_size'), 'auth_data');
  return { header, bodyType, body, signed, ...parseAuthData(authData), trailing: r.rest() };
}

function parseHeader(r: ByteReader): QuoteHeader {
  const version = r.u16('header.version');
  const keyType = r.u16('header.attestation_key_type');
  const teeType = r.u32('header.tee_type');
  if (version !== 4 && version !== 5) {
    throw unsupported('version', `want 4 or 5, got ${version}`);
  }
  if (teeType !== TEE_TYPE_TDX) {
    const kind = teeType === 0 ? ' (an SGX quote)' : '';
    throw unsupported('tee_type', `want 0x81 (TDX), got 0x${teeType.toString(16)}${kind}`);
  }
  if (keyType !== ECDSA_P256) {
    throw unsupported('attestation_key_type', `want 2 (ECDSA P-256), got ${keyType}`);
  }
  return {
    version,
    qeSvn: r.u16('header.qe_svn'),
    pceSvn: r.u16('header.pce_svn'),
    qeVendorId: r.bytes(16, 'header.qe_vendor_id'),
    userData: r.bytes(20, 'header.user_data'),
  };
}

function unsupported(field: string, detail: string): Fault {
  return new Fault('unsupported', `quote.header.${field}`, detail);
}

/** Version 5 only: u16 type, u32 size, both before the body and under the signature. */
function parseBodyDescriptor(r: ByteReader): Quote['bodyType'] {
  const type = r.u16('body.type');
  const size = r.u32('body.size');
  if (type !== 2 && type !== 3 && type !== 4) {
    throw new Fault('unsupported', 'quote.body.type', `want 2, 3 or 4 (a TD report), got ${type}`);
  }
  if (size !== BODY_SIZES[type]) {
    throw malformed('quote.body.size', `want ${BODY_SIZES[type]} for type ${type}, got ${size}`);
  }
  return type;
}

const BODY_SIZES = {
  [TD_BODY.td10.type]: TD_BODY.td10.size,
  [TD_BODY.td15.type]: TD_BODY.td15.size,
  [TD_BODY.td15ex.type]: TD_BODY.td15ex.size,
} as const;

/**
 * | offset | size | field                                            |
 * |-------:|-----:|--------------------------------------------------|
 * |      0 |   64 | signature by the attestation key                 |
 * |     64 |   64 | attestation public key                           |
 * |    128 |    2 | certification data type: 6                       |
 * |    130 |    4 | its size: all that is left                       |
 * |    134 |  384 | QE report                                        |
 * |    518 |   64 | QE report signature by the PCK key               |
 * |    582 |    2 | size n of the QE authentication data, 0 allowed  |
 * |    584 |    n | QE authentication data                           |
 * |      … |    2 | inner certification data type: 1 to 5            |
 * |      … |    4 | its size: all that is left                       |
 */
function parseAuthData(bytes: Uint8Array) {
  const r = new ByteReader(bytes, 'quote.auth_data');
  const signature = r.bytes(64, 'signature');
  const platformSection = bytes.subarray(r.offset);
  const attestationKey = r.bytes(64, 'attestation_key');
  const outer = r.u16('certification_data.type');
  if (outer !== CERTIFICATION_QE_REPORT) {
    throw malformed('quote.auth_data.certification_data.type', `want 6, got ${outer}`);
  }
  exactSize(r, 'certification_data.size');
  const qeReport = parseSgxReport(r.bytes(SGX_REPORT_SIZE, 'qe_report'), 'quote.qe_report');
  const qeReportSignature = r.bytes(64, 'qe_report_signature');
  const qeAuthData = r.bytes(r.u16('qe_auth_data_size'), 'qe_auth_data');
  const type = r.u16('qe_certification_data.type');
  exactSize(r, 'qe_certification_data.size');
  const certification = parseCertification(type, r.rest());
  return {
    signature,
    attestationKey,
    qeReport,
    qeReportSignature,
    qeAuthData,
    certification,
    platformSection,
  };
}

function exactSize(r: ByteReader, field: string): void {
  const size = r.u32(field);
  if (size !== r.remaining) {
    throw malformed(`quote.auth_data.${field}`, `says ${size} bytes, ${r.remaining} are there`);
  }
}

/** Sizes of the PPID kinds: PPID (plain, RSA-2048 or RSA-3072), CPUSVN 16, PCESVN 2, PCEID 2. */
const PPID_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 36],
  [2, 276],
  [3, 404],
]);

function parseCertification(type: number, data: Uint8Array): CertificationData {
  const path = 'quote.auth_data.qe_certification_data';
  if (type !== 1 && type !== 2 && type !== 3 && type !== 4 && type !== 5) {
    throw malformed(`${path}.type`, `want 1 to 5, got ${type}`);
  }
  const size = PPID_SIZES.get(type);
  if (size !== undefined && size !== data.length) {
    throw malformed(path, `want ${size} bytes for type ${type}, got ${data.length}`);
  }
  return { type, data };
}
