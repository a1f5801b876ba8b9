import { ByteReader } from '../../../core/bytes/reader.ts';
import { malformed } from '../../../core/fault.ts';
import { coverageOf } from './coverage.ts';
import {
  EVENT_COUNT_LIMIT,
  EVENT_LOG_SIZE_LIMIT,
  type EventLog,
  type LoggedEvent,
  type RtmrIndex,
  type UnextendedEntry,
} from './event.ts';
import { EV_NO_ACTION } from './event-types.ts';
import { paddingStart, strayByte } from './padding.ts';
import { readSpecId, type SpecId, TPM_ALG_SHA384 } from './spec-id.ts';

/** CC measurement register index of a TD (UEFI 2.10, chapter 38): MRTD, then RTMR0..3. */
const MRTD = 0;
const RTMRS: ReadonlyMap<number, RtmrIndex> = new Map([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 3],
]);
/** "No register": firmware of Google's logs such entries for people to read. */
const NO_REGISTER = 0xffffffff;

interface Entry {
  readonly register: number;
  readonly type: number;
  readonly sha384: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/**
 * The TCG2 crypto-agile log that firmware leaves in the CCEL area: a header in the old form,
 * then entries until padding or the end.
 *
 * Everything in it is attacker-controlled until the replayed registers equal the quoted ones.
 *
 * @throws Fault `malformed` at `event_log.event[n].<field>`.
 */
export function parseTcg2Log(bytes: Uint8Array): EventLog {
  if (bytes.length > EVENT_LOG_SIZE_LIMIT) {
    throw malformed('event_log', `want at most ${EVENT_LOG_SIZE_LIMIT} bytes, got ${bytes.length}`);
  }
  const r = new ByteReader(bytes, 'event_log');
  const specId = readSpecId(r);
  const padding = paddingStart(bytes);
  const events: LoggedEvent[] = [];
  const notExtended: UnextendedEntry[] = [];
  let index = 0;
  for (; r.offset < padding; index++) {
    if (index >= EVENT_COUNT_LIMIT) {
      throw malformed('event_log', `more than ${EVENT_COUNT_LIMIT} entries`);
    }
    refuseBrokenPadding(bytes, r.offset);
    const { register, type, sha384, data } = readEntry(r, index, specId);
    const because = whyNotExtended(register, type);
    if (because !== undefined) {
      notExtended.push({ index, type, data, because });
      continue;
    }
    const rtmr = RTMRS.get(register);
    if (rtmr === undefined) {
      throw malformed(`event_log.event[${index}].mr_index`, `want 0 to 4, got ${register}`);
    }
    if (sha384 === undefined) {
      throw malformed(`event_log.event[${index}].digests`, 'no SHA-384 digest');
    }
    const coverage = coverageOf(type, data, sha384);
    events.push({ index, register: rtmr, type, digest: sha384, data, coverage });
  }
  return { format: 'ccel', events, notExtended, end: r.offset, specId };
}

/**
 * TCG_PCR_EVENT2 (TCG PC Client Platform Firmware Profile 1.06, section 10.2.2)
 *
 * | size    | field                                             |
 * |---------|---------------------------------------------------|
 * | 4       | pcrIndex; in a TD the CC measurement register     |
 * | 4       | eventType                                         |
 * | 4       | digests.count, n                                  |
 * | n times | hashAlg u16, digest of the header's size for it   |
 * | 4       | eventSize, m                                      |
 * | m       | event                                             |
 */
function readEntry(r: ByteReader, index: number, { digestSizes }: SpecId): Entry {
  const field = (name: string) => `event[${index}].${name}`;
  const register = r.u32(field('mr_index'));
  const type = r.u32(field('event_type'));
  const count = r.u32(field('digests.count'));
  if (count < 1 || count > digestSizes.size) {
    throw malformed(
      `event_log.${field('digests.count')}`,
      `want 1 to ${digestSizes.size}, got ${count} before 0x${r.offset.toString(16)}`,
    );
  }
  const digests = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const algorithm = r.u16(field(`digests[${i}].algorithm`));
    const size = digestSizes.get(algorithm);
    if (size === undefined || digests.has(algorithm)) {
      const problem = size === undefined ? 'is not in the header' : 'comes twice';
      throw malformed(
        `event_log.${field(`digests[${i}].algorithm`)}`,
        `algorithm 0x${algorithm.toString(16)} ${problem}`,
      );
    }
    digests.set(algorithm, r.bytes(size, field(`digests[${i}].digest`)));
  }
  const data = r.bytes(r.u32(field('event_size')), field('event'));
  return { register, type, sha384: digests.get(TPM_ALG_SHA384), data };
}

function whyNotExtended(register: number, type: number): UnextendedEntry['because'] | undefined {
  if (type === EV_NO_ACTION) return 'EV_NO_ACTION';
  if (register === MRTD) return 'MRTD, closed before the TD runs';
  return register === NO_REGISTER ? 'names no register' : undefined;
}

/**
 * Eight equal bytes 0x00 or 0xFF are no entry but the padding's beginning, and what follows
 * is not padding: the log goes on where readers stop, or has a hole.
 */
function refuseBrokenPadding(bytes: Uint8Array, start: number): void {
  const run = strayByte(bytes, start);
  if (run - start < 8) return;
  throw malformed(
    'event_log',
    `entries end at 0x${start.toString(16)}, but the byte at 0x${run.toString(16)} is not padding`,
  );
}
