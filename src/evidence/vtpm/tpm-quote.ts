import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { sized, uint16, uint32, uint64 } from './tpm-fields.ts';

/** TPMS_PCR_SELECTION: one bank, and which of its registers. */
export interface PcrSelection {
  /** TPM_ALG_ID of the bank. */
  readonly hash: number;
  /** Indexes of the registers, ascending. */
  readonly pcrs: readonly number[];
}

/** TPMS_CLOCK_INFO. */
export interface ClockInfo {
  /** Milliseconds that the TPM was powered. */
  readonly clock: bigint;
  readonly resetCount: number;
  readonly restartCount: number;
  /** No greater value of the clock was reported before. */
  readonly safe: boolean;
}

/** What the attestation key signed: a TPMS_ATTEST with a TPMS_QUOTE_INFO. */
export interface TpmQuote {
  /** Name of the signing key, up to 66 bytes; nothing here to hold it against. */
  readonly qualifiedSigner: Uint8Array;
  /** The verifier's nonce, up to 66 bytes. */
  readonly extraData: Uint8Array;
  readonly clockInfo: ClockInfo;
  readonly firmwareVersion: bigint;
  /** In the order in which the registers were hashed. */
  readonly pcrSelect: readonly PcrSelection[];
  /** Hash over the selected registers; SHA-256 where the signature uses SHA-256. */
  readonly pcrDigest: Uint8Array;
}

const TPM_GENERATED_VALUE = 0xff544347;
const TPM_ST_ATTEST_QUOTE = 0x8018;

/** Algorithm and digest, the longest being SHA-512's: TPMU_NAME and TPMT_HA alike. */
const LARGEST_HA = 2 + 64;
const LARGEST_DIGEST = 64;
/** HASH_COUNT is the TPM's own; its software stack holds 16 banks (TSS 2.0 TPM2_NUM_PCR_BANKS). */
const MOST_BANKS = 16;
/** PCR_SELECT_MIN: 24 registers (PC Client Platform TPM Profile). */
const SHORTEST_SELECT = 3;
/** 32 registers, the most that the TPM software stack holds (TSS 2.0 TPM2_PCR_SELECT_MAX). */
const LONGEST_SELECT = 4;

/**
 * TPMS_ATTEST of a quote (TPM 2.0 Library Part 2, attestation structures), integers big-endian
 *
 * | size | field                                                     |
 * |------|-----------------------------------------------------------|
 * | 4    | magic, 0xff 'TCG': made inside of a TPM                   |
 * | 2    | type, 0x8018 TPM_ST_ATTEST_QUOTE                          |
 * | 2+n  | qualifiedSigner, TPM2B_NAME                               |
 * | 2+n  | extraData, TPM2B_DATA                                     |
 * | 17   | clockInfo: clock u64, resetCount u32, restartCount u32, safe u8 |
 * | 8    | firmwareVersion                                           |
 * | 4+…  | pcrSelect: count u32, then hash u16, sizeofSelect u8, pcrSelect each |
 * | 2+n  | pcrDigest, TPM2B_DIGEST                                   |
 *
 * @throws Fault `malformed` or, for another kind of attestation, `unsupported`, at `quote.<field>`.
 */
export function parseTpmQuote(message: Uint8Array): TpmQuote {
  const r = new ByteReader(message, 'quote');
  // The key also signs what others hand it, but nothing of theirs that begins so (Part 1).
  const magic = uint32(r, 'magic');
  if (magic !== TPM_GENERATED_VALUE) {
    throw malformed('quote.magic', `want 0xff544347, got 0x${magic.toString(16)}`);
  }
  const type = uint16(r, 'type');
  if (type !== TPM_ST_ATTEST_QUOTE) {
    throw new Fault('unsupported', 'quote.type', `want 0x8018, got 0x${type.toString(16)}`);
  }
  const quote = {
    qualifiedSigner: sized(r, 'quote', 'qualifiedSigner', LARGEST_HA),
    extraData: sized(r, 'quote', 'extraData', LARGEST_HA),
    clockInfo: clockInfo(r),
    firmwareVersion: uint64(r, 'firmwareVersion'),
    pcrSelect: pcrSelections(r),
    pcrDigest: sized(r, 'quote', 'pcrDigest', LARGEST_DIGEST),
  };
  r.end();
  return quote;
}

function clockInfo(r: ByteReader): ClockInfo {
  const clock = uint64(r, 'clockInfo.clock');
  const resetCount = uint32(r, 'clockInfo.resetCount');
  const restartCount = uint32(r, 'clockInfo.restartCount');
  const safe = r.u8('clockInfo.safe');
  if (safe > 1) throw malformed('quote.clockInfo.safe', `want 0 or 1, got ${safe}`);
  return { clock, resetCount, restartCount, safe: safe === 1 };
}

function pcrSelections(r: ByteReader): PcrSelection[] {
  const count = uint32(r, 'pcrSelect.count');
  if (count > MOST_BANKS) {
    throw malformed('quote.pcrSelect.count', `want at most ${MOST_BANKS}, got ${count}`);
  }
  return Array.from({ length: count }, (_, i) => pcrSelection(r, `pcrSelect[${i}]`));
}

function pcrSelection(r: ByteReader, field: string): PcrSelection {
  const hash = uint16(r, `${field}.hash`);
  const size = r.u8(`${field}.sizeofSelect`);
  if (size < SHORTEST_SELECT || size > LONGEST_SELECT) {
    throw malformed(
      `quote.${field}.sizeofSelect`,
      `want ${SHORTEST_SELECT} or ${LONGEST_SELECT}, got ${size}`,
    );
  }
  const bitmap = r.bytes(size, `${field}.pcrSelect`);
  const pcrs = Array.from({ length: size * 8 }, (_, index) => index).filter(
    (index) => ((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1,
  );
  return { hash, pcrs };
}
