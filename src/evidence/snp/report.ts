import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Cpuid } from './product.ts';

export const SNP_REPORT_SIZE = 1184;
const SIGNED_SIZE = 0x2a0;
const SIGNATURE_SIZE = 512;

/** Versions that this release reads; another may mean other things by the same bytes. */
const VERSIONS: readonly number[] = [2, 3, 4, 5];
/** From this version on the report names its processor. */
const WITH_CPUID = 3;
/** From this version on there may be mitigation vectors; version 5 documents them. */
const WITH_MITIGATION_VECTORS = 4;

/** VMPL of a report that the host asked for (SNP_HV_REPORT_REQ): the guest had no part in it. */
export const HOST_REQUESTED = 0xffffffff;

/** ECDSA P-384 with SHA-384, the only algorithm there is. */
export const ECDSA_P384_SHA384 = 1;

export const SIGNING_KEYS = { vcek: 0, vlek: 1, none: 7 } as const;

export type SigningKey = keyof typeof SIGNING_KEYS;

/** A version of AMD's firmware. */
export interface FirmwareVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/**
 * ATTESTATION_REPORT (SEV Secure Nested Paging Firmware ABI specification, document 56860),
 * integers little-endian
 *
 * | offset | size | field                      | offset | size | field                        |
 * |--------|-----:|----------------------------|--------|-----:|------------------------------|
 * | 0x000  |    4 | VERSION                    | 0x110  |   48 | AUTHOR_KEY_DIGEST            |
 * | 0x004  |    4 | GUEST_SVN                  | 0x140  |   32 | REPORT_ID                    |
 * | 0x008  |    8 | POLICY                     | 0x160  |   32 | REPORT_ID_MA                 |
 * | 0x010  |   16 | FAMILY_ID                  | 0x180  |    8 | REPORTED_TCB                 |
 * | 0x020  |   16 | IMAGE_ID                   | 0x188  |    3 | CPUID family, model, stepping (from version 3) |
 * | 0x030  |    4 | VMPL                       | 0x18b  |   21 | reserved                     |
 * | 0x034  |    4 | SIGNATURE_ALGO             | 0x1a0  |   64 | CHIP_ID                      |
 * | 0x038  |    8 | CURRENT_TCB                | 0x1e0  |    8 | COMMITTED_TCB                |
 * | 0x040  |    8 | PLATFORM_INFO              | 0x1e8  |    4 | CURRENT build, minor, major, reserved |
 * | 0x048  |    4 | KEY_INFO                   | 0x1ec  |    4 | COMMITTED build, minor, major, reserved |
 * | 0x04c  |    4 | reserved                   | 0x1f0  |    8 | LAUNCH_TCB                   |
 * | 0x050  |   64 | REPORT_DATA                | 0x1f8  |    8 | LAUNCH_MIT_VECTOR (from version 4) |
 * | 0x090  |   48 | MEASUREMENT                | 0x200  |    8 | CURRENT_MIT_VECTOR (from version 4) |
 * | 0x0c0  |   32 | HOST_DATA                  | 0x208  |  152 | reserved                     |
 * | 0x0e0  |   48 | ID_KEY_DIGEST              | 0x2a0  |  512 | SIGNATURE, over all before it |
 *
 * Version 4 is in no document that we know of; genuine reports of it carry mitigation vectors.
 */
export interface SnpReport {
  /** The bytes under the signature. */
  readonly signed: Uint8Array;
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  readonly signatureAlgo: number;
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly keyInfo: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly cpuid: Cpuid | undefined;
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  readonly launchTcb: Uint8Array;
  readonly launchMitVector: Uint8Array | undefined;
  readonly currentMitVector: Uint8Array | undefined;
  /** 512 bytes as they stand; nothing vouches for them but what verifies under them. */
  readonly signature: Uint8Array;
  /** What the version reserves, by the place where it stands. */
  readonly reserved: readonly ReservedBytes[];
}

