import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { parseXml, type XmlElement } from '../../../src/core/encoding/xml.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const parse = (text: string) => parseXml(utf8(text), 'xml');

/** The value of the one attribute of the root, written so. */
function value(written: string): string | undefined {
  return parse(`<a x="${written}"/>`).attributes[0]?.value;
}

/** The text of the root, written so. */
function content(written: string): string {
  return parse(`<a>${written}</a>`).children.join('|');
}

describe('parseXml', () => {
  it('reads names, namespaces, attributes and text', () => {
    const root = parse(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<r xmlns="urn:d" xmlns:p="urn:p" n="1"><p:c p:n="2" n="3">text<e xmlns=""/></p:c> </r>\n',
    );
    const e: XmlElement = {
      prefix: '',
      localName: 'e',
      namespace: '',
      attributes: [],
      declarations: new Map([['', '']]),
      children: [],
    };
    const c: XmlElement = {
      prefix: 'p',
      localName: 'c',
      namespace: 'urn:p',
      attributes: [
        { prefix: 'p', localName: 'n', namespace: 'urn:p', value: '2' },
        { prefix: '', localName: 'n', namespace: '', value: '3' },
      ],
      declarations: new Map(),
      children: ['text', e],
    };
    expect(root).toEqual({
      prefix: '',
      localName: 'r',
      namespace: 'urn:d',
      attributes: [{ prefix: '', localName: 'n', namespace: '', value: '1' }],
      declarations: new Map([
        ['', 'urn:d'],
        ['p', 'urn:p'],
      ]),
      children: [c, ' '],
    });
  });

  it('lets a prefix and the default namespace be declared anew further in', () => {
    const root = parse('<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"/><p:c/></p:a>');
    const names = root.children.map((child) => typeof child !== 'string' && child.namespace);
    expect([root.namespace, ...names]).toEqual(['urn:1', 'urn:2', 'urn:1']);
  });

  it('knows a declaration before it comes', () => {
    expect(parse('<p:a p:x="" xmlns:p="urn:1"/>').attributes[0]?.namespace).toBe('urn:1');
  });

  it('knows the prefix xml without a declaration', () => {
    expect(parse('<a xml:lang="en"/>').attributes[0]).toEqual({
      prefix: 'xml',
      localName: 'lang',
      namespace: 'http://www.w3.org/XML/1998/namespace',
      value: 'en',
    });
  });

  it('reads a view into a larger buffer as the same, and keeps nothing of it', () => {
    const bytes = utf8('<a x="é">é</a>');
    const view = asView(bytes);
    const root = parseXml(view, 'xml');
    view.fill(0);
    expect(root).toEqual(parseXml(bytes, 'xml'));
  });

  it.each([
    ['line ends of other systems', 'a\r\nb\rc\n\rd', 'a\nb\nc\n\nd'],
    ['a carriage return by reference', 'a&#13;&#xD;\n', 'a\r\r\n'],
    ['the five entities', '&lt;&gt;&amp;&quot;&apos;', '<>&"\''],
    ['references to what they spell, once only', '&amp;lt;&#38;amp;', '&lt;&amp;'],
    ['references of either base and case', '&#65;&#x41;&#x1F600;&#x1f600;', 'AA\u{1f600}\u{1f600}'],
    ['the last character that there is', '&#x10FFFF;&#1114111;', '\u{10ffff}\u{10ffff}'],
    ['a bracket too few', ']]&gt; ]> ]]', ']]> ]> ]]'],
    ['a tab', '\t', '\t'],
  ])('text: %s', (_, written, text) => expect(content(written)).toBe(text));

  it.each([
    ['white space becomes a blank, a line end one', 'a\tb\nc\r\nd\re', 'a b c d e'],
    ['white space by reference stays', '&#9;&#10;&#13;&#x20;', '\t\n\r '],
    ['blanks stay, at the ends too', '  a  b  ', '  a  b  '],
    ['the other quote', "'", "'"],
    ['a bracket', ']]>', ']]>'],
  ])('attribute values: %s', (_, written, text) => expect(value(written)).toBe(text));

  it.each([
    ['version alone', '<?xml version="1.0"?><a/>'],
    ['with encoding', `<?xml version='1.0' encoding='utf-8'?><a/>`],
    ['with a blank and a line behind it', '<?xml version="1.0" encoding="UTF-8" ?>\r\n<a/>'],
    ['none, and a line before the root', '\n<a/>'],
  ])('XML declaration: %s', (_, text) => expect(parse(text).localName).toBe('a'));
});

