import { sha384 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { deriveBytes } from '../keys.ts';
import type { BootEvent } from './event-log.ts';

/** The type of every event that dstack's guest agent extends into RTMR 3. */
const RUNTIME_EVENT = 0x08000001;

/** One event of dstack's runtime log; `version` says how its digest is made. */
export interface RuntimeEvent {
  name: string;
  payload: Uint8Array;
  version: 1 | 2;
}

/** The events of a booting application in the order real logs have, digests of both kinds. */
export function standardRuntime(seed: string): RuntimeEvent[] {
  const appId = deriveBytes(seed, 'dstack compose hash', 32);
  const event = (name: string, payload: Uint8Array, version: 1 | 2 = 1): RuntimeEvent => ({
    name,
    payload,
    version,
  });
  return [
    event('system-preparing', new Uint8Array()),
    event('app-id', appId.subarray(0, 20)),
    event('compose-hash', appId),
    event('instance-id', deriveBytes(seed, 'dstack instance id', 20)),
    event('boot-mr-done', new Uint8Array()),
    event('os-image-hash', deriveBytes(seed, 'dstack image', 32), 2),
    event('key-provider', utf8('{"name":"kms","id":"simulated"}'), 2),
    event('storage-fs', utf8('zfs'), 2),
    event('system-ready', new Uint8Array(), 2),
  ];
}

/** Version 1: SHA-384(LE32(type) ":" name ":" payload). Version 2: SHA-384 of canonical JSON. */
export function runtimeDigest(event: RuntimeEvent): Uint8Array {
  if (event.version === 2) {
    const { name, payload } = event;
    return sha384(utf8(canonicalJson({ name, payload: toHex(payload), type: RUNTIME_EVENT })));
  }
  const type = new ByteWriter().u32(RUNTIME_EVENT).finish();
  return sha384(concatBytes(type, utf8(`:${event.name}:`), event.payload));
}

/** The JSON array that dstack hands out: boot events by register, then the runtime events. */
export function encodeDstackLog(
  boot: readonly BootEvent[],
  runtime: readonly RuntimeEvent[],
): string {
  const entries = [
    ...boot.map(({ rtmr, type, digest, data }) => ({
      imr: rtmr,
      event_type: type,
      digest: toHex(digest),
      event: '',
      event_payload: toHex(data),
    })),
    ...runtime.map((event) => ({
      imr: 3,
      event_type: RUNTIME_EVENT,
      digest: toHex(runtimeDigest(event)),
      event: event.name,
      event_payload: toHex(event.payload),
      ...(event.version === 2 && { version: 2 }),
    })),
  ];
  return JSON.stringify(entries);
}
