import { POLICY_DIGEST } from '../../appraisal/policy/signing/members.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';

/**
 * How a value stands in a document of the ledger. The same form writes and reads, so that
 * nothing can be written that is not read, or the other way round.
 *
 * Reading is strict: a value has one text. That members stand in order and strings are escaped in
 * one way only is the canonical form's business (RFC 8785), and checked over the whole document.
 */
export interface Form<T> {
  /** @throws Fault `usage` for a value that the document can't hold. */
  readonly write: (value: T, path: string, blobs: BlobSink) => JsonValue;
  /** @throws Fault `malformed` at `path…`. */
  readonly read: (value: JsonValue | undefined, path: string, blobs: BlobSource) => T;
}

/** Takes bytes that a document names by their digest, `sha256:<hex>`, which it gives. */
export type BlobSink = (bytes: Uint8Array) => string;

/** Gives the bytes of such a name. */
export type BlobSource = (digest: string, path: string) => Uint8Array;

/** Of documents that name no bytes. */
export const NO_SINK: BlobSink = () => {
  throw new Fault('internal', 'blobs', 'a document that names none');
};
export const NO_SOURCE: BlobSource = () => {
  throw new Fault('internal', 'blobs', 'a document that names none');
};

export function unwritable(path: string, problem: string): Fault {
  return new Fault('usage', path, problem);
}

/** Text of one pattern; `want` says so in words. */
export function text<T extends string = string>(pattern: RegExp, want: string): Form<T> {
  return {
    write: (value) => value,
    read: (value, path) => {
      if (typeof value !== 'string' || !pattern.test(value)) throw malformed(path, `want ${want}`);
      return value as T;
    },
  };
}

export function oneOf<const T extends string | number>(...known: readonly T[]): Form<T> {
  return {
    write: (value) => value,
    read: (value, path) => {
      const found = known.find((one) => one === value);
      if (found === undefined) throw malformed(path, `want ${known.join(', ')}`);
      return found;
    },
  };
}

/** A thing that is there or not: never `false`. */
export const flag: Form<true> = {
  write: () => true,
  read: (value, path) => {
    if (value !== true) throw malformed(path, 'want true');
    return true;
  },
};

export const truth: Form<boolean> = {
  write: (value) => value,
  read: (value, path) => {
    if (typeof value !== 'boolean') throw malformed(path, 'want true or false');
    return value;
  },
};

/** A whole number from 0 to `max`. */
export function count(max: number): Form<number> {
  const fits = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
  return {
    write: (value, path) => {
      if (fits(value) && value <= max) return value;
      throw unwritable(path, `want a whole number from 0 to ${max}, got ${value}`);
    },
    read: (value, path) => {
      if (fits(value) && Number(value) <= max) return Number(value);
      throw malformed(path, `want a whole number from 0 to ${max}`);
    },
  };
}

/** Lower-case hex of `least` to `most` bytes. */
export function hexBytes(least: number, most = least): Form<Uint8Array> {
  return {
    write: (value) => toHex(value),
    read: (value, path) => {
      const isHex = typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);
      if (!isHex || value.length < 2 * least || value.length > 2 * most) {
        const size = least === most ? least : `${least} to ${most}`;
        throw malformed(path, `want ${size} bytes in lower-case hex`);
      }
      return Uint8Array.from({ length: value.length / 2 }, (_, i) =>
        Number.parseInt(value.slice(2 * i, 2 * i + 2), 16),
      );
    },
  };
}

export const digest = text(POLICY_DIGEST, 'sha256: and 64 lower-case hex digits');

/** Bytes, named by their digest. */
export const blob: Form<Uint8Array> = {
  write: (value, path, sink) => {
    if (!(value instanceof Uint8Array)) throw unwritable(path, 'want bytes');
    return sink(value);
  },
  read: (value, path, source) => source(digest.read(value, path, source), path),
};

/** An array of at most `most`. */
export function list<T>(item: Form<T>, most: number): Form<readonly T[]> {
  return {
    write: (value, path, sink) => value.map((one, i) => item.write(one, `${path}[${i}]`, sink)),
    read: (value, path, source) => {
      if (!Array.isArray(value)) throw malformed(path, 'want an array');
      if (value.length > most) throw malformed(path, `want at most ${most}, got ${value.length}`);
      return value.map((one, i) => item.read(one, `${path}[${i}]`, source));
    },
  };
}

/** Texts, each once and in order. */
export function sortedTexts<T extends string>(item: Form<T>, most: number): Form<readonly T[]> {
  const { write, read } = list(item, most);
  return {
    write,
    read: (value, path, source) => {
      const texts = read(value, path, source);
      if (texts.every((one, i) => i === 0 || (texts[i - 1] as string) < one)) return texts;
      throw malformed(path, 'want each once, sorted');
    },
  };
}

/** A member that may be missing. */
export interface OptionalForm<T> {
  readonly optional: Form<T>;
}

export function optional<T>(form: Form<T>): OptionalForm<T> {
  return { optional: form };
}

type Said<T> = Exclude<T, undefined>;

/**
 * A form for each member of a type, and none besides: whoever adds a member to the type is told
 * by the compiler that it has no form yet, and whether it may be missing is as the type says.
 */
export type MemberForms<T> = {
  readonly [Name in keyof T]-?: object extends Pick<T, Name>
    ? OptionalForm<Said<T[Name]>>
    : Form<Said<T[Name]>>;
};

/** An object with these members and no others. */
export function members<T extends object>(forms: MemberForms<T>): Form<T> {
  const known = Object.entries(forms) as [string, Form<unknown> | OptionalForm<unknown>][];
  const names = new Set(known.map(([name]) => name));
  return {
    write: (value, path, sink) => {
      const given = value as Readonly<Record<string, unknown>>;
      const unknown = Object.keys(given).find(
        (name) => given[name] !== undefined && !names.has(name),
      );
      // What a verifier was told, and no document says, could not be told again.
      if (unknown !== undefined) throw unwritable(`${path}.${unknown}`, 'has no place in it');
      return Object.fromEntries(
        known.flatMap(([name, form]) => {
          const member = given[name];
          if (member === undefined) {
            if ('optional' in form) return [];
            throw unwritable(`${path}.${name}`, 'is missing');
          }
          return [[name, formOf(form).write(member, `${path}.${name}`, sink)] as const];
        }),
      );
    },
    read: (value, path, source) => {
      const shape = new JsonShape(value, path);
      const unknown = shape.names().find((name) => !names.has(name));
      if (unknown !== undefined) throw malformed(path, `unknown member ${JSON.stringify(unknown)}`);
      return Object.fromEntries(
        known.flatMap(([name, form]) => {
          if ('optional' in form && !shape.has(name)) return [];
          return [[name, formOf(form).read(shape.value(name), `${path}.${name}`, source)] as const];
        }),
      ) as T;
    },
  };
}

function formOf(form: Form<unknown> | OptionalForm<unknown>): Form<unknown> {
  return 'optional' in form ? form.optional : form;
}

/** The value that `null` stands for where there is none. */
export function orNull<T>(form: Form<T>): Form<T | null> {
  return {
    write: (value, path, sink) => (value === null ? null : form.write(value, path, sink)),
    read: (value, path, source) => (value === null ? null : form.read(value, path, source)),
  };
}
