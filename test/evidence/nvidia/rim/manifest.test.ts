import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { parseXml } from '../../../../src/core/encoding/xml.ts';
import { parseRimManifest, parseRimPayload } from '../../../../src/evidence/nvidia/rim/manifest.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { hex } from '../../../support/hex.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';
import {
  digit,
  exchange,
  HASHES,
  inFrontOf,
  META,
  resource,
  rimText,
  SWID,
  TCG,
} from '../../../support/rim.ts';

type Edit = (text: string) => string;

function root(edit: Edit) {
  return parseXml(utf8(edit(rimText())), 'rim');
}

/** Rows in place of the usual ones. */
function rows(...texts: readonly string[]): Edit {
  return exchange(/<ns0:Resource.*<\/ns0:Resource>/s, texts.join(''));
}

const ROW = resource(7, 'True', digit('7'));

describe('parseRimManifest', () => {
  it('reads what the manifest is of, and what it lists', () => {
    const value = (byte: string) => hex(byte.repeat(48));
    expect(parseRimManifest(root((text) => text))).toEqual({
      name: 'GH100',
      tagId: '63f9',
      version: '1.0',
      product: 'GH100',
      edition: 'GPU',
      colloquialVersion: '550.90.07',
      revision: 'r1',
      manufacturerId: '5703',
      measurements: [
        { index: 0, active: false, name: 'Measurement_0', values: [value('00')] },
        { index: 7, active: true, name: 'Measurement_7', values: [value('77')] },
        { index: 21, active: true, name: 'Measurement_21', values: [value('aa'), value('bb')] },
      ],
      floors: [],
    });
  });

  it('needs neither a revision nor a manufacturer', () => {
    const bare = root(exchange(' revision="r1" ns1:FirmwareManufacturerId="5703"', ''));
    expect(parseRimManifest(bare)).toMatchObject({
      revision: undefined,
      manufacturerId: undefined,
    });
  });

  it('takes no manufacturer of another namespace for one', () => {
    const other = root(exchange(`xmlns:ns1="${TCG}"`, 'xmlns:ns1="urn:x"'));
    expect(parseRimManifest(other).manufacturerId).toBeUndefined();
  });

  it('does not depend on prefixes', () => {
    const renamed = root((text) =>
      text
        .replaceAll('ns0:', 'swid:')
        .replace('xmlns:ns0', 'xmlns:swid')
        .replaceAll('ns2:', 'v:')
        .replace('xmlns:ns2', 'xmlns:v'),
    );
    expect(parseRimManifest(renamed)).toEqual(parseRimManifest(root((text) => text)));
    const unprefixed = root((text) =>
      text.replaceAll('ns0:', '').replace(/ xmlns:ns0="[^"]*"/, ''),
    );
    expect(parseRimManifest(unprefixed)).toEqual(parseRimManifest(root((text) => text)));
  });

  it.each<[string, Edit, string, string]>([
    [
      'of another name',
      (text) => text.replaceAll('SoftwareIdentity', 'Software'),
      'rim',
      `want SoftwareIdentity of ${SWID}, got Software`,
    ],
    [
      'of another namespace',
      exchange(`xmlns="${SWID}"`, 'xmlns="urn:x"'),
      'rim',
      `want SoftwareIdentity of ${SWID}, got SoftwareIdentity`,
    ],
    [
      'of none',
      exchange(` xmlns="${SWID}"`, ''),
      'rim',
      `want SoftwareIdentity of ${SWID}, got SoftwareIdentity`,
    ],
    [
      'with text between its elements',
      exchange('</ns0:Meta>', '</ns0:Meta>x'),
      'rim',
      'text between elements',
    ],
    ['without Meta', exchange(META, ''), 'rim.Meta', 'want one, got none'],
    ['with two', exchange(META, META + META.replace('550', '551')), 'rim.Meta', 'want one, got 2'],
    [
      'with one of another namespace',
      exchange('<ns0:Meta ', '<ns0:Meta xmlns:ns0="urn:x" '),
      'rim.Meta',
      'want one, got none',
    ],
    [
      'without a payload',
      exchange(/<ns0:Payload>.*<\/ns0:Payload>/s, ''),
      'rim.Payload',
      'want one, got none',
    ],
    [
      'with two',
      (text) => text.replace(/<ns0:Payload>.*<\/ns0:Payload>/s, (found) => found + found),
      'rim.Payload',
      'want one, got 2',
    ],
    [
      'with an empty second one',
      inFrontOf('<ns0:Payload>', '<Payload/>'),
      'rim.Payload',
      'want one, got 2',
    ],
    [
      'with one of another namespace',
      (text) => text.replace(/(<\/?)ns0:Payload/g, '$1ns2:Payload'),
      'rim.Payload',
      'want one, got none',
    ],
    [
      'with its payload further in',
      (text) =>
        text
          .replace('<ns0:Payload>', '<ns0:Link><ns0:Payload>')
          .replace('</ns0:Payload>', '</ns0:Payload></ns0:Link>'),
      'rim.Payload',
      'want one, got none',
    ],
    ['that has no name', exchange(' name="GH100"', ''), 'rim.name', 'is missing'],
    ['without tag', exchange(' tagId="63f9"', ''), 'rim.tagId', 'is missing'],
    ['of no product', exchange(' product="GH100"', ''), 'rim.Meta.product', 'is missing'],
    [
      'of an empty product',
      exchange(' product="GH100"', ' product=""'),
      'rim.Meta.product',
      'is empty',
    ],
    [
      'of a product of another namespace',
      exchange(' product=', ' ns1:product='),
      'rim.Meta.product',
      'is missing',
    ],
    ['of no edition', exchange(' edition="GPU"', ''), 'rim.Meta.edition', 'is missing'],
    [
      'of no version',
      exchange(' colloquialVersion="550.90.07"', ''),
      'rim.Meta.colloquialVersion',
      'is missing',
    ],
    [
      'of an empty version',
      exchange('="550.90.07"', '=""'),
      'rim.Meta.colloquialVersion',
      'is empty',
    ],
  ])('refuses one %s', (_, edit, at, detail) => {
    expect(faultOf(() => parseRimManifest(root(edit)))).toMatchObject({
      code: 'malformed',
      at,
      detail,
    });
  });
});

