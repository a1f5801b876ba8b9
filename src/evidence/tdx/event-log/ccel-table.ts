import { isZero } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { malformed } from '../../../core/fault.ts';

/** The ACPI table that says where firmware left the event log; nothing vouches for it. */
export interface CcelTable {
  readonly revision: number;
  readonly oemId: Uint8Array;
  readonly oemTableId: Uint8Array;
  readonly oemRevision: number;
  readonly creatorId: Uint8Array;
  readonly creatorRevision: number;
  readonly ccSubtype: number;
  /** Size of the log area in bytes, padding included. */
  readonly logAreaMinimumLength: bigint;
  /** Guest physical address of the log area. */
  readonly logAreaStartAddress: bigint;
}

const CCEL_TABLE_SIZE = 56;
const SIGNATURE = toHex(utf8('CCEL'));
const CC_TYPE_TDX = 2;

/**
 * CC Event Log ACPI table (ACPI 6.5, section 5.2.34)
 *
 * | offset | size | field                            |
 * |--------|------|----------------------------------|
 * | 0      | 4    | Signature, `CCEL`                |
 * | 4      | 4    | Length, 56                       |
 * | 8      | 1    | Revision                         |
 * | 9      | 1    | Checksum: all bytes sum to 0     |
 * | 10     | 6    | OEMID                            |
 * | 16     | 8    | OEM Table ID                     |
 * | 24     | 4    | OEM Revision                     |
 * | 28     | 4    | Creator ID                       |
 * | 32     | 4    | Creator Revision                 |
 * | 36     | 1    | CC Type, 2 is TDX                |
 * | 37     | 1    | CC Subtype                       |
 * | 38     | 2    | Reserved                         |
 * | 40     | 8    | Log Area Minimum Length (LAML)   |
 * | 48     | 8    | Log Area Start Address (LASA)    |
 *
 * @throws Fault `malformed` at `ccel.<field>`.
 */
export function parseCcelTable(bytes: Uint8Array): CcelTable {
  const r = new ByteReader(bytes, 'ccel');
  if (toHex(r.bytes(4, 'signature')) !== SIGNATURE) {
    throw malformed('ccel.signature', 'want "CCEL"');
  }
  const length = r.u32('length');
  if (length !== CCEL_TABLE_SIZE) {
    throw malformed('ccel.length', `want ${CCEL_TABLE_SIZE}, got ${length}`);
  }
  const revision = r.u8('revision');
  r.u8('checksum');
  const oemId = r.bytes(6, 'oem_id');
  const oemTableId = r.bytes(8, 'oem_table_id');
  const oemRevision = r.u32('oem_revision');
  const creatorId = r.bytes(4, 'creator_id');
  const creatorRevision = r.u32('creator_revision');
  const ccType = r.u8('cc_type');
  if (ccType !== CC_TYPE_TDX) {
    throw malformed('ccel.cc_type', `want ${CC_TYPE_TDX} (TDX), got ${ccType}`);
  }
  const ccSubtype = r.u8('cc_subtype');
  if (!isZero(r.bytes(2, 'reserved'))) throw malformed('ccel.reserved', 'want zeros');
  const logAreaMinimumLength = r.u64('laml');
  const logAreaStartAddress = r.u64('lasa');
  r.end();
  const sum = bytes.reduce((total, byte) => (total + byte) % 256, 0);
  if (sum !== 0) throw malformed('ccel.checksum', `all bytes sum to ${sum} modulo 256, want 0`);
  return {
    revision,
    oemId,
    oemTableId,
    oemRevision,
    creatorId,
    creatorRevision,
    ccSubtype,
    logAreaMinimumLength,
    logAreaStartAddress,
  };
}
