import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import type { XmlAttribute, XmlElement } from '../../src/core/encoding/xml.ts';
import { damaged } from './fuzz.ts';

/** What means something where XML, and a manifest in it, is read. */
const TELLING = [
  ...['<', '>', '/', '"', "'", '=', ':', ' ', '\n', '\r', '\t', '&', ';', 'x', '0', '1', 'é'],
  ...['&#65;', '&#x30;', '&lt;', '&amp;', '<x/>', '</', '/>', '<!-- -->', '<?x?>', '<![CDATA[]]>'],
  ...['True', 'False', 'ns0:', 'ns2:', 'xml:lang="en"', 'xmlns=""', 'xmlns:ns0="urn:x"', 'Id="x"'],
  ...['index="7" ', 'active="True" ', 'URI="#x"', '00'.repeat(48), '</ns0:Payload><ns0:Payload>'],
];

const ATTRIBUTE = / (?=[\w:]+=")/g;
const ROW = /(?=<ns0:Resource )/g;
const DIGIT = /[0-9a-f](?=[0-9a-f]{8})/g;

const where = { at: fc.nat(), to: fc.nat() };

/** Whatever XML is made of, for something else. */
const wild = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'remove', 'repeat', 'move'),
  seam: fc.constantFrom(/[<>" ]/g, ATTRIBUTE, ROW),
  /** How many seams further on what is edited ends. */
  length: fc.nat({ max: 12 }),
  piece: fc.constantFrom(...TELLING),
  ...where,
});

/** Well-formed as before, most of the time, and a manifest of something else or of the same. */
const gentle = fc
  .constantFrom(
    { kind: 'replace', seam: DIGIT, length: 1, piece: '0' },
    { kind: 'move', seam: DIGIT, length: 1, piece: '' },
    { kind: 'remove', seam: ROW, length: 1, piece: '' },
    { kind: 'move', seam: ROW, length: 1, piece: '' },
    { kind: 'insert', seam: ATTRIBUTE, length: 0, piece: '\n' },
    { kind: 'insert', seam: ATTRIBUTE, length: 0, piece: ' x="&#120;"' },
  )
  .chain((one) => fc.record({ ...where }).map((places) => ({ ...one, ...places })));

const edit = fc.oneof(wild, gentle);

type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

function applied(text: string, { kind, seam: mark, at, length, to, piece }: Edit): string {
  const seams = Array.from(text.matchAll(mark), ({ index }) => index);
  const seam = (i: number) => seams[i % seams.length] ?? 0;
  const from = at % Math.max(1, seams.length);
  const [start, end] = [seam(from), Math.max(seam(from), seam(from + length))];
  const [head, part, tail] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  const target = Math.max(0, seam(to) - (seam(to) > start ? part.length : 0));
  const without = head + tail;
  switch (kind) {
    case 'insert':
      return head + piece + part + tail;
    case 'replace':
      return head + piece + tail;
    case 'remove':
      return without;
    case 'repeat':
      return head + part + part + tail;
    default:
      return without.slice(0, target) + part + without.slice(target);
  }
}

/** Good documents with damage to bytes, or to what XML and manifests are made of. */
export function damagedXml(...good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const ofPieces = fc
    .tuple(fc.constantFrom(...good), fc.array(edit, { minLength: 1, maxLength: 2 }))
    .map(([xml, edits]) => utf8(edits.reduce(applied, fromUtf8(xml, 'test'))));
  return fc.oneof({ weight: 3, arbitrary: ofPieces }, { weight: 1, arbitrary: damaged(...good) });
}

/** The same document as other writers would write it: of one canonical form with the first. */
export function writtenOtherwise(root: XmlElement): fc.Arbitrary<Uint8Array> {
  return fc.array(fc.nat({ max: 999 }), { minLength: 7, maxLength: 97 }).map((choices) => {
    let next = 0;
    const choose = <T>(...of: readonly [T, ...T[]]): T =>
      of[(choices[next++ % choices.length] ?? 0) % of.length] ?? of[0];
    const start = choose('', '<?xml version="1.0"?>', "<?xml version='1.0' encoding='UTF-8'?>\n");
    return utf8(`${start}${write(root, choose)}${choose('', '\n', '\r\n \t')}`);
  });
}

type Choose = <T>(...of: readonly [T, ...T[]]) => T;

function write(element: XmlElement, choose: Choose): string {
  const name = qualified(element);
  const written = [
    ...[...element.declarations].map(([prefix, uri]) =>
      attribute(prefix === '' ? 'xmlns' : `xmlns:${prefix}`, uri, choose),
    ),
    ...element.attributes.map((one) => attribute(qualified(one), one.value, choose)),
  ];
  const turned = choose(written, written.toReversed(), [
    ...written.slice(1),
    ...written.slice(0, 1),
  ]);
  const space = choose(' ', '\n', '\t', ' \r\n');
  const start = `<${[name, ...turned].join(space)}${choose('', space)}`;
  const children = element.children.map((child) =>
    typeof child === 'string' ? text(child, choose) : write(child, choose),
  );
  if (children.length === 0 && choose(true, false)) return `${start}/>`;
  return `${start}>${children.join('')}</${name}${choose('', ' ', '\n')}>`;
}

function attribute(name: string, value: string, choose: Choose): string {
  const quote = choose('"', "'");
  const written = character(value.replaceAll('&', '&amp;').replaceAll('<', '&lt;'), choose)
    .replaceAll('\t', '&#9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#13;')
    .replaceAll(quote, quote === '"' ? '&quot;' : '&apos;');
  return `${name}${choose('=', ' = ', '=\n')}${quote}${written}${quote}`;
}

function text(value: string, choose: Choose): string {
  const written = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return character(written.replaceAll('>', '&gt;').replaceAll('\r', '&#xD;'), choose).replaceAll(
    '\n',
    choose('\n', '\r\n', '\r'),
  );
}

/** One letter or digit as a reference, or none. */
function character(value: string, choose: Choose): string {
  const at = choose(-1, -1, 0, value.length - 1);
  const one = value[at];
  if (one === undefined || !/[A-Za-z0-9]/.test(one)) return value;
  const code = one.charCodeAt(0);
  const reference = choose(`&#${code};`, `&#x${code.toString(16)};`);
  return value.slice(0, at) + reference + value.slice(at + 1);
}

function qualified({ prefix, localName }: Pick<XmlAttribute, 'prefix' | 'localName'>): string {
  return prefix === '' ? localName : `${prefix}:${localName}`;
}
