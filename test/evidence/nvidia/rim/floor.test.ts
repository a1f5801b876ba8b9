import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { parseXml } from '../../../../src/core/encoding/xml.ts';
import { parseRimManifest, parseRimPayload } from '../../../../src/evidence/nvidia/rim/manifest.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { digit, exchange, resource, rimText } from '../../../support/rim.ts';

const OPAQUE_DATA = 'https://docs.nvidia.com/attestation/specs/latest/opaque-data.html';
const ROW = resource(7, 'True', digit('7'));
const FLOOR =
  `<ns0:Resource xmlns:ns3="${OPAQUE_DATA}" type="Measurement" index="4133" active="True"` +
  ' alternatives="1" name="FSP_UCODE_MIN_SVN" size="2" ns3:minSvn="5"' +
  ' ns3:includeInResult="True"></ns0:Resource>';

/** A manifest of these rows. */
function root(...rows: readonly string[]) {
  const edit = exchange(/<ns0:Resource.*<\/ns0:Resource>/s, rows.join(''));
  return parseXml(utf8(edit(rimText())), 'rim');
}

function floorsOf(...rows: readonly string[]) {
  return parseRimManifest(root(ROW, ...rows)).floors;
}

describe('a floor', () => {
  it('is of the field of which its index has the type', () => {
    expect(floorsOf(FLOOR)).toEqual([{ type: 37, name: 'FSP_UCODE_MIN_SVN', least: 5 }]);
  });

  it('is no measurement', () => {
    expect(parseRimPayload(root(ROW, FLOOR)).map(({ index }) => index)).toEqual([7]);
    expect(parseRimPayload(root(FLOOR, ROW)).map(({ index }) => index)).toEqual([7]);
  });

  it.each<[string, string, unknown[]]>([
    ['of the first type', FLOOR.replace('4133', '4096'), [{ type: 0, least: 5 }]],
    ['of the last', FLOOR.replace('4133', '69631'), [{ type: 0xffff, least: 5 }]],
    ['of zero', FLOOR.replace('minSvn="5"', 'minSvn="0"'), [{ least: 0 }]],
    ['of as much as there can be', FLOOR.replace('="5"', '="65535"'), [{ least: 65_535 }]],
    ['not to be shown', FLOOR.replace('Result="True"', 'Result="False"'), [{ least: 5 }]],
    ['without a word on that', FLOOR.replace(' ns3:includeInResult="True"', ''), [{ least: 5 }]],
    ['without alternatives', FLOOR.replace(' alternatives="1"', ''), [{ least: 5 }]],
    ['without a size', FLOOR.replace(' size="2"', ''), [{ least: 5 }]],
    ['that is not active', FLOOR.replace('active="True"', 'active="False"'), []],
    [
      'that is not active, and of nothing',
      FLOOR.replace('active="True"', 'active="False"').replace(' ns3:minSvn="5"', ''),
      [],
    ],
  ])('may be %s', (_, row, floors) => {
    expect(floorsOf(row)).toMatchObject(floors);
  });

  const AT = 'rim.Payload[4133]';
  it.each<[string, string, string, string]>([
    ['between', FLOOR.replace('4133', '4095'), 'rim.Payload.index', 'from 0 to 255, got "4095"'],
    ['beyond', FLOOR.replace('4133', '69632'), 'rim.Payload.index', 'from 0 to 69631'],
    ['far beyond', FLOOR.replace('4133', '413300'), 'rim.Payload.index', 'from 0 to 255'],
    ['in hex', FLOOR.replace('4133', '0x1025'), 'rim.Payload.index', 'from 0 to 255'],
    ['twice', FLOOR + FLOOR.replace('"5"', '"1"'), 'rim.Payload', 'index 4133 twice'],
    [
      'twice, once not active',
      FLOOR + FLOOR.replace('active="True"', 'active="False"'),
      'rim.Payload',
      'index 4133 twice',
    ],
    ['without value', FLOOR.replace(' ns3:minSvn="5"', ''), `${AT}.minSvn`, 'is missing'],
    [
      'whose value is of no namespace',
      FLOOR.replace('ns3:minSvn', 'minSvn'),
      `${AT}.minSvn`,
      'is missing',
    ],
    [
      'whose value is of another namespace',
      FLOOR.replace(OPAQUE_DATA, 'urn:x'),
      `${AT}.minSvn`,
      'is no attribute of a floor',
    ],
    ['of too much', FLOOR.replace('="5"', '="65536"'), `${AT}.minSvn`, 'from 0 to 65535'],
    ['of less than nothing', FLOOR.replace('="5"', '="-1"'), `${AT}.minSvn`, 'from 0 to 65535'],
    ['of a number with a sign', FLOOR.replace('="5"', '="+5"'), `${AT}.minSvn`, 'from 0'],
    [
      'with a digest',
      FLOOR.replace(' size', ` ns2:Hash0="${digit('0')}" size`),
      `${AT}.Hash0`,
      'is no attribute of a floor',
    ],
    [
      'with a ceiling',
      FLOOR.replace(' size', ' ns3:maxSvn="9" size'),
      `${AT}.maxSvn`,
      'is no attribute of a floor',
    ],
    ['without name', FLOOR.replace(/ name="\w+"/, ''), `${AT}.name`, 'is missing'],
    ['of another type', FLOOR.replace('"Measurement"', '"Opaque"'), `${AT}.type`, 'got Opaque'],
    ['active in another case', FLOOR.replace('e="True"', 'e="true"'), `${AT}.active`, 'got true'],
  ])('%s is none', (_, row, at, detail) => {
    const fault = faultOf(() => floorsOf(row));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });

  it('more of them than there can be fields', () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        FLOOR.replace('4133', `${4096 + i}`).replace('FSP_UCODE', `UCODE_${i}`),
      );
    expect(floorsOf(...rows(128))).toHaveLength(128);
    expect(faultOf(() => floorsOf(...rows(129))).detail).toBe('more than 128 floors');
  });

  it('called as another one', () => {
    expect(faultOf(() => floorsOf(FLOOR, FLOOR.replace('4133', '4134'))).detail).toBe(
      'two floors are called FSP_UCODE_MIN_SVN',
    );
  });

  it('alone makes no manifest', () => {
    expect(faultOf(() => parseRimManifest(root(FLOOR))).detail).toBe('no measurement');
  });
});
