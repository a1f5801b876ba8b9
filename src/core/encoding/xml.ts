import { fromUtf8 } from '../bytes/text.ts';
import { malformed } from '../fault.ts';
import { isNamespaceName, NAME, XML_NAMESPACE, XMLNS_NAMESPACE } from './xml-names.ts';

export interface XmlAttribute {
  readonly prefix: string;
  readonly localName: string;
  /** Empty for one without a prefix, which is in no namespace. */
  readonly namespace: string;
  readonly value: string;
}

export interface XmlElement {
  readonly prefix: string;
  readonly localName: string;
  readonly namespace: string;
  /** In document order. */
  readonly attributes: readonly XmlAttribute[];
  /** What this very element declares: name by prefix, the default namespace by the empty one. */
  readonly declarations: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
}

/** Text is what it stands for: references resolved, line ends normalised. */
export type XmlNode = XmlElement | string;

/** Vendors' manifests are 26 KB, 5 deep and have 90 elements, 12 attributes in one, 6 declarations. */
const LARGEST = 1024 * 1024;
const DEEPEST = 32;
const MOST_NODES = 65_536;
/** Each attribute is compared with those before it, so that strangers would choose the square. */
const MOST_ATTRIBUTES = 256;
/** In the whole document: what is in scope is copied wherever something is declared. */
const MOST_DECLARATIONS = 256;

const SPACE = /[ \t\n]*/y;
/** Up to what ends text, or can't be in an attribute's value. */
const TEXT = /[^<&]*/y;
const VALUE = { '"': /[^<&"]*/y, "'": /[^<&']*/y } as const;
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7})));/y;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};
/** What no XML document may hold (XML 1.0 section 2.2); a carriage return only by reference. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Only the name of the encoding is the same in either case. */
const DECLARATION =
  /^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))? ?\?>/;

/**
 * XML 1.0 with namespaces, the part of it that data needs: elements, attributes, text, the five
 * predefined entities and character references. Document types, other entities, comments,
 * processing instructions and CDATA sections are refused by name: signed data has been changed
 * in meaning by each of them, between what was hashed and what was read.
 *
 * @param bytes UTF-8, without a byte order mark.
 * @throws Fault `malformed` at the path, with line and column.
 */
export function parseXml(bytes: Uint8Array, path: string): XmlElement {
  if (bytes.length > LARGEST) throw malformed(path, `${bytes.length} bytes of XML`);
  const text = fromUtf8(bytes, path);
  return new XmlParser(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, path).document();
}

type Scope = ReadonlyMap<string, string>;

const NO_DECLARATIONS: Scope = new Map();

class XmlParser {
  readonly #text: string;
  readonly #path: string;
  #at = 0;
  #nodes = 0;
  #declarations = 0;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  document(): XmlElement {
    const wrong = FORBIDDEN.exec(this.#text);
    if (wrong) {
      this.#at = wrong.index;
      throw this.#wrong('a character that XML does not allow');
    }
    this.#at = DECLARATION.exec(this.#text)?.[0].length ?? 0;
    this.#space();
    const root = this.#element(new Map([['xml', XML_NAMESPACE]]), 0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#refused('more than one root element or text');
    return root;
  }

