import { malformed } from '../fault.ts';
import type { JsonValue } from './json.ts';

/**
 * RFC 8785: the one text of a JSON value. Names sorted by UTF-16 code units, numbers as
 * ECMAScript writes them, no white space.
 *
 * @throws Fault `malformed` for what I-JSON can't hold: lone surrogates, NaN, infinities.
 */
export function canonicalJson(value: JsonValue, path = 'json'): string {
  if (typeof value === 'string') return quoted(value, path);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw malformed(path, 'number is not finite');
    return JSON.stringify(value);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => canonicalJson(item, `${path}[${i}]`)).join(',')}]`;
  }
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${quoted(name, path)}:${canonicalJson(member, `${path}.${name}`)}`);
  return `{${members.join(',')}}`;
}

function quoted(text: string, path: string): string {
  if (!text.isWellFormed()) throw malformed(path, 'string with a lone surrogate');
  return JSON.stringify(text);
}
