import { utf8 } from '../bytes/text.ts';
import { Fault } from '../fault.ts';
import type { XmlAttribute, XmlElement } from './xml.ts';
import { XML_NAMESPACE } from './xml-names.ts';

type Scope = ReadonlyMap<string, string>;

const NOTHING: Scope = new Map();

/**
 * Canonical XML 1.1, inclusive and without comments, of a document with one child of its root
 * left out: what an enveloped signature signs.
 *
 * @returns UTF-8.
 */
export function canonicalDocument(root: XmlElement, without?: XmlElement): Uint8Array {
  const out: string[] = [];
  write(out, root, NOTHING, root.declarations, root.attributes, without);
  return utf8(out.join(''));
}

/**
 * The same of one element alone. It takes along all namespaces that are in scope where it
 * stands, and xml:lang and xml:space of its ancestors (section 2.4).
 *
 * @param ancestors from the root to its parent.
 * @throws Fault `unsupported` for an ancestor's xml:base, which would have to be joined.
 */
export function canonicalElement(
  element: XmlElement,
  ancestors: readonly XmlElement[],
): Uint8Array {
  const inScope = new Map<string, string>();
  for (const { declarations } of [...ancestors, element]) {
    for (const [prefix, name] of declarations) inScope.set(prefix, name);
  }
  const out: string[] = [];
  write(out, element, NOTHING, inScope, withInherited(element, ancestors), undefined);
  return utf8(out.join(''));
}

function withInherited(
  { attributes }: XmlElement,
  ancestors: readonly XmlElement[],
): readonly XmlAttribute[] {
  const all = [...attributes];
  for (const ancestor of ancestors.toReversed()) {
    for (const attribute of ancestor.attributes) {
      const { namespace, localName } = attribute;
      if (namespace !== XML_NAMESPACE) continue;
      if (localName === 'base') throw new Fault('unsupported', 'xml', 'xml:base above an element');
      if (localName !== 'lang' && localName !== 'space') continue;
      if (!all.some((own) => own.namespace === namespace && own.localName === localName)) {
        all.push(attribute);
      }
    }
  }
  return all;
}

/** @param declares what is to be declared here, as far as `rendered` has not declared it alike. */
function write(
  out: string[],
  element: XmlElement,
  rendered: Scope,
  declares: Scope,
  attributes: readonly XmlAttribute[],
  without: XmlElement | undefined,
): void {
  const name = qualified(element);
  out.push('<', name);
  const scope = writeDeclarations(out, rendered, declares);
  for (const attribute of sorted(attributes)) {
    out.push(' ', qualified(attribute), '="', escapedValue(attribute.value), '"');
  }
  out.push('>');
  for (const child of element.children) {
    if (typeof child === 'string') out.push(escapedText(child));
    else if (child !== without)
      write(out, child, scope, child.declarations, child.attributes, without);
  }
  out.push('</', name, '>');
}

/** By prefix, the default first; what an ancestor in the output declares alike is left out. */
function writeDeclarations(out: string[], rendered: Scope, declares: Scope): Scope {
  if (declares.size === 0) return rendered;
  const scope = new Map(rendered);
  for (const [prefix, name] of [...declares].toSorted(([a], [b]) => compare(a, b))) {
    if ((rendered.get(prefix) ?? '') === name) continue;
    scope.set(prefix, name);
    out.push(prefix === '' ? ' xmlns="' : ` xmlns:${prefix}="`, escapedValue(name), '"');
  }
  return scope;
}

function sorted(attributes: readonly XmlAttribute[]): readonly XmlAttribute[] {
  return attributes.length < 2
    ? attributes
    : attributes.toSorted(
        (a, b) => compare(a.namespace, b.namespace) || compare(a.localName, b.localName),
      );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function qualified({ prefix, localName }: Pick<XmlElement, 'prefix' | 'localName'>): string {
  return prefix === '' ? localName : `${prefix}:${localName}`;
}

function escapedText(text: string): string {
  if (!/[&<>\r]/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;');
}

function escapedValue(text: string): string {
  if (!/[&<"\t\n\r]/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;');
}
