import { utf8 } from '../../../../src/core/bytes/text.ts';
import { damageBytes } from '../../mutators/bytes.ts';
import { mutators } from '../../mutators/mutator.ts';
import type { Random } from '../../random.ts';
import { type Change, inOne, type NvidiaMutator, prefixed } from './mutator.ts';

type XmlChange = (random: Random, xml: string) => string;

function text(change: XmlChange): Change {
  return (random, bytes) => utf8(change(random, Buffer.from(bytes).toString()));
}

const inRim = (change: XmlChange) => inOne('rims')(text(change));

/** Replaces one match, wherever the dice fall. */
function spot(random: Random, xml: string, pattern: RegExp, by: (found: string) => string): string {
  const found = [...xml.matchAll(pattern)];
  if (found.length === 0) return xml;
  const { 0: match, index } = random.pick(found);
  return xml.slice(0, index) + by(match) + xml.slice(index + match.length);
}

const TAG = /<[A-Za-z][^<>]*>/g;
const ATTRIBUTE = /\s[\w:]+="[^"<>]*"/g;
const ROW = /<ns0:Resource [^<>]*>(?:<\/ns0:Resource>)?/g;

const SIGNATURE = /<ds:Signature[\s>].*<\/ds:Signature>/s;

/** Another text of the same canonical form. */
const HARMLESS: Readonly<Record<string, XmlChange>> = {
  'attributes in another order': (random, xml) =>
    spot(random, xml, ROW, (row) => {
      const attributes = row.match(ATTRIBUTE) ?? [];
      return row.replace(attributes.join(''), random.shuffled(attributes).join(''));
    }),
  'single quotes': (random, xml) =>
    spot(random, xml, ATTRIBUTE, (attribute) => attribute.replaceAll('"', "'")),
  'space inside of a tag': (random, xml) =>
    spot(random, xml, ATTRIBUTE, (attribute) =>
      attribute.replace(' ', random.pick(['  ', '\n', '\t', '\r\n '])).replace('=', ' = '),
    ),
  'space at the end of a tag': (random, xml) =>
    spot(random, xml, TAG, (tag) => tag.replace(/(\/?>)$/, ' $1')),
  'a character by its number': (random, xml) =>
    spot(random, xml, /(?<= (?:ns2:Hash0|name)="\w*)[0-9a-f](?=\w*")/g, (character) =>
      random.oneIn(2)
        ? `&#${character.charCodeAt(0)};`
        : `&#x${character.charCodeAt(0).toString(16)};`,
    ),
  'an empty element in two tags': (random, xml) =>
    spot(random, xml, /<ns0:Resource [^<>]*\/>/g, (row) => row.replace('/>', '></ns0:Resource>')),
  'the signature first': (_random, xml) => {
    const found = SIGNATURE.exec(xml)?.[0] ?? '';
    return xml.replace(found, '').replace(/(?<=<SoftwareIdentity[^>]*>)/, () => found);
  },
  'an XML declaration': (_random, xml) =>
    xml.startsWith('<?') ? xml : `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`,
};