const DOCTYPE = 'a document type is not allowed here';
const PI = 'a processing instruction is not allowed here';
const COMMENT = 'a comment is not allowed here';
const XML_DECLARATION = 'this XML declaration is not allowed here';
const REFERENCE = 'a reference to something that is not predefined';
const FORBIDDEN = 'a character that XML does not allow';
const BAD_REFERENCE = 'a reference to a character that XML does not allow';
const ROOTS = 'more than one root element or text';

describe('parseXml refuses', () => {
  it.each([
    ['nothing', '', 'want an element at line 1, column 1'],
    ['white space', ' \n ', 'want an element at line 2, column 2'],
    ['text before the root', 'x<a/>', 'want an element at line 1, column 1'],
    ['text behind the root', '<a/>x', `${ROOTS} at line 1, column 5`],
    ['a reference behind the root', '<a/>&#32;', `${ROOTS} at line 1, column 5`],
    ['a second root', '<a/>\n<b/>', `${ROOTS} at line 2, column 1`],
    ['a document type', '<!DOCTYPE a><a/>', DOCTYPE],
    ['a document type with entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', DOCTYPE],
    ['a document type from elsewhere', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', DOCTYPE],
    ['an external entity', '<a>&b;</a>', `${REFERENCE} at line 1, column 4`],
    ['an entity in a value', '<a b="&c;"/>', REFERENCE],
    ['an HTML entity', '<a>&nbsp;</a>', REFERENCE],
    ['a bare ampersand', '<a>a & b</a>', REFERENCE],
    ['a reference without its end', '<a>&#65</a>', REFERENCE],
    ['a reference with an upper-case X', '<a>&#X41;</a>', REFERENCE],
    ['an entity in upper case', '<a>&LT;</a>', REFERENCE],
    ['a reference to nothing', '<a>&#;</a>', REFERENCE],
    ['a NUL by reference', '<a>&#0;</a>', BAD_REFERENCE],
    ['a control character by reference', '<a b="&#x1b;"/>', BAD_REFERENCE],
    ['half a surrogate pair by reference', '<a>&#xD83D;&#xDE00;</a>', BAD_REFERENCE],
    ['a noncharacter by reference', '<a>&#xFFFE;</a>', BAD_REFERENCE],
    ['a reference beyond the last character', '<a>&#x110000;</a>', BAD_REFERENCE],
    ['a NUL', '<a>\0</a>', `${FORBIDDEN} at line 1, column 4`],
    ['a control character', '<a b="\x1b"/>', FORBIDDEN],
    ['a noncharacter', '<a>\uffff</a>', FORBIDDEN],
    ['a processing instruction before the root', '<?a b?><a/>', PI],
    ['a processing instruction inside', '<a><?b c?></a>', PI],
    ['a processing instruction behind the root', '<a/><?b c?>', PI],
    ['a style sheet', '<?xml-stylesheet href="a"?><a/>', PI],
    ['an XML declaration in upper case', '<?XML VERSION="1.0"?><a/>', PI],
    ['an XML declaration inside', '<a><?xml version="1.0"?></a>', XML_DECLARATION],
    ['an XML declaration too late', ' <?xml version="1.0"?><a/>', XML_DECLARATION],
    ['two XML declarations', '<?xml version="1.0"?><?xml version="1.0"?><a/>', XML_DECLARATION],
    ['XML 1.1', '<?xml version="1.1"?><a/>', XML_DECLARATION],
    ['another encoding', '<?xml version="1.0" encoding="latin1"?><a/>', XML_DECLARATION],
    ['a word on being standalone', '<?xml version="1.0" standalone="yes"?><a/>', XML_DECLARATION],
    ['a comment before the root', '<!-- b --><a/>', COMMENT],
    ['a comment inside', '<a><!-- b --></a>', COMMENT],
    ['a comment behind the root', '<a/><!-- b -->', COMMENT],
    ['a CDATA section', '<a><![CDATA[b]]></a>', 'a CDATA section is not allowed here'],
    ['the end of a CDATA section', '<a>b]]>c</a>', '"]]>" in text at line 1, column 5'],
    ['an element declared inside', '<a><!ELEMENT b ANY></a>', DOCTYPE],
    ['"<" in a value', '<a b="<"/>', '"<" in a value, or a value that does not end'],
    ['a value without its end', '<a b="c/>', '"<" in a value, or a value that does not end'],
    ['a value without quotes', '<a b=c/>', 'want a quoted value'],
    [
      'a value of two kinds of quotes',
      `<a b="c'/>`,
      '"<" in a value, or a value that does not end',
    ],
    ['an attribute without value', '<a b/>', 'want "=" after b'],
    ['no space between attributes', '<a b="1"c="2"/>', 'want white space before an attribute'],
    ['an attribute in an end tag', '<a></a b="1">', 'want </a>'],
    ['an attribute twice', '<a b="1" b="2"/>', 'attribute b twice'],
    [
      'an attribute twice, by two prefixes of one namespace',
      '<a xmlns:p="urn:1" xmlns:q="urn:1" p:b="1" q:b="2"/>',
      'attribute q:b twice, by its namespace',
    ],
    ['a declaration twice', '<a xmlns="urn:1" xmlns="urn:1"/>', 'attribute xmlns twice'],
    ['a prefix that is not declared', '<p:a/>', 'prefix p is not declared'],
    ['one of an attribute', '<a p:b=""/>', 'prefix p is not declared'],
    ['one declared in a sibling', '<a><b xmlns:p="urn:1"/><p:c/></a>', 'prefix p is not declared'],
    ['one that is xmlns', '<xmlns:a/>', 'prefix xmlns is not declared'],
    [
      'a prefix taken back',
      '<a xmlns:p="urn:1"><b xmlns:p=""/></a>',
      'xmlns:p takes a prefix back',
    ],
    [
      'the prefix xml declared',
      '<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>',
      'xmlns:xml declares what is reserved',
    ],
    ['the prefix xml declared otherwise', '<a xmlns:xml="urn:1"/>', 'xmlns:xml declares what'],
    ['the prefix xmlns declared', '<a xmlns:xmlns="urn:1"/>', 'xmlns:xmlns declares what'],
    [
      'the namespace of xml under another prefix',
      '<a xmlns:x="http://www.w3.org/XML/1998/namespace"/>',
      'xmlns:x declares what is reserved',
    ],
    [
      'the namespace of xmlns as the default',
      '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
      'xmlns declares what is reserved',
    ],
    ['a relative namespace', '<a xmlns="b"/>', 'xmlns declares what is no name of a namespace'],
    ['a namespace with a port', '<a xmlns="http://b:80/"/>', 'no name of a namespace'],
    ['a namespace with a blank', '<a xmlns="urn:b c"/>', 'no name of a namespace'],
    ['a namespace beyond ASCII', '<a xmlns="urn:é"/>', 'no name of a namespace'],
    ['a namespace with two fragments', '<a xmlns="urn:b#c#d"/>', 'no name of a namespace'],
    ['a name of two colons', '<a:b:c xmlns:a="urn:1"/>', 'want white space before an attribute'],
    ['a name that ends in a colon', '<a: xmlns:a="urn:1"/>', 'want a name after ":"'],
    ['a name that begins with a colon', '<:a/>', 'want a name'],
    ['a name that begins with a digit', '<1a/>', 'want a name'],
    ['a local name that begins with a digit', '<a xmlns:p="urn:1" p:1=""/>', 'want a name after'],
    ['no name', '< a/>', 'want a name at line 1, column 2'],
    ['an element that does not end', '<a>', 'an element that does not end at line 1, column 4'],
    ['a tag that does not end', '<a', 'want ">"'],
    ['an end tag that does not end', '<a></a', 'want </a>'],
    ['an end tag alone', '</a>', 'want a name'],
    ['another end tag', '<a></b>', 'want </a> at line 1, column 4'],
    ['an end tag that begins alike', '<a></ab>', 'want </a>'],
    ['an end tag in upper case', '<a></A>', 'want </a>'],
    [
      'an end tag of the same name otherwise',
      '<p:a xmlns:p="urn:1" xmlns:q="urn:1"></q:a>',
      'want',
    ],
    ['tags that overlap', '<a><b></a></b>', 'want </b>'],
    ['a blank before the end of an empty element', '<a / >', 'want ">"'],
  ])('%s', (_, text, detail) => {
    const fault = faultOf(() => parse(text));
    expect(fault).toMatchObject({ code: 'malformed', at: 'xml' });
    expect(fault.detail).toContain(detail);
  });

  it.each([
    [
      'a byte that is not UTF-8',
      concatBytes(utf8('<a>'), hex('e9'), utf8('</a>')),
      'not valid UTF-8',
    ],
    [
      'a character in more bytes than it needs',
      concatBytes(utf8('<a>'), hex('c1bc'), utf8('</a>')),
      'not valid UTF-8',
    ],
    [
      'half a surrogate pair',
      concatBytes(utf8('<a>'), hex('eda080'), utf8('</a>')),
      'not valid UTF-8',
    ],
    ['a byte order mark', concatBytes(hex('efbbbf'), utf8('<a/>')), 'want an element'],
    ['UTF-16', hex('feff 003c 0061 002f 003e'), 'not valid UTF-8'],
    ['UTF-16 without a mark', hex('3c00 6100 2f00 3e00'), FORBIDDEN],
  ])('%s', (_, bytes, detail) => {
    expect(faultOf(() => parseXml(bytes, 'xml')).detail).toContain(detail);
  });
});

describe('parseXml has bounds', () => {
  const times = (n: number, one: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => one(i)).join('');
  const nested = (n: number) => '<a>'.repeat(n) + '</a>'.repeat(n);
  const attributes = (n: number) => `<a${times(n, (i) => ` x${i}=""`)}/>`;
  const declarations = (n: number) => `<a>${times(n, (i) => `<b xmlns:x${i}="urn:1"/>`)}</a>`;
  const namespace = (n: number) => `<a xmlns="urn:${'x'.repeat(n - 4)}"/>`;
  const elements = (n: number) => `<a>${'<b/>'.repeat(n)}</a>`;
  const size = (n: number) => `<a>${'x'.repeat(n - 7)}</a>`;

  it.each([
    ['depth', nested, 32, 'nested deeper'],
    ['attributes of one element', attributes, 256, 'too many attributes of one element'],
    ['declarations', declarations, 256, 'too many declarations'],
    ['names of namespaces', namespace, 256, 'no name of a namespace'],
    // And the end of what is around them.
    ['elements', elements, 65_535, 'too many elements and attributes'],
    ['size', size, 1024 * 1024, '1048577 bytes of XML'],
  ] as const)('%s', (_, made, most, detail) => {
    expect(parse(made(most)).localName).toBe('a');
    expect(faultOf(() => parse(made(most + 1))).detail).toContain(detail);
  });

  it('an error quotes no more of what a stranger wrote than anybody would read', () => {
    const fault = faultOf(() => parse(`<${'x'.repeat(100_000)}>`));
    expect(faultOf(() => parse(`<a ${'x'.repeat(100_000)}/>`)).message.length).toBeLessThan(3_000);
    expect(fault.message.length).toBeLessThan(3_000);
  });
});
