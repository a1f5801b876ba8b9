import { sha384 } from '#crypto';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../../../src/core/bytes/writer.ts';

const SHA384 = 0x000c;

export interface HeaderParts {
  readonly eventType?: number;
  readonly sha1?: Uint8Array;
  readonly signature?: string;
  readonly algorithms?: readonly (readonly [id: number, size: number])[];
  readonly algorithmCount?: number;
  readonly vendorInfo?: Uint8Array;
  readonly vendorInfoSize?: number;
  readonly tail?: Uint8Array;
}

/** A header as OVMF writes it, with the damage that a test asks for. */
export function header(parts: HeaderParts = {}): Uint8Array {
  const algorithms = parts.algorithms ?? [[SHA384, 48]];
  const vendorInfo = parts.vendorInfo ?? new Uint8Array();
  const event = new ByteWriter()
    .bytes(utf8(parts.signature ?? 'Spec ID Event03\0'))
    .u32(0)
    .bytes(Uint8Array.of(0, 2, 0, 2))
    .u32(parts.algorithmCount ?? algorithms.length);
  for (const [id, size] of algorithms) event.u16(id).u16(size);
  event.u8(parts.vendorInfoSize ?? vendorInfo.length).bytes(vendorInfo);
  event.bytes(parts.tail ?? new Uint8Array());
  return new ByteWriter()
    .u32(1)
    .u32(parts.eventType ?? 3)
    .bytes(parts.sha1 ?? new Uint8Array(20))
    .u32(event.length)
    .bytes(event.finish())
    .finish();
}

export interface EntryParts {
  /** CC measurement register index: RTMR0 is 1. */
  readonly mr?: number;
  readonly type?: number;
  readonly data?: Uint8Array;
  /** Unless given, one SHA-384 digest of the data. */
  readonly digests?: readonly (readonly [id: number, digest: Uint8Array])[];
  readonly count?: number;
  readonly size?: number;
}

/** An entry that its digest covers whole, with the damage that a test asks for. */
export function entry(parts: EntryParts = {}): Uint8Array {
  const data = parts.data ?? utf8('event');
  const digests = parts.digests ?? [[SHA384, sha384(data)]];
  const w = new ByteWriter()
    .u32(parts.mr ?? 1)
    .u32(parts.type ?? 5)
    .u32(parts.count ?? digests.length);
  for (const [id, digest] of digests) w.u16(id).bytes(digest);
  return w
    .u32(parts.size ?? data.length)
    .bytes(data)
    .finish();
}

export function ccel(...entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(header(), ...entries);
}

/** One entry with a digest of our choice. */
export function measured(
  mr: number,
  type: number,
  digest: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  return entry({ mr, type, data, digests: [[SHA384, digest]] });
}

export interface DstackParts {
  readonly imr?: unknown;
  readonly event_type?: unknown;
  readonly digest?: unknown;
  readonly event?: unknown;
  readonly event_payload?: unknown;
  readonly version?: unknown;
  readonly preimage?: unknown;
}

/** The JSON text of a log with the runtime event `app-id` and whatever is to be changed in it. */
export function dstackEvent(parts: DstackParts = {}): object {
  return {
    imr: 3,
    event_type: 0x08000001,
    digest: '',
    event: 'app-id',
    event_payload: 'deadbeef',
    ...parts,
  };
}

export function dstack(...events: readonly object[]): Uint8Array {
  return utf8(JSON.stringify(events));
}