const ROW_CHANGES: Readonly<Record<string, XmlChange>> = {
  'another digit of a value': (random, xml) =>
    spot(random, xml, /(?<=Hash0="[0-9a-f]*)[0-9a-f](?=[0-9a-f]*")/g, (digit) =>
      digit === '0' ? '1' : '0',
    ),
  'inactive instead': (random, xml) => spot(random, xml, /active="True"/g, () => 'active="False"'),
  'active instead': (random, xml) => spot(random, xml, /active="False"/g, () => 'active="True"'),
  'another index': (random, xml) =>
    spot(random, xml, /(?<= index=")\d+/g, () => `${random.below(70)}`),
  'an index of a field': (random, xml) =>
    spot(random, xml, /(?<= index=")\d+/g, () => `${random.pick([4095, 4096, 4133, 69_632])}`),
  'another floor': (random, xml) =>
    spot(random, xml, /(?<=minSvn=")\d+/g, () => random.pick(['0', '9', '65536', '-1', ''])),
  'a row less': (random, xml) => spot(random, xml, ROW, () => ''),
  'a row twice': (random, xml) => spot(random, xml, ROW, (row) => row + row),
  'a second value': (random, xml) =>
    spot(random, xml, /alternatives="1"/g, () => `alternatives="2" ns2:Hash1="${'0'.repeat(96)}"`),
  'another version': (random, xml) =>
    spot(random, xml, /(?<=colloquialVersion="[^"]*)\d/g, () => `${random.below(10)}`),
  'another product': (random, xml) =>
    spot(random, xml, /(?<=product=")\w+/g, () => random.pick(['GH100', 'GB100', 'LS10', ''])),
};

const XML_CHANGES: Readonly<Record<string, XmlChange>> = {
  'damage anywhere': (random, xml) => Buffer.from(damageBytes(random, utf8(xml))).toString(),
  'cut anywhere': (random, xml) => xml.slice(0, random.below(xml.length)),
  'a comment': (random, xml) => spot(random, xml, TAG, (tag) => `${tag}<!-- x -->`),
  'a processing instruction': (random, xml) => spot(random, xml, TAG, (tag) => `${tag}<?x y?>`),
  'a CDATA section': (random, xml) => spot(random, xml, TAG, (tag) => `${tag}<![CDATA[ ]]>`),
  'a document type': (random, xml) =>
    random.pick(['<!DOCTYPE x>', '<!DOCTYPE x [<!ENTITY y "z">]>']) + xml,
  'an entity': (random, xml) => spot(random, xml, /="/g, (found) => `${found}&x;`),
  'space between tags': (random, xml) => spot(random, xml, TAG, (tag) => `${tag} `),
  'a tag renamed': (random, xml) =>
    spot(random, xml, /(?<=<\/?)[\w:]+/g, () => random.pick(['x', 'ns0:Meta', 'ds:Signature'])),
  'an attribute less': (random, xml) => spot(random, xml, ATTRIBUTE, () => ''),
  'an attribute twice': (random, xml) => spot(random, xml, ATTRIBUTE, (one) => one + one),
  'another prefix': (random, xml) =>
    spot(random, xml, /xmlns:\w+/g, () => `xmlns:${random.pick(['ns0', 'ns9', 'ds', 'xml'])}`),
  'another namespace': (random, xml) =>
    spot(random, xml, /(?<=xmlns[:\w]*=")[^"]+/g, () => 'urn:x'),
  'another algorithm': (random, xml) =>
    spot(random, xml, /(?<=Algorithm=")[^"]+/g, () =>
      random.pick([
        'http://www.w3.org/2001/10/xml-exc-c14n#',
        'http://www.w3.org/2001/04/xmlenc#sha256',
        'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
      ]),
    ),
  'a reference to somewhere': (_random, xml) => xml.replace('URI=""', 'URI="#x"'),
  'no signature': (_random, xml) => xml.replace(SIGNATURE, ''),
  'two signatures': (_random, xml) => xml.replace(SIGNATURE, (found) => found + found),
  'wrapped in another manifest': (_random, xml) =>
    xml.replace(/(?<=<SoftwareIdentity[^>]*>)/, (): string =>
      xml.replace(/^<\?xml[^>]*\?>\s*/, ''),
    ),
  'a certificate less': (random, xml) =>
    spot(random, xml, /<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/g, () => ''),
  'a certificate twice': (random, xml) =>
    spot(random, xml, /<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/g, (one) => one + one),
  'a character of base64': (random, xml) =>
    spot(random, xml, /(?<=>[\w+/\s]*)[\w+/](?=[\w+/\s]*=*\s*<\/ds:)/g, () =>
      random.pick(['A', 'B', '/']),
    ),
  'deep nesting': (random, xml) =>
    spot(random, xml, TAG, (tag) => tag + '<x>'.repeat(random.pick([5, 100, 20_000]))),
  'very many attributes': (random, xml) =>
    spot(random, xml, ATTRIBUTE, (one) => {
      const more = Array.from({ length: random.below(3_000) }, (_, i) => ` a${i}=""`);
      return one + more.join('');
    }),
  'very many elements': (random, xml) =>
    spot(random, xml, TAG, (tag) => tag + '<x/>'.repeat(random.below(20_000))),
  'nothing much': (random) => random.pick(['', ' ', '<', '<x/>', '<x></y>', '&', '\0']),
};

const ONE: Readonly<Record<string, Change>> = {
  'of another device': (random, _rim, { rims }) => random.pick(rims),
  'no UTF-8': damageBytes,
};

const ALL: Readonly<Record<string, NvidiaMutator['apply']>> = {
  less: (random, evidence) => ({
    ...evidence,
    rims: evidence.rims.toSpliced(random.below(evidence.rims.length), 1),
  }),
  none: (_random, evidence) => ({ ...evidence, rims: [] }),
  'one more': (random, evidence, { rims }) => ({
    ...evidence,
    rims: random.shuffled([...evidence.rims, random.pick(rims)]),
  }),
  'very many': (random, evidence, { rims }) => ({
    ...evidence,
    rims: [...evidence.rims, ...Array.from({ length: random.below(6) }, () => random.pick(rims))],
  }),
};

const ALL_HARMLESS: Readonly<Record<string, NvidiaMutator['apply']>> = {
  'in another order': (random, evidence) => ({ ...evidence, rims: random.shuffled(evidence.rims) }),
  'one twice': (random, evidence) => ({
    ...evidence,
    rims: random.shuffled([...evidence.rims, random.pick(evidence.rims)]),
  }),
};

const asIs = (apply: NvidiaMutator['apply']) => apply;

export const RIM_MUTATORS: readonly NvidiaMutator[] = [
  ...mutators('harmless', prefixed('manifest', HARMLESS), inRim),
  ...mutators('any', prefixed('manifest', ROW_CHANGES), inRim),
  ...mutators('any', prefixed('manifest', XML_CHANGES), inRim),
  ...mutators('any', prefixed('manifest', ONE), inOne('rims')),
  ...mutators('harmless', prefixed('manifests', ALL_HARMLESS), asIs),
  ...mutators('any', prefixed('manifests', ALL), asIs),
];
