import { ByteReader } from '../../../core/bytes/reader.ts';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { Fault } from '../../../core/fault.ts';
import { DIGEST_SIZE } from './page.ts';

/** What the owner of a guest says about it; the firmware launches nothing that is not so. */
export interface IdBlock {
  /** 48 bytes: the measurement that the guest must have. */
  readonly launchDigest: Uint8Array;
  /** 16 bytes, of the owner's choice; copied into every report. */
  readonly familyId: Uint8Array;
  /** 16 bytes, likewise. */
  readonly imageId: Uint8Array;
  readonly guestSvn: number;
  /** The guest policy that it must be launched with. */
  readonly policy: bigint;
}

const ID_SIZE = 16;
const VERSION = 1;

/** Reserved bit 17, which must be one, and SMT allowed. */
export const DEFAULT_GUEST_POLICY = 0x30000n;

/**
 * ID Block (SEV-SNP ABI specification, SNP_LAUNCH_FINISH, "Structure of the ID Block")
 *
 * | offset | size | field         |
 * |--------|------|---------------|
 * | 0x00   | 48   | LD            |
 * | 0x30   | 16   | FAMILY_ID     |
 * | 0x40   | 16   | IMAGE_ID      |
 * | 0x50   | 4    | VERSION, 1    |
 * | 0x54   | 4    | GUEST_SVN     |
 * | 0x58   | 8    | POLICY        |
 *
 * @throws Fault `malformed` or `unsupported` (version) at `id_block…`.
 */
export function parseIdBlock(bytes: Uint8Array): IdBlock {
  const r = new ByteReader(bytes, 'id_block');
  const launchDigest = r.bytes(DIGEST_SIZE, 'ld');
  const familyId = r.bytes(ID_SIZE, 'family_id');
  const imageId = r.bytes(ID_SIZE, 'image_id');
  const version = r.u32('version');
  if (version !== VERSION) {
    throw new Fault('unsupported', 'id_block.version', `want ${VERSION}, got ${version}`);
  }
  const guestSvn = r.u32('guest_svn');
  const policy = r.u64('policy');
  r.end();
  return { launchDigest, familyId, imageId, guestSvn, policy };
}

/** @throws Fault `usage` at `id_block.<field>` for a value that does not fit its field. */
export function encodeIdBlock(block: IdBlock): Uint8Array {
  const { guestSvn, policy } = block;
  if (!Number.isInteger(guestSvn) || guestSvn < 0 || guestSvn > 0xffff_ffff) {
    throw new Fault('usage', 'id_block.guest_svn', `want a number of 32 bits, got ${guestSvn}`);
  }
  if (policy < 0n || policy >= 2n ** 64n) {
    throw new Fault('usage', 'id_block.policy', 'want a number of 64 bits');
  }
  return new ByteWriter()
    .bytes(sized(block.launchDigest, DIGEST_SIZE, 'ld'))
    .bytes(sized(block.familyId, ID_SIZE, 'family_id'))
    .bytes(sized(block.imageId, ID_SIZE, 'image_id'))
    .u32(VERSION)
    .u32(guestSvn)
    .u64(policy)
    .finish();
}

function sized(bytes: Uint8Array, size: number, field: string): Uint8Array {
  if (bytes.length === size) return bytes;
  throw new Fault('usage', `id_block.${field}`, `want ${size} bytes, got ${bytes.length}`);
}
