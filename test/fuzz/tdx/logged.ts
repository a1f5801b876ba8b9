import { createHash } from 'node:crypto';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';

/** What a log extends into each RTMR, as hex of the digests in order. */
export type Extensions = readonly [string[], string[], string[], string[]];

const RUNTIME_EVENT = 0x08000001;

/**
 * The extensions that a log tells of, read without the parser under test; undefined where
 * it makes no sense.
 */
export function extensionsOf(log: Uint8Array): Extensions | undefined {
  const start = log.findIndex((byte) => !' \t\n\r'.includes(String.fromCharCode(byte)));
  try {
    return log[start] === 0x5b ? ofDstack(Buffer.from(log).toString()) : ofTcg2(log);
  } catch {
    return undefined;
  }
}

export function isDstack(log: Uint8Array): boolean {
  return Buffer.from(log.subarray(0, 100)).toString('latin1').trimStart().startsWith('[');
}

/** TCG PC Client Platform Firmware Profile 1.06, sections 10.2.1 and 10.2.2. */
function ofTcg2(log: Uint8Array): Extensions {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const headerEnd = 32 + view.getUint32(28, true);
  const sizes = new Map<number, number>();
  const count = view.getUint32(56, true);
  for (let i = 0; i < Math.min(count, 64); i++) {
    sizes.set(view.getUint16(60 + 4 * i, true), view.getUint16(62 + 4 * i, true));
  }
  const found: Extensions = [[], [], [], []];
  for (let at = headerEnd; !isPadding(log.subarray(at)); ) {
    const [register, type] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    let digest = '';
    let next = at + 12;
    for (let left = view.getUint32(at + 8, true); left > 0; left--) {
      const algorithm = view.getUint16(next, true);
      const size = sizes.get(algorithm);
      if (size === undefined) throw new RangeError('an algorithm that the header does not list');
      if (algorithm === 0x0c) digest = hexOf(log.subarray(next + 2, next + 2 + size));
      next += 2 + size;
    }
    at = next + 4 + view.getUint32(next, true);
    if (at > log.length) throw new RangeError('an event longer than the log');
    if (type !== 3 && register !== 0 && register !== 0xffffffff) {
      found[(register - 1) as 0]?.push(digest);
    }
  }
  return found;
}

function isPadding(rest: Uint8Array): boolean {
  const text = Buffer.from(rest).toString('latin1');
  return /^\xff*\0*$/.test(text);
}

interface DstackEntry {
  readonly imr: 0;
  readonly event_type: number;
  readonly digest?: string;
  readonly event: string;
  readonly event_payload: string;
  readonly version?: number;
}

function ofDstack(text: string): Extensions {
  const found: Extensions = [[], [], [], []];
  for (const entry of JSON.parse(text) as DstackEntry[]) {
    if (entry.event_type === 3) continue;
    const stated = (entry.digest ?? '').toLowerCase();
    if (entry.event_type !== RUNTIME_EVENT) {
      found[entry.imr].push(stated);
      continue;
    }
    const both = [runtimeDigest(entry, 1), runtimeDigest(entry, 2)];
    const due = entry.version === undefined ? both : [both[entry.version - 1] ?? ''];
    found[entry.imr].push(stated === '' ? (due[0] ?? '') : (due.find((d) => d === stated) ?? ''));
  }
  return found;
}

/** dstack's two digests: bytes with colons between, and RFC 8785 JSON. */
function runtimeDigest({ event, event_payload }: DstackEntry, version: 1 | 2): string {
  const payload = event_payload.toLowerCase();
  const hash = createHash('sha384');
  if (version === 2) {
    return hash.update(canonicalJson({ name: event, payload, type: RUNTIME_EVENT })).digest('hex');
  }
  const type = Uint8Array.of(1, 0, 0, 8);
  return hash
    .update(type)
    .update(utf8(`:${event}:`))
    .update(Buffer.from(payload, 'hex'))
    .digest('hex');
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
