import { malformed } from '../../core/fault.ts';
import { TILE_WIDTH } from './tile.ts';

/** What lies under a path of C2SP tlog-tiles, and how much of it. */
export interface TilePath {
  /** `entries` of the leaves themselves, else the level of the hashes: 0 of leaves, up to 63. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; 256 of a full one. */
  readonly width: number;
}

const LAST_LEVEL = 63;

/** `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, relative to the log's prefix. */
export function writeTilePath({ level, index, width }: TilePath): string {
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  const path = `tile/${level}/${writeIndex(index)}${partial}`;
  parseTilePath(path);
  return path;
}

/** Each path has one spelling. @throws Fault `malformed` for any other. */
export function parseTilePath(path: string, at = 'path'): TilePath {
  const match =
    /^tile\/(entries|0|[1-9][0-9]?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const [, level, digits = '', partial] = match ?? [];
  if (level === undefined) throw malformed(at, 'want tile/<level>/<index> or tile/entries/<index>');
  if (level !== 'entries' && Number(level) > LAST_LEVEL) {
    throw malformed(at, `there is no level ${level}`);
  }
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  if (digits.startsWith('x000'))
    throw malformed(at, 'an index has no leading zeros but its first three digits');
  if (!Number.isSafeInteger(index)) throw malformed(at, 'no log is read that far');
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (partial !== undefined && width >= TILE_WIDTH)
    throw malformed(at, `${width} is no part of a tile`);
  return { level: level === 'entries' ? level : Number(level), index, width };
}

/** Three digits an element, all but the last behind an x: 1234067 is x001/x234/067. */
function writeIndex(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}
