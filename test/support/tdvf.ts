import { utf8 } from '../../src/core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../src/core/bytes/writer.ts';
import { guidBytes } from '../../src/evidence/guid.ts';

const FOOTER_GUID = '96b582de-1fb2-45f7-baea-a366c55a082d';
const TDVF_GUID = 'e47a6535-984a-4798-865e-4685a7bf8ec2';

/** A row of the descriptor as it stands there, whether it makes sense or not. */
export interface TdvfRow {
  readonly dataOffset?: number;
  readonly dataSize?: number;
  readonly gpa: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly attributes?: number;
}

export const BFV: TdvfRow = {
  dataOffset: 0x1000,
  dataSize: 0x2000,
  gpa: 0xffff_e000n,
  size: 0x2000n,
  type: 0,
  attributes: 1,
};
export const CFV: TdvfRow = {
  dataOffset: 0,
  dataSize: 0x1000,
  gpa: 0xffff_d000n,
  size: 0x1000n,
  type: 1,
};
export const TEMP_MEM: TdvfRow = { gpa: 0x81_0000n, size: 0x3000n, type: 3 };
export const TD_HOB: TdvfRow = { gpa: 0x80_9000n, size: 0x2000n, type: 2 };

export interface TdvfParts {
  readonly rows?: readonly TdvfRow[];
  readonly signature?: string;
  readonly version?: number;
  readonly count?: number;
  readonly length?: number;
  /** Bytes from the end of the image to the descriptor. */
  readonly descriptorAt?: number;
  /** GUID of the table's entry that says so. */
  readonly guid?: string;
  /** Bytes of that entry's data. */
  readonly entrySize?: number;
}

const DESCRIPTOR_AT = 0x400;

/** Three patterned pages with a descriptor and an OVMF table at their end. */
export function tdvfOf({
  rows = [BFV, CFV, TEMP_MEM, TD_HOB],
  signature = 'TDVF',
  version = 1,
  count = rows.length,
  length = 16 + 32 * rows.length,
  descriptorAt = DESCRIPTOR_AT,
  guid = TDVF_GUID,
  entrySize = 4,
}: TdvfParts = {}): Uint8Array {
  const image = Uint8Array.from({ length: 0x3000 }, (_, i) => (i * 5 + (i >> 7)) & 0xff);
  const descriptor = new ByteWriter().bytes(utf8(signature)).u32(length).u32(version).u32(count);
  for (const { dataOffset = 0, dataSize = 0, gpa, size, type, attributes = 0 } of rows) {
    descriptor.u32(dataOffset).u32(dataSize).u64(gpa).u64(size).u32(type).u32(attributes);
  }
  const offset = new ByteWriter().u32(descriptorAt).zeros(4).finish().subarray(0, entrySize);
  const entry = concatBytes(offset, tail(entrySize + 18, guid));
  const table = concatBytes(entry, tail(entry.length + 18, FOOTER_GUID));
  image.set(table, image.length - 32 - table.length);
  image.set(descriptor.finish(), image.length - DESCRIPTOR_AT);
  return image;
}

function tail(length: number, guid: string): Uint8Array {
  return concatBytes(new ByteWriter().u16(length).finish(), guidBytes(guid));
}
