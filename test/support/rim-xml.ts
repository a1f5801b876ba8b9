import fc from 'fast-check';
import { utf8 } from '../../src/core/bytes/text.ts';
import type { XmlElement, XmlNode } from '../../src/core/encoding/xml.ts';

export type { XmlElement };

export function isElement(node: XmlNode): node is XmlElement {
  return typeof node !== 'string';
}

/** What an element is to be written from; names that are not in scope are written otherwise. */
interface Recipe {
  readonly prefix: string;
  readonly local: string;
  readonly declares: readonly (readonly [prefix: string, name: string])[];
  readonly attributes: readonly (readonly [prefix: string, local: string, value: string])[];
  readonly children: readonly (Recipe | string)[];
  /** Between attributes, and before the end of tags. */
  readonly space: string;
  readonly quote: '"' | "'";
  readonly selfClosing: boolean;
}

const PREFIXES = ['', 'a', 'b', 'ns0', 'ds'];
const NAMES = ['urn:a', 'urn:b', 'http://example.test/x#y', 'https://example.test/?a=b%20c'];

const declares = fc.uniqueArray(
  fc.oneof(
    fc.tuple(fc.constantFrom(...PREFIXES), fc.constantFrom(...NAMES)),
    fc.constant(['', ''] as const),
  ),
  { maxLength: 3, selector: ([prefix]) => prefix },
);

/** Whatever canonicalisation changes, and some of what it leaves. */
const PIECES = [
  ...['x', ' ', '\t', '\n', '\r', '\r\n', '>', 'é', '\u{1f600}', '\ud7ff', '\ufffd', ']]'],
  ...['&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#9;', '&#xA;', '&#13;', '&#xD;', '&#32;'],
  ...['&#x10FFFF;', '&#x1f600;', '&#38;'],
];
const written = (...more: readonly string[]) =>
  fc
    .array(fc.constantFrom(...PIECES, ...more), { maxLength: 5 })
    .map((pieces) => pieces.join('').replaceAll(']]>', ']]&gt;'));

const local = fc.constantFrom('x', 'y', 'Resource', 'Hash0', 'Hash10', 'é', 'a-b.c', 'X');
const attribute = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...PREFIXES), local, written()) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('xml'),
      fc.constantFrom('lang', 'space', 'other'),
      fc.constantFrom('en', 'default', 'preserve'),
    ),
  },
);

const { recipe } = fc.letrec<{ recipe: Recipe }>((tie) => ({
  recipe: fc.record({
    prefix: fc.constantFrom(...PREFIXES),
    local,
    declares,
    attributes: fc.array(attribute, { maxLength: 4 }),
    children: fc.array(
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, written('"', "'"), tie('recipe')),
      { maxLength: 4 },
    ),
    space: fc.constantFrom(' ', '\n', '\t', ' \r\n '),
    quote: fc.constantFrom('"', "'"),
    selfClosing: fc.boolean(),
  }),
}));

/** Documents in all the ways that our subset of XML has to write them. */
export const xmlDocument: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0"?>', `<?xml version='1.0' encoding='utf-8' ?>\r\n`),
    recipe,
    fc.constantFrom('', '\n', ' \r\n\t'),
  )
  .map(([before, root, after]) => utf8(before + write(root, new Map()) + after));

function write(made: Recipe, outer: ReadonlyMap<string, string>): string {
  const { space, quote } = made;
  const scope = new Map([...outer, ...made.declares]);
  const known = (prefix: string) => prefix === 'xml' || prefix === '' || scope.has(prefix);
  const name = named(known(made.prefix) ? made.prefix : '', made.local);
  const seen = new Set<string>();
  const attributes = made.attributes.filter(([prefix, local]) => {
    const expanded = `${prefix === '' ? '' : (scope.get(prefix) ?? prefix)} ${local}`;
    return known(prefix) && !seen.has(expanded) && seen.add(expanded);
  });
  const start = [
    `<${name}`,
    ...attributes.map(
      ([prefix, local, value]) => `${named(prefix, local)}=${quote}${value}${quote}`,
    ),
    // Behind the attributes, where a reader must already have them.
    ...made.declares.map(([prefix, uri]) => `${named('xmlns', prefix)}=${quote}${uri}${quote}`),
  ].join(space);
  if (made.children.length === 0 && made.selfClosing) return `${start}${space}/>`;
  const inside = made.children.map((child) =>
    typeof child === 'string' ? child : write(child, scope),
  );
  return `${start}>${inside.join('').replaceAll(']]>', ']]&gt;')}</${name}${space}>`;
}

function named(prefix: string, local: string): string {
  return prefix === '' || local === '' ? prefix + local : `${prefix}:${local}`;
}
