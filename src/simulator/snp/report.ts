import { ByteWriter } from '../../core/bytes/writer.ts';
import {
  type Cpuid,
  encodeTcb,
  type FirmwareVersion,
  type SnpProduct,
  type Tcb,
} from './product.ts';

/** The fields of an ATTESTATION_REPORT (SEV-SNP ABI specification); the names are those of its claims. */
export interface SnpReportContent {
  version: number;
  guestSvn: number;
  policy: bigint;
  familyId: Uint8Array;
  imageId: Uint8Array;
  vmpl: number;
  signatureAlgo: number;
  currentTcb: Tcb;
  platformInfo: bigint;
  keyInfo: number;
  reportData: Uint8Array;
  measurement: Uint8Array;
  hostData: Uint8Array;
  idKeyDigest: Uint8Array;
  authorKeyDigest: Uint8Array;
  reportId: Uint8Array;
  reportIdMa: Uint8Array;
  reportedTcb: Tcb;
  /** Undefined in version 2, which has no place for it. */
  cpuid: Cpuid | undefined;
  chipId: Uint8Array;
  committedTcb: Tcb;
  current: FirmwareVersion;
  committed: FirmwareVersion;
  launchTcb: Tcb;
  launchMitVector: bigint;
  currentMitVector: bigint;
}

/** What the signature covers: everything before it. */
export const SIGNED_LENGTH = 0x2a0;

/** The first 0x2a0 bytes of a report, in wire order. */
export function encodeSignedPart(product: SnpProduct, content: SnpReportContent): Uint8Array {
  const { cpuid } = content;
  const writer = new ByteWriter()
    .u32(content.version)
    .u32(content.guestSvn)
    .u64(content.policy)
    .bytes(sized(content.familyId, 16))
    .bytes(sized(content.imageId, 16))
    .u32(content.vmpl)
    .u32(content.signatureAlgo)
    .bytes(encodeTcb(product, content.currentTcb))
    .u64(content.platformInfo)
    .u32(content.keyInfo)
    .zeros(4)
    .bytes(sized(content.reportData, 64))
    .bytes(sized(content.measurement, 48))
    .bytes(sized(content.hostData, 32))
    .bytes(sized(content.idKeyDigest, 48))
    .bytes(sized(content.authorKeyDigest, 48))
    .bytes(sized(content.reportId, 32))
    .bytes(sized(content.reportIdMa, 32))
    .bytes(encodeTcb(product, content.reportedTcb))
    .bytes(cpuid ? Uint8Array.of(cpuid.family, cpuid.model, cpuid.stepping) : new Uint8Array(3))
    .zeros(21)
    .bytes(sized(content.chipId, 64))
    .bytes(encodeTcb(product, content.committedTcb))
    .bytes(encodeVersion(content.current))
    .bytes(encodeVersion(content.committed))
    .bytes(encodeTcb(product, content.launchTcb))
    .u64(content.launchMitVector)
    .u64(content.currentMitVector);
  return writer.zeros(SIGNED_LENGTH - writer.length).finish();
}

/** Build, minor, major, and a reserved byte. */
function encodeVersion({ build, minor, major }: FirmwareVersion): Uint8Array {
  return Uint8Array.of(build, minor, major, 0);
}

/** R and S, each 72 bytes little-endian, and 368 reserved bytes: 512 in all. */
export function encodeSignature(r: bigint, s: bigint): Uint8Array {
  return new ByteWriter().bytes(littleEndian72(r)).bytes(littleEndian72(s)).zeros(368).finish();
}

function littleEndian72(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 72 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** What does not fit its field would move all that follows. */
function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes, not ${length}`);
  return bytes;
}
