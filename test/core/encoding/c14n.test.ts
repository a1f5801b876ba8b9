import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalDocument, canonicalElement } from '../../../src/core/encoding/c14n.ts';
import { parseXml } from '../../../src/core/encoding/xml.ts';
import { faultOf } from '../../support/fault-of.ts';
import { type Place, walk } from '../../support/rim-libxml2.ts';

const parse = (text: string) => parseXml(utf8(text), 'xml');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function canonical(written: string): string {
  return text(canonicalDocument(parse(written)));
}

/** Of the element at a place alone. */
function alone(written: string, ...place: Place): string {
  const path = walk(parse(written), place);
  const [element] = path.slice(-1);
  if (element === undefined) throw new RangeError('no element');
  return text(canonicalElement(element, path.slice(0, -1)));
}

/** Canonical XML 1.1, sections 2.3 and 3: rules and examples, each by itself. */
describe('canonicalDocument', () => {
  it.each([
    ['XML declaration and space around the root go', '<?xml version="1.0"?>\n<a/>\n', '<a></a>'],
    ['empty elements have two tags', '<a><b/></a>', '<a><b></b></a>'],
    ['space inside of tags is one blank', '<a\n  b = "1"\t></a  >', '<a b="1"></a>'],
    ['space between elements stays', '<a> \n <b/>\t</a>', '<a> \n <b></b>\t</a>'],
    ['quotes are double', `<a b='"'/>`, '<a b="&quot;"></a>'],
    ['line ends are line feeds', '<a>\r\n\r</a>', '<a>\n\n</a>'],
    [
      'text escapes what it must',
      '<a>&amp;&lt;&gt;>"\'&#xD;&#9;</a>',
      '<a>&amp;&lt;&gt;&gt;"\'&#xD;\t</a>',
    ],
    [
      'values escape something else',
      `<a b="&amp;&lt;>&quot;'&#9;&#10;&#13;"/>`,
      `<a b="&amp;&lt;>&quot;'&#x9;&#xA;&#xD;"></a>`,
    ],
    [
      'references are what they refer to',
      '<a b="&#x41;">&#233;&#x1F600;</a>',
      '<a b="A">é\u{1f600}</a>',
    ],
    ['attributes are sorted', '<a c="" B="" b=""/>', '<a B="" b="" c=""></a>'],
    [
      'those without a namespace first, others by its name and not by prefix',
      '<a xmlns:x="urn:2" xmlns:y="urn:1" x:a="" y:b="" z=""/>',
      '<a xmlns:x="urn:2" xmlns:y="urn:1" z="" y:b="" x:a=""></a>',
    ],
    [
      'the default declaration first, others by prefix',
      '<a xmlns:b="urn:1" xmlns:B="urn:2" xmlns="urn:3" a=""/>',
      '<a xmlns="urn:3" xmlns:B="urn:2" xmlns:b="urn:1" a=""></a>',
    ],
    ['unused declarations stay', '<a><b xmlns:c="urn:1"/></a>', '<a><b xmlns:c="urn:1"></b></a>'],
    [
      'what an ancestor declares alike goes',
      '<a xmlns="urn:1" xmlns:p="urn:2"><b xmlns="urn:1" xmlns:p="urn:2"/></a>',
      '<a xmlns="urn:1" xmlns:p="urn:2"><b></b></a>',
    ],
    [
      'what it declares otherwise stays, and back again',
      '<a xmlns:p="urn:1"><b xmlns:p="urn:2"><c xmlns:p="urn:1"/></b><d xmlns:p="urn:1"/></a>',
      '<a xmlns:p="urn:1"><b xmlns:p="urn:2"><c xmlns:p="urn:1"></c></b><d></d></a>',
    ],
    [
      'a default taken back stays where there was one',
      '<a xmlns="urn:1"><b xmlns=""><c xmlns=""/></b></a>',
      '<a xmlns="urn:1"><b xmlns=""><c></c></b></a>',
    ],
    ['and goes where there was none', '<a xmlns=""><b xmlns=""/></a>', '<a><b></b></a>'],
    ['a URI’s ampersand is escaped', '<a xmlns="urn:a?b&amp;c"/>', '<a xmlns="urn:a?b&amp;c"></a>'],
  ])('%s', (_, written, want) => expect(canonical(written)).toBe(want));

  it('leaves one child out, and nothing else', () => {
    const root = parse('<a xmlns="urn:1">x<b c="1"><d/></b>\n<b c="1"><d/></b></a>');
    const [first, second] = root.children.filter((child) => typeof child !== 'string');
    expect(text(canonicalDocument(root, first))).toBe(
      '<a xmlns="urn:1">x\n<b c="1"><d></d></b></a>',
    );
    expect(text(canonicalDocument(root, second))).toBe(
      '<a xmlns="urn:1">x<b c="1"><d></d></b>\n</a>',
    );
  });
});

/** Section 2.4: what an element takes along from above. */
describe('canonicalElement', () => {
  it.each([
    [
      'all namespaces in scope, used or not',
      '<a xmlns="urn:1" xmlns:p="urn:2"><b xmlns:q="urn:3"><c/></b></a>',
      '<c xmlns="urn:1" xmlns:p="urn:2" xmlns:q="urn:3"></c>',
    ],
    [
      'the nearest declaration of each',
      '<a xmlns="urn:1" xmlns:p="urn:2"><b xmlns="urn:3"><c xmlns:p="urn:4"/></b></a>',
      '<c xmlns="urn:3" xmlns:p="urn:4"></c>',
    ],
    ['no default that was taken back', '<a xmlns="urn:1"><b xmlns=""><c/></b></a>', '<c></c>'],
    [
      'xml:lang and xml:space of the nearest that has them',
      '<a xml:lang="en" xml:space="preserve"><b xml:lang="de"><c x=""/></b></a>',
      '<c x="" xml:lang="de" xml:space="preserve"></c>',
    ],
    [
      'none that it has itself',
      '<a><b xml:lang="en"><c xml:lang="de"/></b></a>',
      '<c xml:lang="de"></c>',
    ],
    ['neither xml:id nor others', '<a xml:id="x" xml:other="y" z=""><b><c/></b></a>', '<c></c>'],
    [
      'what is below it keeps its own',
      '<a xmlns="urn:1"><b><c><d xmlns="urn:2"/></c></b></a>',
      '<c xmlns="urn:1"><d xmlns="urn:2"></d></c>',
    ],
  ])('%s', (_, written, want) => expect(alone(written, 0, 0)).toBe(want));

  it('is the document where it is the root', () => {
    const written = '<a xmlns="urn:1" xml:base="x"><b/></a>';
    expect(alone(written)).toBe(canonical(written));
  });

  it('refuses to join an ancestor’s xml:base', () => {
    expect(faultOf(() => alone('<a xml:base="urn:x"><b/></a>', 0))).toMatchObject({
      code: 'unsupported',
      at: 'xml',
    });
  });
});
