import { fromUtf8 } from '../../../core/bytes/text.ts';
import { type JsonValue, parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import { MOST_DEVICES } from '../evidence-json.ts';
import { parseToken, type Token } from './token.ts';

/** Far above 64 tokens of 3 KB. */
export const LARGEST_EAT = 1024 * 1024;

/** A detached EAT of NVIDIA's service: one token about all devices, and one about each. */
export interface NrasEat {
  readonly overall: Token;
  /** At least one, in the order in which they stand. */
  readonly devices: readonly Token[];
}

/** Names go into results and messages; the service's are like `GPU-0` and `SWITCH-3`. */
const DEVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/**
 * As NVIDIA's service answers, and its tools keep it:
 *
 *     [["JWT", "<overall>"], { "GPU-0": "<token>", "SWITCH-0": "<token>", … }]
 *
 * @throws Fault `malformed` or `unsupported` at `eat.overall…` or `eat.devices…`.
 */
export function parseNrasEat(bytes: Uint8Array): NrasEat {
  if (bytes.length > LARGEST_EAT) throw malformed('eat', `${bytes.length} bytes`);
  const { value } = parseJson(fromUtf8(bytes, 'eat'), 'eat');
  const [first, second] = pairOf(value, 'eat', 'the overall token and those of the devices');
  const [kind, overall] = pairOf(first, 'eat.overall', '"JWT" and a token');
  if (kind !== 'JWT' || typeof overall !== 'string') {
    throw malformed('eat.overall', 'want "JWT" and a token');
  }
  const devices = new JsonShape(second, 'eat.devices');
  const names = devices.names();
  if (names.length === 0 || names.length > MOST_DEVICES) {
    throw malformed('eat.devices', `want 1 to ${MOST_DEVICES} devices, got ${names.length}`);
  }
  return {
    overall: parseToken(overall, 'overall', 'eat.overall'),
    devices: names.map((name) => {
      if (!DEVICE_NAME.test(name)) {
        throw malformed('eat.devices', `no name of a device: ${JSON.stringify(name)}`);
      }
      return parseToken(devices.string(name), name, `eat.devices.${name}`);
    }),
  };
}

function pairOf(
  value: JsonValue | undefined,
  path: string,
  what: string,
): readonly [JsonValue | undefined, JsonValue | undefined] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw malformed(path, `want an array of two: ${what}`);
  }
  return [value[0], value[1]];
}

export function tokensOf({ overall, devices }: NrasEat): readonly Token[] {
  return [overall, ...devices];
}
