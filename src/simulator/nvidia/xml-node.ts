/** An element that is to be written; prefixes stand in the names. */
export interface XmlNode {
  name: string;
  /** Declared in this element: prefix, empty for the default one, and URI. */
  namespaces: (readonly [prefix: string, uri: string])[];
  attributes: (readonly [name: string, value: string])[];
  children: (XmlNode | string)[];
}

type Scope = ReadonlyMap<string, string>;

export function element(
  name: string,
  attributes: XmlNode['attributes'],
  ...children: XmlNode['children']
): XmlNode {
  return { name, namespaces: [], attributes, children };
}

/** As given: attributes in their order, what is empty closed at once. */
export function writeXml({ name, namespaces, attributes, children }: XmlNode): string {
  const start = [
    name,
    ...namespaces.map(([prefix, uri]) => declaration(prefix, uri)),
    ...attributes.map(attribute),
  ].join(' ');
  if (children.length === 0) return `<${start}/>`;
  const inside = children.map((child) =>
    typeof child === 'string' ? text(child) : writeXml(child),
  );
  return `<${start}>${inside.join('')}</${name}>`;
}

/**
 * The same as Canonical XML 1.1 has it, without comments: declarations by prefix and only where
 * they change something, attributes by namespace and name, an end tag for everything.
 *
 * @param scope what the element’s ancestors declare, when it is looked at without them: all of
 *   it then counts as declared in the element itself.
 */
export function writeCanonical(node: XmlNode, scope: XmlNode['namespaces'] = []): string {
  const own = new Map([...scope, ...node.namespaces]);
  return canonical({ ...node, namespaces: [...own] }, new Map());
}

function canonical({ name, namespaces, attributes, children }: XmlNode, outside: Scope): string {
  const scope = new Map([...outside, ...namespaces]);
  const declared = namespaces
    .filter(([prefix, uri]) => outside.get(prefix) !== uri)
    .toSorted(([a], [b]) => order(a, b));
  const sorted = attributes.toSorted(([a], [b]) =>
    order(...([sortKey(a, scope), sortKey(b, scope)] as const)),
  );
  const start = [
    name,
    ...declared.map(([prefix, uri]) => declaration(prefix, uri)),
    ...sorted.map(attribute),
  ].join(' ');
  const inside = children.map((child) =>
    typeof child === 'string' ? text(child) : canonical(child, scope),
  );
  return `<${start}>${inside.join('')}</${name}>`;
}

/** Namespace URI first; an attribute without prefix is in none. */
function sortKey(name: string, scope: Scope): string {
  const [prefix = '', local] = name.split(':');
  return local === undefined ? `\0${prefix}` : `${scope.get(prefix) ?? ''}\0${local}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function declaration(prefix: string, uri: string): string {
  return attribute([prefix === '' ? 'xmlns' : `xmlns:${prefix}`, uri]);
}

function attribute([name, value]: readonly [string, string]): string {
  return `${name}="${value.replace(/[&<"\t\n\r]/g, (character) => ESCAPES[character] ?? '')}"`;
}

function text(value: string): string {
  return value.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? '');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};
