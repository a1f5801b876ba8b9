import { isZero } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { malformed } from '../../../core/fault.ts';
import { EV_NO_ACTION } from './event-types.ts';

/** What the header of a crypto-agile log says of the log itself. */
export interface SpecId {
  readonly platformClass: number;
  /** `major.minor`, and the errata number. */
  readonly version: string;
  readonly errata: number;
  /** Digest size in bytes by TPM_ALG_ID. */
  readonly digestSizes: ReadonlyMap<number, number>;
  readonly vendorInfo: Uint8Array;
}

export const TPM_ALG_SHA384 = 0x000c;

/** TCG Algorithm Registry 1.34, table 3: the hash algorithms and their sizes. */
const KNOWN_SIZES: ReadonlyMap<number, number> = new Map([
  [0x0004, 20],
  [0x000b, 32],
  [TPM_ALG_SHA384, 48],
  [0x000d, 64],
  [0x0012, 32],
  [0x0027, 32],
  [0x0028, 48],
  [0x0029, 64],
]);

const SIGNATURE = toHex(utf8('Spec ID Event03\0'));
const ALGORITHM_LIMIT = 16;

/**
 * The first entry of a crypto-agile log, in the old form with one SHA-1 digest
 * (TCG PC Client Platform Firmware Profile 1.06, sections 10.2.1 and 10.4.5.1)
 *
 * | size | field                                                     |
 * |------|-----------------------------------------------------------|
 * | 4    | pcrIndex: 1 from OVMF, 0 from td-shim, without meaning    |
 * | 4    | eventType, EV_NO_ACTION                                   |
 * | 20   | digest, zero                                              |
 * | 4    | eventSize                                                 |
 * | 16   | signature, `Spec ID Event03` and a zero                   |
 * | 4    | platformClass                                             |
 * | 1    | specVersionMinor                                          |
 * | 1    | specVersionMajor                                          |
 * | 1    | specErrata                                                |
 * | 1    | uintnSize                                                 |
 * | 4    | numberOfAlgorithms, n                                     |
 * | 4 n  | algorithmId u16, digestSize u16                           |
 * | 1    | vendorInfoSize, m                                         |
 * | m    | vendorInfo                                                |
 *
 * @throws Fault `malformed` at `event_log.header.<field>`.
 */
export function readSpecId(log: ByteReader): SpecId {
  log.u32('header.pcr_index');
  if (log.u32('header.event_type') !== EV_NO_ACTION) {
    throw malformed('event_log.header.event_type', 'want EV_NO_ACTION: not a crypto-agile log');
  }
  if (!isZero(log.bytes(20, 'header.digest'))) {
    throw malformed('event_log.header.digest', 'want zeros');
  }
  const size = log.u32('header.event_size');
  const r = new ByteReader(log.bytes(size, 'header.event'), 'event_log.header');
  if (toHex(r.bytes(16, 'signature')) !== SIGNATURE) {
    throw malformed('event_log.header.signature', 'want "Spec ID Event03"');
  }
  const platformClass = r.u32('platform_class');
  const minor = r.u8('spec_version_minor');
  const major = r.u8('spec_version_major');
  const errata = r.u8('spec_errata');
  r.u8('uintn_size');
  const digestSizes = readAlgorithms(r);
  const vendorInfo = r.bytes(r.u8('vendor_info_size'), 'vendor_info');
  r.end();
  return { platformClass, version: `${major}.${minor}`, errata, digestSizes, vendorInfo };
}

function readAlgorithms(r: ByteReader): ReadonlyMap<number, number> {
  const at = 'event_log.header.algorithms';
  const count = r.u32('number_of_algorithms');
  if (count > ALGORITHM_LIMIT) throw malformed(at, `want at most ${ALGORITHM_LIMIT}, got ${count}`);
  const sizes = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const algorithm = r.u16(`algorithms[${i}].id`);
    const size = r.u16(`algorithms[${i}].size`);
    const known = KNOWN_SIZES.get(algorithm) ?? size;
    if (size === 0 || size !== known) {
      throw malformed(`${at}[${i}].size`, `want ${known || 'more than 0'} bytes, got ${size}`);
    }
    if (sizes.has(algorithm)) throw malformed(`${at}[${i}].id`, 'listed twice');
    sizes.set(algorithm, size);
  }
  if (!sizes.has(TPM_ALG_SHA384)) throw malformed(at, 'SHA-384, which RTMRs use, is not listed');
  return sizes;
}
