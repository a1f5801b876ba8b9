import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { fromUtf8 } from '../bytes/text.ts';
import type { JsonValue } from '../encoding/json.ts';
import { Fault } from '../fault.ts';
import type { Problem } from './problem.ts';
import { tokensOf } from './yaml-tokens.ts';

/** A policy of 1024 reference sets, every register exact, is some 1 MB. */
export const LARGEST_DOCUMENT = 4 * 1024 * 1024;

export interface YamlText {
  /** Undefined where there are problems. */
  readonly value: JsonValue | undefined;
  readonly problems: readonly Problem[];
  /** Line and column of the member at a path, from 1; those of the closest one around it. */
  readonly placeOf: (
    path: string,
  ) => { readonly line: number; readonly column: number } | undefined;
}

/**
 * YAML 1.2 (JSON is a part of it), as far as data needs it. What YAML makes of a text without
 * being asked is refused, with the place and the remedy: a digest that reads as a number, a
 * name that stands twice, an alias by which one place changes another, a tag, a second document.
 */
export function readYaml(bytes: Uint8Array): YamlText {
  if (bytes.length > LARGEST_DOCUMENT) {
    return failed(`want at most ${LARGEST_DOCUMENT} bytes, got ${bytes.length}`);
  }
  let text: string;
  try {
    text = fromUtf8(bytes, 'document');
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return failed(error.detail);
    throw error;
  }
  return new YamlReader(text).read();
}

function failed(problem: string): YamlText {
  return { value: undefined, problems: [{ path: '', problem }], placeOf: () => undefined };
}

/** Integers as JSON writes them, and exactly kept: 00e1, 0x1f, 1e3 and 1_000 are something else. */
const PLAIN_INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/;
/** More of them help nobody. */
const MOST_PROBLEMS = 50;

class YamlReader {
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  /** Offsets in the text by path. */
  readonly #places = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  read(): YamlText {
    const document = this.#compose();
    const value = document && this.#problems.length === 0 ? this.#document(document) : undefined;
    return {
      value: this.#problems.length === 0 ? value : undefined,
      problems: this.#problems,
      placeOf: (path) => this.#placeOf(path),
    };
  }

  #compose(): Document.Parsed | undefined {
    const tokens = tokensOf(this.#text, this.#lines);
    if ('problem' in tokens) {
      this.#report('', tokens.problem, tokens.offset);
      return undefined;
    }
    const composer = new Composer({
      version: '1.2',
      schema: 'core',
      merge: false,
      // Its own way of finding duplicates compares each name with each: seconds for a large map.
      uniqueKeys: false,
      stringKeys: false,
      prettyErrors: false,
    });
    const documents = [...composer.compose(tokens, true, this.#text.length)];
    for (const { errors, warnings } of documents) {
      for (const { message, pos } of [...errors, ...warnings]) this.#report('', message, pos[0]);
    }
    const [document] = documents;
    const version = document?.directives?.yaml;
    if (version?.explicit && version.version !== '1.2') {
      this.#report(
        '',
        `%YAML ${version.version}: want YAML 1.2, which reads yes and no as text`,
        0,
      );
    }
    return document as Document.Parsed | undefined;
  }

  #document({ contents }: Document.Parsed): JsonValue {
    return this.#value(contents, '', 0);
  }

  #value(node: unknown, path: string, around: number): JsonValue {
    if (!isNode(node)) return null;
    const start = node.range?.[0] ?? around;
    this.#places.set(path, start);
    if (isAlias(node)) {
      this.#report(
        path,
        `an alias, *${node.source}: write the value out, so that it is seen where it counts`,
        start,
      );
      return null;
    }
    if ('anchor' in node && node.anchor !== undefined) {
      this.#report(path, `an anchor, &${node.anchor}: write the value out where it is used`, start);
    }
    if (node.tag !== undefined) {
      this.#report(path, `a tag, ${node.tag}: leave it out, and quote what is text`, start);
    }
    if (isMap(node)) return this.#map(node, path, start);
    if (isSeq(node)) return this.#sequence(node, path, start);
    return isScalar(node) ? this.#scalar(node, path, start) : null;
  }

  #map(map: YAMLMap, path: string, start: number): JsonValue {
    // No prototype: a member called __proto__ is data like any other.
    const object: { [name: string]: JsonValue } = Object.create(null);
    for (const pair of map.items as readonly Pair[]) {
      const name = this.#name(pair.key, path, start);
      if (name === undefined) continue;
      const inside = path === '' ? name : `${path}.${name}`;
      const at = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? start;
      if (name in object) {
        this.#report(inside, 'stands twice: two readers would take one each; keep one', at);
        continue;
      }
      object[name] = this.#value(pair.value, inside, at);
      // Where one looks for it: at the name, not at what may stand lines below.
      if (!isScalar(pair.value)) this.#places.set(inside, at);
    }
    return object;
  }

  #name(key: unknown, path: string, around: number): string | undefined {
    const at = (isNode(key) ? key.range?.[0] : undefined) ?? around;
    if (isScalar(key) && key.anchor === undefined && key.tag === undefined) {
      if (typeof key.value === 'string') return key.value;
      this.#report(path, `the name ${shown(sourceOf(key))} does not read as text: quote it`, at);
    } else this.#report(path, 'a name that is no plain text', at);
    return undefined;
  }

  #sequence(sequence: YAMLSeq, path: string, start: number): JsonValue {
    return sequence.items.map((item, i) => this.#value(item, `${path}[${i}]`, start));
  }

  #scalar(scalar: Scalar, path: string, start: number): JsonValue {
    const { value } = scalar;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    const source = sourceOf(scalar);
    if (typeof value === 'number' && PLAIN_INTEGER.test(source)) return value;
    const means =
      typeof value === 'number' || typeof value === 'bigint' ? `the number ${value}` : 'no text';
    this.#report(
      path,
      `${shown(source)} reads as ${means}; quote it: "${shortened(source)}"`,
      start,
    );
    return null;
  }

  #report(path: string, problem: string, offset: number): void {
    if (this.#problems.length >= MOST_PROBLEMS) return;
    this.#problems.push({ path, problem, ...this.#linePos(offset) });
  }

  #linePos(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #placeOf(path: string): { line: number; column: number } | undefined {
    for (let around = path; ; around = around.replace(/(?:^|\.)[^.[]*$|\[\d+\]$/, '')) {
      const offset = this.#places.get(around);
      if (offset !== undefined) return this.#linePos(offset);
      if (around === '') return undefined;
    }
  }
}

function sourceOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}

function shown(source: string): string {
  return JSON.stringify(shortened(source));
}

function shortened(source: string): string {
  return source.length > 40 ? `${source.slice(0, 40)}…` : source;
}