const PAYLOAD = 'rim.Payload';
const HERE = `${PAYLOAD}[7]`;
const whole = (most: number, got: string) =>
  `want a whole number from 0 to ${most}, got ${JSON.stringify(got)}`;

describe('parseRimPayload', () => {
  it.each<[string, Edit, number]>([
    ['the highest index', rows(resource(255, 'True', digit('7'))), 1],
    [
      'rows in any order',
      rows(resource(9, 'True', digit('7')), resource(2, 'False', digit('0'))),
      2,
    ],
    ['many alternatives', rows(resource(7, 'True', ...Array(64).fill(digit('7')))), 1],
    [
      'hashes in another order',
      rows(
        resource(7, 'True', digit('7'), digit('8')).replace(
          /( ns2:Hash0="\w*")( ns2:Hash1="\w*")/,
          '$2$1',
        ),
      ),
      1,
    ],
    ['white space in and between rows', rows(`\n\t${ROW.replace('></', '>\n</')} \n`), 1],
    ['no Meta beside it', exchange(META, ''), 3],
  ])('reads %s', (_, edit, length) => {
    expect(parseRimPayload(root(edit))).toHaveLength(length);
  });

  it.each<[string, Edit, string, string]>([
    ['nothing in it', rows(), PAYLOAD, 'no measurement'],
    ['text in it', rows(`x${ROW}`), PAYLOAD, 'text between elements'],
    [
      'another element in it',
      rows(ROW, '<ns0:File></ns0:File>'),
      PAYLOAD,
      'want Resource, got File',
    ],
    [
      'a row of another namespace',
      rows(ROW.replaceAll('ns0:', 'ns2:')),
      PAYLOAD,
      'want Resource, got Resource',
    ],
    [
      'a row whose prefix means something else',
      rows(ROW.replace('<ns0:Resource', '<ns0:Resource xmlns:ns0="urn:x"')),
      PAYLOAD,
      'want Resource, got Resource',
    ],
    ['an index twice', rows(ROW, ROW.replace('True', 'False')), PAYLOAD, 'index 7 twice'],
    ['no index', rows(ROW.replace(' index="7"', '')), `${PAYLOAD}.index`, 'is missing'],
    [
      'an index of another namespace',
      rows(ROW.replace(' index=', ' ns2:index=')),
      `${PAYLOAD}.index`,
      'is missing',
    ],
    [
      'an index beyond every block',
      rows(ROW.replace('"7"', '"256"')),
      `${PAYLOAD}.index`,
      whole(255, '256'),
    ],
    ['an index below zero', rows(ROW.replace('"7"', '"-1"')), `${PAYLOAD}.index`, whole(255, '-1')],
    [
      'an index with a zero in front',
      rows(ROW.replace('"7"', '"07"')),
      `${PAYLOAD}.index`,
      whole(255, '07'),
    ],
    [
      'an index with a blank',
      rows(ROW.replace('"7"', '" 7"')),
      `${PAYLOAD}.index`,
      whole(255, ' 7'),
    ],
    ['an index in hex', rows(ROW.replace('"7"', '"0x7"')), `${PAYLOAD}.index`, whole(255, '0x7')],
    [
      'an index with an exponent',
      rows(ROW.replace('"7"', '"7e0"')),
      `${PAYLOAD}.index`,
      whole(255, '7e0'),
    ],
    [
      'an index in other digits',
      rows(ROW.replace('"7"', '"٧"')),
      `${PAYLOAD}.index`,
      whole(255, '٧'),
    ],
    ['no type', rows(ROW.replace(' type="Measurement"', '')), `${HERE}.type`, 'is missing'],
    [
      'another type',
      rows(ROW.replace('"Measurement"', '"measurement"')),
      `${HERE}.type`,
      'want Measurement, got measurement',
    ],
    [
      'no word on being active',
      rows(ROW.replace(' active="True"', '')),
      `${HERE}.active`,
      'is missing',
    ],
    [
      'active in another case',
      rows(ROW.replace('"True"', '"true"')),
      `${HERE}.active`,
      'want True or False, got true',
    ],
    [
      'active by a number',
      rows(ROW.replace('"True"', '"1"')),
      `${HERE}.active`,
      'want True or False, got 1',
    ],
    ['no name', rows(ROW.replace(' name="Measurement_7"', '')), `${HERE}.name`, 'is missing'],
    ['no size', rows(ROW.replace(' size="48"', '')), `${HERE}.size`, 'is missing'],
    ['a size that is no number', rows(ROW.replace('"48"', '"x"')), `${HERE}.size`, whole(64, 'x')],
    [
      'a size of nothing',
      rows(ROW.replace('"48"', '"0"')),
      `${HERE}.size`,
      'want at least 1, got 0',
    ],
    ['a size that no hash has', rows(ROW.replace('"48"', '"65"')), `${HERE}.size`, whole(64, '65')],
    [
      'no count of alternatives',
      rows(ROW.replace(' alternatives="1"', '')),
      `${HERE}.alternatives`,
      'is missing',
    ],
    [
      'an alternative less than counted',
      rows(ROW.replace('alternatives="1"', 'alternatives="2"')),
      HERE,
      '2 alternatives, but 1 hashes',
    ],
    [
      'an alternative more than counted',
      rows(ROW.replace(' ns2:', ` ns2:Hash1="${digit('8')}" ns2:`)),
      HERE,
      '1 alternatives, but 2 hashes',
    ],
    [
      'an alternative of no namespace beside',
      rows(ROW.replace(' ns2:', ` Hash0="${digit('8')}" ns2:`)),
      HERE,
      '1 alternatives, but 2 hashes',
    ],
    [
      'none',
      rows(ROW.replace('alternatives="1"', 'alternatives="0"').replace(/ ns2:Hash0="\w*"/, '')),
      `${HERE}.alternatives`,
      'want at least 1, got 0',
    ],
    [
      'too many',
      rows(resource(7, 'True', ...Array(65).fill(digit('7')))),
      `${HERE}.alternatives`,
      whole(64, '65'),
    ],
    [
      'a gap between hashes',
      rows(resource(7, 'True', digit('7'), digit('8')).replace('Hash1', 'Hash2')),
      `${HERE}.Hash1`,
      'is missing',
    ],
    [
      'hashes that begin with one',
      rows(ROW.replace('Hash0', 'Hash1')),
      `${HERE}.Hash0`,
      'is missing',
    ],
    [
      'a hash with a zero in front of its number',
      rows(ROW.replace('Hash0', 'Hash00')),
      `${HERE}.Hash0`,
      'is missing',
    ],
    [
      'a hash of no namespace',
      rows(ROW.replace('ns2:Hash0', 'Hash0')),
      `${HERE}.Hash0`,
      'is missing',
    ],
    [
      'a hash of another algorithm',
      rows(ROW.replace(' ns2:', ` xmlns:ns2="${HASHES.replace('384', '256')}" ns2:`)),
      `${HERE}.Hash0`,
      'is missing',
    ],
    [
      'an element in a row',
      rows(ROW.replace('></', '><x></x></')),
      HERE,
      'elements inside of a measurement',
    ],
    ['text in a row', rows(ROW.replace('></', '>x</')), HERE, 'text between elements'],
  ])('refuses %s', (_, edit, at, detail) => {
    expect(faultOf(() => parseRimPayload(root(edit)))).toMatchObject({
      code: 'malformed',
      at,
      detail,
    });
  });
});

