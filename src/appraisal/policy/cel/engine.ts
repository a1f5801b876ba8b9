import {
  type CelEnv,
  type CelInput,
  type CelMap,
  CelScalar,
  type CelValue,
  celEnv,
  celFunc,
  isCelError,
  isCelList,
  isCelMap,
  listType,
  mapType,
  objectType,
} from '@bufbuild/cel';
import { fromJson } from '@bufbuild/protobuf';
import { isReflectMessage } from '@bufbuild/protobuf/reflect';
import { DurationSchema, TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { parseUtcTimestamp } from '../../../core/encoding/time.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);
const TIMESTAMP = objectType(TimestampSchema);
const DURATION = objectType(DurationSchema);
const STANDARD = celEnv();

/** A name that no source can spell: what has() becomes. */
export const HAS = '@has';

/**
 * CEL's functions, stricter in what would else be true by mistake:
 *
 *     has(a.b)       an error where a has no members at all; CEL has false, and !has() would be true
 *     a == b, a != b, a in b
 *                    an error between kinds (a number and a text); null may be asked for
 *     timestamp(n)   seconds since the epoch, as cel-spec has it and int() gives back, not milliseconds
 *     timestamp('…') an instant of the calendar: 31 February is no day in March
 *     duration('…')  some digits: a text of none is no duration of nothing
 *     int('…')       decimal digits only, neither blank nor hexadecimal
 */
export const ENVIRONMENT: CelEnv = celEnv({
  funcs: [
    celFunc(HAS, [STRING, MAP], BOOL, (name, map: CelMap) => map.get(name) !== undefined),
    celFunc('_==_', [DYN, DYN], BOOL, same),
    celFunc('_!=_', [DYN, DYN], BOOL, (left, right) => !same(left, right)),
    celFunc('@in', [DYN, LIST], BOOL, (value, list) => {
      for (const item of list) if (same(item, value)) return true;
      return false;
    }),
    celFunc('timestamp', [INT], TIMESTAMP, fromSeconds),
    celFunc('timestamp', [STRING], TIMESTAMP, fromRfc3339),
    celFunc('duration', [STRING], DURATION, fromUnits),
    celFunc('int', [STRING], INT, fromDecimal),
  ],
});

/** RE2 reads it. */
export function isPattern(pattern: string): boolean {
  return !isCelError(ENVIRONMENT.funcs.find('matches')?.call(0, '', [pattern]));
}

/** @throws Error for values of different kinds, which are never meant to be compared. */
function same(left: CelValue, right: CelValue): boolean {
  if (left === null || right === null) return left === right;
  const [kind, other] = [kindOf(left), kindOf(right)];
  if (kind !== other) throw new Error(`compares a ${kind} with a ${other}`);
  if (isCelList(left) && isCelList(right)) {
    if (left.size !== right.size) return false;
    const others = [...right];
    return [...left].every((item, i) => same(item, others[i] ?? null));
  }
  if (isCelMap(left) && isCelMap(right)) {
    return (
      left.size === right.size &&
      [...left].every(([name, value]) => {
        const there = right.get(name);
        return there !== undefined && same(value, there);
      })
    );
  }
  if (isReflectMessage(left) && isReflectMessage(right)) {
    const [a, b] = [left, right].map(
      ({ message }) => message as { seconds?: bigint; nanos?: number },
    );
    return a?.seconds === b?.seconds && a?.nanos === b?.nanos;
  }
  return numeric(left) && numeric(right) ? left <= right && left >= right : left === right;
}

function numeric(value: CelValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function kindOf(value: CelValue): string {
  if (numeric(value)) return 'number';
  if (isCelList(value)) return 'list';
  if (isCelMap(value)) return 'map';
  if (isReflectMessage(value)) return value.desc.name.toLowerCase();
  return typeof value === 'string' ? 'text' : typeof value;
}

/** The years 1 to 9999, as of RFC 3339. */
const [FIRST_SECOND, LAST_SECOND] = [-62_135_596_800n, 253_402_300_799n];

function fromSeconds(seconds: bigint): CelInput<typeof TIMESTAMP> {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new RangeError('no time of any year');
  return timestampFromMs(Number(seconds) * 1000);
}

function fromRfc3339(text: string): CelInput<typeof TIMESTAMP> {
  const time = fromJson(TimestampSchema, text);
  // Every 400 years the calendar is the same; that parser reads none of the first hundred.
  const year = 2000 + (Number(text.slice(0, 4)) % 400);
  parseUtcTimestamp(`${year}${text.slice(4, 19)}Z`, 'timestamp');
  return time;
}

function fromUnits(text: string): CelInput<typeof DURATION> {
  // What it takes is for the library to say, but for a text without a number, which it takes for 0.
  const duration = /\d/.test(text)
    ? STANDARD.funcs.find('duration')?.call(0, undefined, [text])
    : undefined;
  if (duration === undefined || isCelError(duration)) throw new Error('no duration in the text');
  return duration as CelInput<typeof DURATION>;
}

function fromDecimal(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text)) throw new Error('no decimal number in the text');
  const number = BigInt(text);
  if (BigInt.asIntN(64, number) !== number) throw new RangeError('a number past 64 bits');
  return number;
}
