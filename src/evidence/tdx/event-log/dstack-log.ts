import { equalBytes } from '../../../core/bytes/equal.ts';
import { fromHex, toHex } from '../../../core/bytes/hex.ts';
import { fromUtf8 } from '../../../core/bytes/text.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { dstackDigestV1, dstackDigestV2 } from './dstack-digest.ts';
import {
  EVENT_COUNT_LIMIT,
  type EventLog,
  type LoggedEvent,
  type RtmrIndex,
  type UnextendedEntry,
} from './event.ts';
import { DSTACK_RUNTIME_EVENT, EV_NO_ACTION } from './event-types.ts';

/** A tree of JSON values costs many times its text in memory, so less than a binary log. */
export const DSTACK_LOG_SIZE_LIMIT = 4 * 1024 * 1024;

const DIGEST_SIZE = 48;

/**
 * dstack's event log: a JSON array, boot events first (taken over from CCEL), then runtime
 * events. Of each element:
 *
 * | member        | value                                                                  |
 * |---------------|------------------------------------------------------------------------|
 * | imr           | 0 to 3, the RTMR                                                       |
 * | event_type    | as in CCEL; 0x08000001 for runtime events                              |
 * | digest        | hex; absent or empty is allowed for runtime events only                |
 * | event         | the name                                                               |
 * | event_payload | hex; may be left out of boot events to save room, that is, be empty    |
 * | version       | 1 or 2: how a runtime event is hashed; without it whichever fits, or 1 |
 *
 * Other members (`preimage`) repeat what these say and are not looked at. The digest of a
 * runtime event is computed from name and payload; a stated one that differs is a lie or damage.
 *
 * @throws Fault `malformed` at `event_log[n].<member>`.
 */
export function parseDstackLog(bytes: Uint8Array): EventLog {
  if (bytes.length > DSTACK_LOG_SIZE_LIMIT) {
    throw malformed(
      'event_log',
      `want at most ${DSTACK_LOG_SIZE_LIMIT} bytes of JSON, got ${bytes.length}`,
    );
  }
  const { value } = parseJson(fromUtf8(bytes, 'event_log'), 'event_log');
  if (!Array.isArray(value)) throw malformed('event_log', 'want an array of events');
  if (value.length > EVENT_COUNT_LIMIT) {
    throw malformed('event_log', `more than ${EVENT_COUNT_LIMIT} entries`);
  }
  const events: LoggedEvent[] = [];
  const notExtended: UnextendedEntry[] = [];
  for (const [index, item] of value.entries()) {
    const shape = new JsonShape(item, `event_log[${index}]`);
    const register = shape.integer('imr', 3) as RtmrIndex;
    const type = shape.integer('event_type', 0xffffffff);
    const name = readName(shape);
    const data = fromHex(shape.string('event_payload'), `${shape.path}.event_payload`);
    if (type === EV_NO_ACTION) {
      notExtended.push({ index, type, data, because: 'EV_NO_ACTION' });
      continue;
    }
    const { digest, coverage } = readDigest(shape, type, name, data);
    const named = name !== '' || type === DSTACK_RUNTIME_EVENT ? { name } : {};
    events.push({ index, register, type, digest, data, coverage, ...named });
  }
  return { format: 'dstack', events, notExtended, end: bytes.length };
}

/** UTF-8 has no lone surrogates: all of them encode alike, and so would differing names hash. */
function readName(shape: JsonShape): string {
  const name = shape.string('event');
  if (!name.isWellFormed()) throw malformed(`${shape.path}.event`, 'lone surrogate');
  return name;
}

type Digest = { readonly digest: Uint8Array; readonly coverage: Coverage };

function readDigest(shape: JsonShape, type: number, name: string, data: Uint8Array): Digest {
  const text = shape.has('digest') ? shape.string('digest') : '';
  const stated = text === '' ? undefined : fromHex(text, `${shape.path}.digest`, DIGEST_SIZE);
  if (type === DSTACK_RUNTIME_EVENT) return runtimeDigest(shape, stated, name, data);
  if (stated === undefined) {
    throw malformed(`${shape.path}.digest`, 'a boot event needs a digest: it can’t be computed');
  }
  return { digest: stated, coverage: coverageOf(type, data, stated) };
}

/**
 * A version 1 digest proves a name without a colon as long as no software in the TD extends
 * names with one: then it could show `app-id:x` as `app-id`. dstack's own events come before
 * `system-ready`, when no application runs yet; read them from there.
 */
function runtimeDigest(
  shape: JsonShape,
  stated: Uint8Array | undefined,
  name: string,
  payload: Uint8Array,
): Digest {
  const version = shape.has('version') ? readVersion(shape) : undefined;
  const v1: Digest = {
    digest: dstackDigestV1(name, payload),
    coverage: { of: name.includes(':') ? 'joined' : 'name-and-data' },
  };
  if (version === 1 || (version === undefined && stated === undefined)) {
    return agreeing(shape, stated, [v1]);
  }
  const v2: Digest = {
    digest: dstackDigestV2(name, payload),
    coverage: { of: 'name-and-data' },
  };
  return agreeing(shape, stated, version === 2 ? [v2] : [v1, v2]);
}

function agreeing(
  shape: JsonShape,
  stated: Uint8Array | undefined,
  computed: readonly [Digest, ...Digest[]],
): Digest {
  if (stated === undefined) return computed[0];
  const found = computed.find(({ digest }) => equalBytes(digest, stated));
  if (found !== undefined) return found;
  const hashes = computed.map(({ digest }) => toHex(digest)).join(' or ');
  throw malformed(
    `${shape.path}.digest`,
    `name and payload hash to ${hashes}, but it says ${toHex(stated)}`,
  );
}

function readVersion(shape: JsonShape): 1 | 2 {
  const version = shape.integer('version', 2);
  if (version === 1 || version === 2) return version;
  throw malformed(`${shape.path}.version`, `want 1 or 2, got ${version}`);
}