interface ReservedBytes {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * @param bytes exactly one report.
 * @throws Fault `malformed` or `unsupported` at `report` or `report.<field>`.
 */
export function parseSnpReport(bytes: Uint8Array): SnpReport {
  if (bytes.length !== SNP_REPORT_SIZE) {
    throw malformed('report', `want ${SNP_REPORT_SIZE} bytes, got ${bytes.length}`);
  }
  const r = new ByteReader(bytes, 'report');
  const version = r.u32('version');
  if (!VERSIONS.includes(version)) {
    throw new Fault(
      'unsupported',
      'report.version',
      `unsupported version ${version}, want ${VERSIONS.join(', ')}`,
    );
  }
  const reserved: ReservedBytes[] = [];
  const reserve = (length: number, at = r.offset) => {
    reserved.push({ at, bytes: r.bytes(length, 'reserved') });
  };
  const head = parseHead(r, reserve);
  const identity = parseIdentity(r);
  const reportedTcb = r.bytes(8, 'reported_tcb');
  const cpuid = version < WITH_CPUID ? undefined : parseCpuid(r);
  reserve(version < WITH_CPUID ? 24 : 21);
  const chipId = r.bytes(64, 'chip_id');
  const committedTcb = r.bytes(8, 'committed_tcb');
  const currentVersion = parseFirmwareVersion(r);
  reserve(1);
  const committedVersion = parseFirmwareVersion(r);
  reserve(1);
  const launchTcb = r.bytes(8, 'launch_tcb');
  const vectors = version < WITH_MITIGATION_VECTORS ? undefined : parseVectors(r);
  reserve(vectors === undefined ? 16 + 152 : 152);
  const signature = r.bytes(SIGNATURE_SIZE, 'signature');
  r.end();
  return {
    signed: bytes.subarray(0, SIGNED_SIZE),
    version,
    ...head,
    ...identity,
    reportedTcb,
    cpuid,
    chipId,
    committedTcb,
    currentVersion,
    committedVersion,
    launchTcb,
    launchMitVector: vectors?.launch,
    currentMitVector: vectors?.current,
    signature,
    reserved,
  };
}

function parseHead(r: ByteReader, reserve: (length: number) => void) {
  const fields = {
    guestSvn: r.u32('guest_svn'),
    policy: r.u64('policy'),
    familyId: r.bytes(16, 'family_id'),
    imageId: r.bytes(16, 'image_id'),
    vmpl: r.u32('vmpl'),
    signatureAlgo: r.u32('signature_algo'),
    currentTcb: r.bytes(8, 'current_tcb'),
    platformInfo: r.u64('platform_info'),
    keyInfo: r.u32('key_info'),
  };
  reserve(4);
  return fields;
}

function parseIdentity(r: ByteReader) {
  return {
    reportData: r.bytes(64, 'report_data'),
    measurement: r.bytes(48, 'measurement'),
    hostData: r.bytes(32, 'host_data'),
    idKeyDigest: r.bytes(48, 'id_key_digest'),
    authorKeyDigest: r.bytes(48, 'author_key_digest'),
    reportId: r.bytes(32, 'report_id'),
    reportIdMa: r.bytes(32, 'report_id_ma'),
  };
}

function parseCpuid(r: ByteReader): Cpuid {
  return {
    family: r.u8('cpuid_fam_id'),
    model: r.u8('cpuid_mod_id'),
    stepping: r.u8('cpuid_step'),
  };
}

function parseFirmwareVersion(r: ByteReader): FirmwareVersion {
  const build = r.u8('build');
  const minor = r.u8('minor');
  return { build, minor, major: r.u8('major') };
}

function parseVectors(r: ByteReader) {
  return { launch: r.bytes(8, 'launch_mit_vector'), current: r.bytes(8, 'current_mit_vector') };
}

/** The first bytes that are reserved and not zero, KEY_INFO's bits 31:5 among them. */
export function reservedProblem({ reserved, keyInfo }: SnpReport): Mismatch | undefined {
  const found = reserved.find(({ bytes }) => !isZero(bytes));
  if (found) {
    const first = found.at + found.bytes.findIndex((byte) => byte !== 0);
    return {
      want: `zeros from 0x${found.at.toString(16)}, ${found.bytes.length} bytes`,
      got: `0x${toHex(found.bytes.subarray(first - found.at, first - found.at + 1))} at 0x${first.toString(16)}`,
    };
  }
  const bits = keyInfo >>> 5;
  return bits === 0
    ? undefined
    : { want: 'KEY_INFO bits 31:5 zero', got: `0x${keyInfo.toString(16)}` };
}

/** KEY_INFO by its parts. */
export function keyInfoOf({ keyInfo }: SnpReport): {
  readonly authorKeyEn: boolean;
  readonly maskChipKey: boolean;
  /** SIGNING_KEY as it stands, 0 to 7. */
  readonly code: number;
  /** Undefined where the value is reserved. */
  readonly signingKey: SigningKey | undefined;
} {
  const code = (keyInfo >>> 2) & 7;
  const names = Object.keys(SIGNING_KEYS) as SigningKey[];
  return {
    authorKeyEn: (keyInfo & 1) !== 0,
    maskChipKey: (keyInfo & 2) !== 0,
    code,
    signingKey: names.find((name) => SIGNING_KEYS[name] === code),
  };
}
