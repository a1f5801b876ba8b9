import { utf8 } from '../../src/core/bytes/text.ts';
import { ByteWriter } from '../../src/core/bytes/writer.ts';

/** The runtime claims of the report below. */
export const json = utf8('{"keys":[],"user-data":"00"}');

interface Parts {
  readonly signature?: string;
  readonly version?: number;
  readonly reportSize?: number;
  readonly requestType?: number;
  readonly status?: number;
  readonly reserved?: Uint8Array;
  readonly dataSize?: number;
  readonly dataVersion?: number;
  readonly reportType?: number;
  readonly hashType?: number;
  readonly variableSize?: number;
  readonly json?: Uint8Array;
  readonly tail?: Uint8Array;
}

/** Azure's HCL report, right but for what a test changes. */
export function hcl(parts: Parts = {}): Uint8Array {
  const claims = parts.json ?? json;
  const dataSize = parts.dataSize ?? 20 + claims.length;
  return new ByteWriter()
    .bytes(utf8(parts.signature ?? 'HCLA'))
    .u32(parts.version ?? 2)
    .u32(parts.reportSize ?? 0x4c0 + dataSize)
    .u32(parts.requestType ?? 2)
    .u32(parts.status ?? 0)
    .bytes(parts.reserved ?? new Uint8Array(12))
    .bytes(new Uint8Array(1184).fill(0x81))
    .u32(dataSize)
    .u32(parts.dataVersion ?? 1)
    .u32(parts.reportType ?? 4)
    .u32(parts.hashType ?? 1)
    .u32(parts.variableSize ?? claims.length)
    .bytes(claims)
    .bytes(parts.tail ?? new Uint8Array(100))
    .finish();
}
