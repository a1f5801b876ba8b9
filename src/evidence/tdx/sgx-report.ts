import { ByteReader } from '../../core/bytes/reader.ts';

/**
 * REPORTBODY of an SGX enclave, here of the quoting enclave (Intel SDM vol. 3D, table 39-20).
 *
 * | offset | size | field        | offset | size | field       |
 * |-------:|-----:|--------------|-------:|-----:|-------------|
 * |      0 |   16 | CPUSVN       |    128 |   32 | MRSIGNER    |
 * |     16 |    4 | MISCSELECT   |    160 |   96 | reserved    |
 * |     20 |   28 | reserved     |    256 |    2 | ISVPRODID   |
 * |     48 |   16 | ATTRIBUTES   |    258 |    2 | ISVSVN      |
 * |     64 |   32 | MRENCLAVE    |    260 |   60 | reserved    |
 * |     96 |   32 | reserved     |    320 |   64 | REPORTDATA  |
 */
export interface SgxReport {
  /** The 384 bytes as signed. */
  readonly bytes: Uint8Array;
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
}

export const SGX_REPORT_SIZE = 384;

/** Reserved bytes are signed but carry extended product ids on newer platforms: not judged here. */
export function parseSgxReport(bytes: Uint8Array, path: string): SgxReport {
  const r = new ByteReader(bytes, path);
  const cpuSvn = r.bytes(16, 'cpu_svn');
  const miscSelect = r.bytes(4, 'misc_select');
  r.bytes(28, 'reserved1');
  const attributes = r.bytes(16, 'attributes');
  const mrEnclave = r.bytes(32, 'mr_enclave');
  r.bytes(32, 'reserved2');
  const mrSigner = r.bytes(32, 'mr_signer');
  r.bytes(96, 'reserved3');
  const isvProdId = r.u16('isv_prod_id');
  const isvSvn = r.u16('isv_svn');
  r.bytes(60, 'reserved4');
  const reportData = r.bytes(64, 'report_data');
  r.end();
  return {
    bytes,
    cpuSvn,
    miscSelect,
    attributes,
    mrEnclave,
    mrSigner,
    isvProdId,
    isvSvn,
    reportData,
  };
}
