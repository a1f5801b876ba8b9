import { utf8 } from '../../core/bytes/text.ts';
import { ByteWriter } from '../../core/bytes/writer.ts';
import { type BootEvent, EVENT_TYPE } from './event-log.ts';

const SHA384_ALGORITHM = 0x000c;
const CC_TYPE_TDX = 2;

/** Where the simulated firmware left its log in guest memory. */
const LOG_ADDRESS = 0xbedbf000n;

/** The buffer that the simulated firmware reserves; real ones are 64 KiB to 1 MiB. */
const CCEL_LOG_SIZE = 4096;

/**
 * The ACPI table that tells where the log is (ACPI 6.5, section 5.2.34).
 *
 * | offset | size | field          | offset | size | field                        |
 * |-------:|-----:|----------------|-------:|-----:|------------------------------|
 * |      0 |    4 | "CCEL"         |     36 |    1 | CC type: 2, TDX              |
 * |      4 |    4 | length: 56     |     37 |    1 | CC subtype                   |
 * |      8 |    1 | revision       |     38 |    2 | reserved                     |
 * |      9 |    1 | checksum       |     40 |    8 | minimum log area length      |
 * |     10 |   26 | OEM, creator   |     48 |    8 | log area start address       |
 */
export function encodeCcelTable(): Uint8Array {
  const table = new ByteWriter()
    .bytes(utf8('CCEL'))
    .u32(56)
    .u8(1)
    .u8(0)
    .bytes(utf8('PSTRN SIMULATR'))
    .u32(1)
    .bytes(utf8('PSTN'))
    .u32(1)
    .u8(CC_TYPE_TDX)
    .u8(0)
    .u16(0)
    .u64(BigInt(CCEL_LOG_SIZE))
    .u64(LOG_ADDRESS)
    .finish();
  // All bytes of an ACPI table add up to 0 modulo 256.
  const sum = table.reduce((total, byte) => total + byte, 0);
  table[9] = -sum & 0xff;
  return table;
}

/**
 * A TCG2 crypto-agile log (TCG PC Client Platform Firmware Profile, section 10.2), behind it
 * 0xff to the end of the buffer. Register n of the log is RTMR n - 1.
 */
export function encodeCcelLog(events: readonly BootEvent[]): Uint8Array {
  const writer = new ByteWriter().bytes(specIdEvent());
  for (const event of events) {
    writer
      .u32(event.rtmr + 1)
      .u32(event.type)
      .u32(1)
      .u16(SHA384_ALGORITHM)
      .bytes(event.digest)
      .u32(event.data.length)
      .bytes(event.data);
  }
  return writer.bytes(new Uint8Array(CCEL_LOG_SIZE - writer.length).fill(0xff)).finish();
}

/** TCG_PCR_EVENT with TCG_EfiSpecIdEvent: says that all that follows is SHA-384. */
function specIdEvent(): Uint8Array {
  const event = new ByteWriter()
    .bytes(utf8('Spec ID Event03\0'))
    .u32(0)
    .u8(0)
    .u8(2)
    .u8(0)
    .u8(2)
    .u32(1)
    .u16(SHA384_ALGORITHM)
    .u16(48)
    .u8(0)
    .finish();
  return new ByteWriter()
    .u32(1)
    .u32(EVENT_TYPE.noAction)
    .zeros(20)
    .u32(event.length)
    .bytes(event)
    .finish();
}
