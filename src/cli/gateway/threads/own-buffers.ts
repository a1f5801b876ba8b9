import { own } from '../../../store/own-buffer.ts';

/**
 * The same plain data, each array of bytes with a buffer of its own: what is copied to another
 * thread is the whole buffer that an array looks into.
 */
export function withOwnBuffers<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  if (value instanceof Uint8Array) return own(value);
  if (Array.isArray(value)) return value.map(copied);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copied(member)]));
}
