import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64 } from '../../core/encoding/base64.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { failureOf } from '../failure.ts';
import { type ClientOptions, GATE_LIMITS, Gate, type GateDeps } from '../gate.ts';
import type { HttpLimits } from '../http.ts';
import type { Fetched } from './fetched.ts';
import type { RimKey } from './key.ts';
import type { ServiceKey } from './service-key.ts';
import { rimUrl } from './url.ts';

const HOUR = 3_600_000;

/** A manifest takes 25 KB of XML, a third more as base64. */
const RIM_LIMITS: HttpLimits = {
  deadlineMs: 10_000,
  maxBytes: 2 * 1024 * 1024,
  pauseMs: 500,
};

export interface RimClient {
  readonly base: string;
  readonly gate: Gate;
  readonly limits: HttpLimits;
  readonly serviceKey: ServiceKey | undefined;
}

/** @param base see `rimServiceBase`. */
export function rimClient(
  deps: GateDeps,
  base: string,
  {
    serviceKey,
    limits = RIM_LIMITS,
    gate = GATE_LIMITS,
  }: ClientOptions & { readonly serviceKey?: ServiceKey } = {},
): RimClient {
  return { base, gate: new Gate(deps, base, gate), limits, serviceKey };
}

/** One manifest as XML; nothing of it is verified here. */
export async function fetchRim(client: RimClient, key: RimKey): Promise<Fetched> {
  const url = rimUrl(client.base, key);
  const passed = await client.gate.pass({
    url,
    limits: client.limits,
    statuses: STATUSES,
    headers: { Accept: 'application/json', ...client.serviceKey?.headers },
  });
  if ('answer' in passed) {
    try {
      const bytes = rimInAnswer(passed.answer.body, key, url);
      return { outcome: 'answered', at: url, source: client.base, bytes };
    } catch (error) {
      return failureOf(error);
    }
  }
  if (passed.status !== 404) return passed.failure;
  // A driver or VBIOS that NVIDIA has not published today will not be there in a moment either.
  return { ...passed.failure, because: rimNotFound(key), leaveAloneMs: HOUR };
}

/** The sentence that a verification shows; scripts look for its first word. */
function rimNotFound({ id }: RimKey): string {
  return `RIM_NOT_FOUND: NVIDIA has no manifest ${id}`;
}

const STATUSES: Readonly<Record<number, string>> = {
  401: 'the service wants a service key, or another one',
  403: 'the service key is not good for this',
};

/** How the service calls SWID tags with TCG's profile; CoRIM it calls `CORIM`. */
const SWID = 'TCG';

/**
 * RIM service API v1, the answer to `GET /v1/rim/{id}`
 *
 * ```
 * id            as asked for
 * rim           base64 of the manifest
 * sha256        hex, of the manifest's bytes
 * rim_format    TCG or CORIM; services of before March 2025 don't say
 * request_id    not looked at, nor is last_updated
 * ```
 *
 * @throws Fault `malformed`, or `unsupported` for another format, at `at`.
 */
function rimInAnswer(body: Uint8Array, { id }: RimKey, at: string): Uint8Array {
  const shape = new JsonShape(parseJson(fromUtf8(body, at), at).value, at);
  const echoed = shape.string('id');
  if (echoed !== id) throw malformed(`${at}.id`, `want ${id}, got ${JSON.stringify(echoed)}`);
  const format = shape.has('rim_format') ? shape.string('rim_format') : SWID;
  if (format !== SWID) {
    const got = JSON.stringify(format.slice(0, 40));
    throw new Fault('unsupported', `${at}.rim_format`, `want ${SWID}, got ${got}`);
  }
  const rim = fromBase64(shape.string('rim'), `${at}.rim`);
  const digest = sha256(rim);
  if (!equalBytes(shape.hex('sha256', 32), digest)) {
    throw malformed(`${at}.sha256`, `want ${toHex(digest)} of the manifest, got another`);
  }
  return rim;
}
