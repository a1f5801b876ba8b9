import { sha256, sha384, sha512 } from '#crypto';
import { equalBytes, isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';

/** What Azure's paravisor (HCL) leaves in the vTPM at NV index 0x01400001. */
export interface HclReport {
  /** 1, or 2 on newer hosts; the layout is the same. */
  readonly version: number;
  readonly hardware: 'snp' | 'tdx';
  /** SNP: the attestation report. TDX: a TDREPORT, padded; not a quote, so nobody's signature. */
  readonly hardwareReport: Uint8Array;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  /** The paravisor's claims as JSON, exactly as hashed; untrusted until the binding holds. */
  readonly runtimeJson: Uint8Array;
  /** Zero bytes between the JSON and the end of the NV index. */
  readonly trailingZeroBytes: number;
}

/** Where the hardware's own report stands in the envelope. */
export const HCL_HARDWARE_REPORT_AT = 0x20;
const HARDWARE_REPORT_SIZE = 1184;
/** The NV index holds 2048 or 2600 bytes today; this leaves room for longer claims. */
export const HCL_REPORT_SIZE_LIMIT = 65_536;

const SIGNATURE = toHex(utf8('HCLA'));
const REQUEST_DATA_AT = 0x4c0;
const REQUEST_HEADER_SIZE = 20;
const REQUEST_TYPE_REPORT = 2;
const REQUEST_DATA_VERSION = 1;
const REPORT_DATA_SIZE = 64;

const HARDWARE: ReadonlyMap<number, HclReport['hardware']> = new Map([
  [2, 'snp'],
  [4, 'tdx'],
]);

const HASHES: ReadonlyMap<number, HclReport['hash']> = new Map([
  [1, 'sha256'],
  [2, 'sha384'],
  [3, 'sha512'],
]);

const DIGESTS = { sha256, sha384, sha512 } as const;

/**
 * Attestation report of the HCL (Azure confidential VM guest attestation; OpenHCL
 * `igvm_attest`), integers little-endian
 *
 * | offset | size | field                                                   |
 * |--------|------|---------------------------------------------------------|
 * | 0x000  | 4    | signature, `HCLA`                                       |
 * | 0x004  | 4    | version, 1 or 2                                         |
 * | 0x008  | 4    | report_size: all of this up to the end of the JSON      |
 * | 0x00c  | 4    | request_type, 2                                         |
 * | 0x010  | 4    | status, 0                                               |
 * | 0x014  | 12   | reserved, 0                                             |
 * | 0x020  | 1184 | hardware report                                         |
 * | 0x4c0  | 4    | data_size: this field up to the end of the JSON         |
 * | 0x4c4  | 4    | version, 1                                              |
 * | 0x4c8  | 4    | report_type: 2 SNP, 4 TDX                               |
 * | 0x4cc  | 4    | hash_type: 1 SHA-256, 2 SHA-384, 3 SHA-512              |
 * | 0x4d0  | 4    | variable_data_size, n                                   |
 * | 0x4d4  | n    | variable data, the runtime claims as JSON               |
 * |        |      | zeros to the end of the NV index                        |
 *
 * @throws Fault `malformed` or `unsupported` at `hcl.<field>`.
 */
export function parseHclReport(bytes: Uint8Array): HclReport {
  if (bytes.length > HCL_REPORT_SIZE_LIMIT) {
    throw malformed('hcl', `want at most ${HCL_REPORT_SIZE_LIMIT} bytes, got ${bytes.length}`);
  }
  const r = new ByteReader(bytes, 'hcl');
  if (toHex(r.bytes(4, 'signature')) !== SIGNATURE) {
    throw malformed('hcl.signature', 'want "HCLA"');
  }
  const version = r.u32('version');
  if (version !== 1 && version !== 2) {
    throw new Fault('unsupported', 'hcl.version', `want 1 or 2, got ${version}`);
  }
  const reportSize = r.u32('report_size');
  expectNumber(r.u32('request_type'), REQUEST_TYPE_REPORT, 'request_type');
  expectNumber(r.u32('status'), 0, 'status');
  if (!isZero(r.bytes(12, 'reserved'))) throw malformed('hcl.reserved', 'want zeros');
  const hardwareReport = r.bytes(HARDWARE_REPORT_SIZE, 'hardware_report');
  const dataSize = r.u32('data_size');
  const dataVersion = r.u32('data_version');
  if (dataVersion !== REQUEST_DATA_VERSION) {
    throw new Fault('unsupported', 'hcl.data_version', `want 1, got ${dataVersion}`);
  }
  const hardware = known(HARDWARE, r.u32('report_type'), 'report_type');
  const hash = known(HASHES, r.u32('hash_type'), 'hash_type');
  const runtimeJson = r.bytes(r.u32('variable_data_size'), 'variable_data');
  // Three lengths tell of one end: were they to differ, two readers could see two JSONs.
  expectNumber(dataSize, REQUEST_HEADER_SIZE + runtimeJson.length, 'data_size');
  expectNumber(reportSize, REQUEST_DATA_AT + dataSize, 'report_size');
  const tail = r.rest();
  if (!isZero(tail)) {
    throw malformed('hcl', `bytes other than zero after 0x${reportSize.toString(16)}`);
  }
  const trailingZeroBytes = tail.length;
  return { version, hardware, hardwareReport, hash, runtimeJson, trailingZeroBytes };
}

/** The hash of the runtime JSON as received: 32, 48 or 64 bytes. */
export function runtimeDigest(hcl: HclReport): Uint8Array {
  return DIGESTS[hcl.hash](hcl.runtimeJson);
}

/** What REPORT_DATA must hold for the hardware to vouch for the JSON: its hash, then zeros. */
export function wantedReportData(hcl: HclReport): Uint8Array {
  const want = new Uint8Array(REPORT_DATA_SIZE);
  want.set(runtimeDigest(hcl));
  return want;
}

/**
 * True when the hardware vouches for the runtime JSON.
 *
 * @param reportData 64 bytes of the quote or SNP report whose signature was checked; never
 *   those of `hcl.hardwareReport`, which on TDX nobody signed.
 */
export function hclReportDataBinding(hcl: HclReport, reportData: Uint8Array): boolean {
  return equalBytes(reportData, wantedReportData(hcl));
}

function expectNumber(got: number, want: number, field: string): void {
  if (got !== want) throw malformed(`hcl.${field}`, `want ${want}, got ${got}`);
}

function known<T>(values: ReadonlyMap<number, T>, code: number, field: string): T {
  const value = values.get(code);
  if (value !== undefined) return value;
  const codes = [...values.keys()].join(' or ');
  throw new Fault('unsupported', `hcl.${field}`, `want ${codes}, got ${code}`);
}