/** A payload by itself is read as it is written; a manifest's values are as long as it says. */
describe('values', () => {
  it.each<[string, Edit, string]>([
    [
      'of 47 bytes',
      rows(resource(7, 'True', digit('7').slice(2))),
      'want 96 hex digits, got 94 characters',
    ],
    [
      'of half a byte more',
      rows(resource(7, 'True', `${digit('7')}7`)),
      'want 96 hex digits, got 97 characters',
    ],
    [
      'with a blank',
      rows(resource(7, 'True', ` ${digit('7').slice(1)}`)),
      'not a hex digit at character 0',
    ],
    [
      'with a prefix',
      rows(resource(7, 'True', `0x${digit('7').slice(2)}`)),
      'not a hex digit at character 0',
    ],
    [
      'longer than their size',
      rows(ROW.replace('"48"', '"32"')),
      'want 64 hex digits, got 96 characters',
    ],
  ])('%s are read, and belong into no manifest', (_, edit, detail) => {
    expect(parseRimPayload(root(edit))).toHaveLength(1);
    expect(faultOf(() => parseRimManifest(root(edit)))).toMatchObject({
      at: `${HERE}.Hash0`,
      detail,
    });
  });

  it('may be written in upper case', () => {
    const [row] = parseRimManifest(root(rows(resource(7, 'True', digit('B'))))).measurements;
    expect(row?.values).toEqual([new Uint8Array(48).fill(0xbb)]);
  });
});

describe.skipIf(NVIDIA_VECTORS === undefined)('payloads of the published vectors', () => {
  it.each([
    ['single-measurement', [[0, true, 48, 1]]],
    [
      'multiple-alternatives',
      [
        [0, true, 48, 1],
        [12, true, 48, 4],
      ],
    ],
    // Whose values are no hex.
    [
      'multiple-measurements',
      [
        [0, true, 10, 1],
        [1, false, 20, 1],
      ],
    ],
  ] as const)('%s', (name, want) => {
    const xml = parseXml(vector('rims', `parse-payload-${name}`, 'rim.xml'), 'rim');
    const got = parseRimPayload(xml).map(({ index, active, size, hashes }) => [
      index,
      active,
      size,
      hashes.length,
    ]);
    expect(got).toEqual(want);
    expect(faultOf(() => parseRimManifest(xml)).at).toBe('rim.Meta');
  });
});