  #element(outer: Scope, depth: number): XmlElement {
    if (depth === DEEPEST) throw this.#wrong(`nested deeper than ${DEEPEST} levels`);
    if (!this.#take('<')) throw this.#refused('want an element');
    const name = this.#name();
    const raw = this.#attributes();
    const { scope, declarations } = this.#declare(raw, outer);
    const element = this.#expanded(name, scope, scope.get('') ?? '');
    const attributes = this.#resolve(raw, scope);
    const made = { ...element, attributes, declarations };
    if (this.#take('/>')) return { ...made, children: [] };
    if (!this.#take('>')) throw this.#wrong('want ">"');
    const children = this.#content(scope, depth);
    if (!this.#take(`</${name}`)) throw this.#wrong(`want </${name}>`);
    this.#space();
    if (!this.#take('>')) throw this.#wrong(`want </${name}>`);
    return { ...made, children };
  }

  #content(scope: Scope, depth: number): XmlNode[] {
    const children: XmlNode[] = [];
    for (;;) {
      this.#count();
      const text = this.#characters(TEXT);
      if (text !== '') children.push(text);
      if (this.#at >= this.#text.length) throw this.#wrong('an element that does not end');
      if (this.#text.startsWith('</', this.#at)) return children;
      children.push(this.#element(scope, depth + 1));
    }
  }

  #attributes(): readonly { readonly name: string; readonly value: string }[] {
    const found: { name: string; value: string }[] = [];
    for (;;) {
      const before = this.#at;
      this.#space();
      const next = this.#text[this.#at];
      if (next === '>' || next === '/' || next === undefined) return found;
      if (before === this.#at) throw this.#wrong('want white space before an attribute');
      this.#count();
      if (found.length === MOST_ATTRIBUTES) throw this.#wrong('too many attributes of one element');
      const name = this.#name();
      this.#space();
      if (!this.#take('=')) throw this.#wrong(`want "=" after ${name}`);
      this.#space();
      const value = this.#value();
      if (found.some((other) => other.name === name)) throw this.#wrong(`attribute ${name} twice`);
      found.push({ name, value });
    }
  }

  #value(): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.#wrong('want a quoted value');
    this.#at++;
    const value = this.#characters(VALUE[quote]);
    if (!this.#take(quote)) throw this.#wrong('"<" in a value, or a value that does not end');
    return value;
  }

  /** Runs of characters and the references between them. */
  #characters(plain: RegExp): string {
    const inValue = plain !== TEXT;
    let text = this.#run(plain, inValue);
    while (this.#text[this.#at] === '&') text += this.#reference() + this.#run(plain, inValue);
    return text;
  }

  #run(plain: RegExp, inValue: boolean): string {
    const start = this.#at;
    const run = this.#match(plain);
    if (!inValue) {
      const end = run.indexOf(']]>');
      if (end < 0) return run;
      this.#at = start + end;
      throw this.#wrong('"]]>" in text');
    }
    // Attribute-value normalisation (section 3.3.3); a reference to such a character stays.
    return /[\t\n]/.test(run) ? run.replace(/[\t\n]/g, ' ') : run;
  }

  #reference(): string {
    REFERENCE.lastIndex = this.#at;
    const found = REFERENCE.exec(this.#text);
    if (found === null) throw this.#wrong('a reference to something that is not predefined');
    const [whole, entity, hex, decimal] = found;
    const code = hex === undefined ? Number(decimal ?? 0) : Number.parseInt(hex, 16);
    const character = entity === undefined ? fromCodePoint(code) : (ENTITIES[entity] ?? '');
    if (character === undefined || FORBIDDEN.test(character)) {
      throw this.#wrong('a reference to a character that XML does not allow');
    }
    this.#at += whole.length;
    return character;
  }

  #declare(
    raw: readonly { readonly name: string; readonly value: string }[],
    outer: Scope,
  ): { readonly scope: Scope; readonly declarations: Scope } {
    const declares = raw.filter(({ name }) => name === 'xmlns' || name.startsWith('xmlns:'));
    if (declares.length === 0) return { scope: outer, declarations: NO_DECLARATIONS };
    const declarations = new Map<string, string>();
    for (const { name, value } of declares) {
      const prefix = name.slice('xmlns:'.length);
      const reserved = value === XML_NAMESPACE || value === XMLNS_NAMESPACE;
      if (prefix === 'xml' || prefix === 'xmlns' || reserved) {
        throw this.#wrong(`${name} declares what is reserved`);
      }
      if (prefix !== '' && value === '') throw this.#wrong(`${name} takes a prefix back`);
      if (value !== '' && !isNamespaceName(value)) {
        throw this.#wrong(`${name} declares what is no name of a namespace`);
      }
      if (++this.#declarations > MOST_DECLARATIONS) throw this.#wrong('too many declarations');
      declarations.set(prefix, value);
    }
    return { scope: new Map([...outer, ...declarations]), declarations };
  }

  #resolve(
    raw: readonly { readonly name: string; readonly value: string }[],
    scope: Scope,
  ): readonly XmlAttribute[] {
    const attributes: XmlAttribute[] = [];
    for (const { name, value } of raw) {
      if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
      const attribute = { ...this.#expanded(name, scope, ''), value };
      const { namespace, localName } = attribute;
      const twice = attributes.some(
        (other) => other.localName === localName && other.namespace === namespace,
      );
      if (twice) throw this.#wrong(`attribute ${name} twice, by its namespace`);
      attributes.push(attribute);
    }
    return attributes;
  }

  #expanded(name: string, scope: Scope, unprefixed: string) {
    const colon = name.indexOf(':');
    if (colon < 0) return { prefix: '', localName: name, namespace: unprefixed };
    const prefix = name.slice(0, colon);
    const namespace = scope.get(prefix);
    if (namespace === undefined) throw this.#wrong(`prefix ${prefix} is not declared`);
    return { prefix, localName: name.slice(colon + 1), namespace };
  }

  /** A qualified name: at most one colon, with a name on either side. */
  #name(): string {
    const start = this.#at;
    if (this.#match(NAME) === '') throw this.#refused('want a name');
    if (this.#take(':') && this.#match(NAME) === '') throw this.#wrong('want a name after ":"');
    return this.#text.slice(start, this.#at);
  }

  #count(): void {
    if (++this.#nodes > MOST_NODES) throw this.#wrong('too many elements and attributes');
  }

  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #space(): void {
    this.#match(SPACE);
  }

  /** What is XML, and refused here, by its name. */
  #refused(otherwise: string): Error {
    const rest = this.#text.slice(this.#at - (this.#text[this.#at - 1] === '<' ? 1 : 0));
    const [, kind] = REFUSED.find(([start]) => rest.startsWith(start)) ?? [];
    return this.#wrong(kind === undefined ? otherwise : `${kind} is not allowed here`);
  }

  #wrong(problem: string): Error {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    return malformed(this.#path, `${problem} at line ${line}, column ${column}`);
  }
}

/** Which of them `<?xml` is, a declaration too late or one of another form, is all the same. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['<?xml ', 'this XML declaration'],
  ['<!--', 'a comment'],
  ['<![CDATA[', 'a CDATA section'],
  ['<!', 'a document type'],
  ['<?', 'a processing instruction'],
];

function fromCodePoint(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
