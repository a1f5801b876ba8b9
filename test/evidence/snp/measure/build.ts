import { p384 } from '@noble/curves/nist.js';
import { sha384 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../../../src/core/bytes/writer.ts';
import { guidBytes } from '../../../../src/evidence/guid.ts';
import type { IdSigner } from '../../../../src/evidence/snp/measure/id-auth.ts';

const FOOTER_GUID = '96b582de-1fb2-45f7-baea-a366c55a082d';
export const METADATA_GUID = 'dc886566-984a-4798-a75e-5585a7bf67cc';
export const RESET_GUID = '00f771de-1a7e-4fcb-890e-68c77e2fb44e';
export const HASHES_GUID = '7255371f-3a3b-4b04-927b-1da6efa8d454';

export type Section = readonly [gpa: number, size: number, type: number];

/** What AmdSev's OVMF has, in less room. */
export const SECTIONS: readonly Section[] = [
  [0x80_0000, 0x2000, 1],
  [0x80_d000, 0x1000, 2],
  [0x80_e000, 0x1000, 3],
  [0x80_f000, 0x1000, 4],
  [0x81_0000, 0x1000, 0x10],
];

export type Entry = readonly [guid: string, data: Uint8Array];

export interface FirmwareParts {
  readonly sections?: readonly Section[];
  readonly metadata?: Uint8Array;
  /** Bytes from the end of the image to the metadata. */
  readonly metadataAt?: number;
  readonly entries?: readonly Entry[];
  /** Length that the footer claims for the table. */
  readonly tableLength?: number;
  readonly footer?: string;
  readonly pages?: number;
}

const METADATA_AT = 0x800;

export function u32(value: number): Uint8Array {
  return new ByteWriter().u32(value).finish();
}

export function metadataOf(
  sections: readonly Section[],
  {
    signature = 'ASEV',
    length = 16 + 12 * sections.length,
    version = 1,
    count = sections.length,
  } = {},
): Uint8Array {
  const writer = new ByteWriter().bytes(utf8(signature)).u32(length).u32(version).u32(count);
  for (const [gpa, size, type] of sections) writer.u32(gpa).u32(size).u32(type);
  return writer.finish();
}

export function entriesOf({
  metadataAt = METADATA_AT,
  reset = 0x80_b004,
  hashes = [0x81_0c00, 0x400],
}: {
  metadataAt?: number;
  reset?: number;
  hashes?: readonly [gpa: number, size: number];
} = {}): readonly Entry[] {
  return [
    [METADATA_GUID, u32(metadataAt)],
    [HASHES_GUID, concatBytes(u32(hashes[0]), u32(hashes[1]))],
    [RESET_GUID, u32(reset)],
  ];
}

function entryBytes([guid, data]: Entry): Uint8Array {
  return concatBytes(data, new ByteWriter().u16(data.length + 18).finish(), guidBytes(guid));
}

/** A firmware image of patterned pages with an OVMF table at its end. */
export function firmwareOf({
  sections = SECTIONS,
  metadata = metadataOf(sections),
  metadataAt = METADATA_AT,
  entries = entriesOf({ metadataAt }),
  footer = FOOTER_GUID,
  tableLength,
  pages = 2,
}: FirmwareParts = {}): Uint8Array {
  const image = Uint8Array.from({ length: pages * 4096 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  const listed = concatBytes(...entries.map(entryBytes));
  const length = tableLength ?? listed.length + 18;
  const table = concatBytes(listed, new ByteWriter().u16(length).finish(), guidBytes(footer));
  image.set(table, image.length - 32 - table.length);
  image.set(metadata, image.length - METADATA_AT);
  return image;
}

/** A P-384 key that is a function of its name. */
export function signerOf(name: string): IdSigner {
  const secret = sha384(utf8(name));
  return {
    publicKey: p384.getPublicKey(secret, false).slice(1),
    sign: (message) => p384.sign(message, secret, { lowS: false }),
  };
}
