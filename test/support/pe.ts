import { utf8 } from '../../src/core/bytes/text.ts';
import { ByteWriter } from '../../src/core/bytes/writer.ts';

export interface PeParts {
  readonly dosSignature?: string;
  /** Where the PE header is said to begin. */
  readonly lfanew?: number;
  readonly signature?: string;
  readonly machine?: number;
  readonly magic?: number;
  readonly optionalSize?: number;
  readonly headersSize?: number;
  readonly checksum?: number;
  readonly directories?: number;
  readonly directoryCount?: number;
  readonly security?: readonly [address: number, size: number];
  /** Where each section stands in the file, in the order of the table. */
  readonly sections?: readonly (readonly [pointer: number, size: number])[];
  readonly sectionCount?: number;
  readonly size?: number;
}

const HEADER_AT = 0x40;

/** Headers of 512 bytes and two sections behind them, the second in the table first in the file. */
export function peOf({
  dosSignature = 'MZ',
  lfanew = HEADER_AT,
  signature = 'PE\0\0',
  machine = 0x8664,
  magic = 0x20b,
  directories = 16,
  directoryCount = directories,
  optionalSize = 112 + 8 * directories,
  headersSize = 0x200,
  checksum = 0,
  security = [0, 0],
  sections = [
    [0x300, 0x80],
    [0x200, 0x100],
  ],
  sectionCount = sections.length,
  size = 0x380,
}: PeParts = {}): Uint8Array {
  const file = Uint8Array.from({ length: size }, (_, i) => (i * 11 + (i >> 5)) & 0xff);
  const dos = new ByteWriter().bytes(utf8(dosSignature)).zeros(58).u32(lfanew);
  const header = new ByteWriter()
    .bytes(utf8(signature))
    .u16(machine)
    .u16(sectionCount)
    .zeros(12)
    .u16(optionalSize)
    .u16(0x22e)
    .u16(magic)
    .zeros(14)
    .u32(0x1000)
    .zeros(12)
    .u32(0x1000)
    .u32(0x200)
    .zeros(16)
    .u32(0x4000)
    .u32(headersSize)
    .u32(checksum)
    .u16(10)
    .zeros(38)
    .u32(directoryCount);
  for (let i = 0; i < directories; i++) {
    const [address, length] = i === 4 ? security : [0, 0];
    header.u32(address).u32(length);
  }
  for (const [pointer, length] of sections) {
    header.bytes(utf8('.section')).u32(length).u32(0x1000).u32(length).u32(pointer).zeros(12);
    header.u32(0x6000_0020);
  }
  const head = new Uint8Array(0x200);
  head.set(dos.finish());
  head.set(header.finish().subarray(0, 0x200 - HEADER_AT), HEADER_AT);
  file.set(head.subarray(0, size));
  return file;
}

/** The same with something at the end that is said to be a signature. */
export function signedPeOf(parts: PeParts = {}): Uint8Array {
  return peOf({ security: [0x380, 0x40], size: 0x3c0, ...parts });
}
