import { Fault, type FaultCode } from '../core/fault.ts';
import { isStorable } from './storable.ts';

/** The innermost place that is not as it should be. */
interface Misfit {
  readonly at: string;
  readonly problem: string;
}

/**
 * What a value must be that a row holds: said by functions, as a library of schemas takes longer
 * to load than a store to open.
 */
export type Shape = (value: unknown, at: string) => Misfit | undefined;

/** @throws Fault of the code, at the innermost place that does not fit. */
export function wantShape(shape: Shape, value: unknown, at: string, code: FaultCode): void {
  const misfit = shape(value, at);
  if (misfit !== undefined) throw new Fault(code, misfit.at, misfit.problem);
}

/** An object of these members and no others; the compiler sees that none is forgotten. */
export function closed<T extends object>(members: { readonly [Name in keyof T]-?: Shape }): Shape {
  const known = new Map<string, Shape>(Object.entries(members));
  return (value, at) => {
    if (!isObject(value)) return misfit(at, 'an object', value);
    for (const [name, shape] of known) {
      const found = shape(value[name], `${at}.${name}`);
      if (found !== undefined) return found;
    }
    const stranger = Object.keys(value).find((name) => !known.has(name));
    return stranger === undefined
      ? undefined
      : { at: `${at}.${stranger}`, problem: 'is not known' };
  };
}

/** One of several objects, by the word in one of their members. */
export function oneBy(member: string, forms: Readonly<Record<string, Shape>>): Shape {
  const tag = word(Object.keys(forms));
  const known = new Map(Object.entries(forms));
  return (value, at) => {
    if (!isObject(value)) return misfit(at, 'an object', value);
    const name = value[member];
    return tag(name, `${at}.${member}`) ?? known.get(String(name))?.(value, at);
  };
}

export function optional(shape: Shape): Shape {
  return (value, at) => (value === undefined ? undefined : shape(value, at));
}

export function list(shape: Shape): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return misfit(at, 'a list', value);
    for (const [i, item] of value.entries()) {
      const found = shape(item, `${at}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** Whatever its names are. */
export function record(shape: Shape): Shape {
  return (value, at) => {
    if (!isObject(value)) return misfit(at, 'an object', value);
    for (const [name, member] of Object.entries(value)) {
      const found = anyText(name, at) ?? shape(member, `${at}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

export function word(words: readonly string[]): Shape {
  const known = new Set<unknown>(words);
  return (value, at) => (known.has(value) ? undefined : misfit(at, words.join(' or '), value));
}

/** Bytes in lower-case hex, no more and no fewer. */
export function hex(bytes: number): Shape {
  const form = new RegExp(`^[0-9a-f]{${2 * bytes}}$`);
  return text(form, `${2 * bytes} lower-case hex digits`);
}

export const digest: Shape = text(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits');

export const words: Shape = (value, at) =>
  typeof value === 'string' && isStorable(value)
    ? undefined
    : misfit(at, 'text that is not empty and can be stored', value);

/** Empty as well, and with NUL: for what goes into JSON. */
export const anyText: Shape = (value, at) =>
  typeof value === 'string' && value.isWellFormed() ? undefined : misfit(at, 'text', value);

export const count: Shape = whole(0);

/** What counts from 1. */
export const ordinal: Shape = whole(1);

/** Milliseconds since the epoch. */
export const instant: Shape = whole(0);

export const flag: Shape = (value, at) =>
  typeof value === 'boolean' ? undefined : misfit(at, 'true or false', value);

export const bytes: Shape = (value, at) =>
  value instanceof Uint8Array ? undefined : misfit(at, 'bytes', value);

export function misfit(at: string, want: string, got: unknown): Misfit {
  return { at, problem: `want ${want}, got ${shown(got)}` };
}

function whole(least: number): Shape {
  return (value, at) =>
    Number.isSafeInteger(value) && Number(value) >= least
      ? undefined
      : misfit(at, `a whole number from ${least} on`, value);
}

function text(form: RegExp, want: string): Shape {
  return (value, at) =>
    typeof value === 'string' && form.test(value) ? undefined : misfit(at, want, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = JSON.stringify(value) ?? typeof value;
  return written.length > 60 ? `${written.slice(0, 60)}…` : written;
}
