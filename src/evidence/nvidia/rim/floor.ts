import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';
import { attributeOf, needed } from './element.ts';
import { expectOnce, parseRow } from './row.ts';
import { wholeNumber } from './whole-number.ts';

/** The least security version that an opaque field may say. */
export interface RimFloor {
  /** Of the opaque field. */
  readonly type: number;
  readonly name: string;
  readonly least: number;
}

/** Opaque Data RIM Attributes; that address is the name of the namespace. */
const OPAQUE_NAMESPACE = 'https://docs.nvidia.com/attestation/specs/latest/opaque-data.html';

/** Measurements have the indices below; what is above is the type of the field. */
const FIRST_INDEX = 0x1000;
const MOST_TYPE = 0xffff;
/** A field of a security version has two bytes. */
const MOST_SVN = 0xffff;
/** As many as there can be opaque fields. */
const MOST_FLOORS = 128;

export function isFloor(row: XmlElement): boolean {
  const index = attributeOf(row, 'index') ?? '';
  return /^[1-9]\d{3,4}$/.test(index) && Number(index) >= FIRST_INDEX;
}

/**
 * The active rows among those that are {@link isFloor}: `index`, `active`, `name`, `minSvn`.
 * Whether its `includeInResult` wants a version to be shown is for nobody: all fields are.
 *
 * @param path of the payload.
 * @throws Fault `malformed` naming the attribute.
 */
export function parseFloors(rows: readonly XmlElement[], path: string): readonly RimFloor[] {
  if (rows.length > MOST_FLOORS) throw malformed(path, `more than ${MOST_FLOORS} floors`);
  const parsed = rows.map((row) => ({ row, ...parseRow(row, FIRST_INDEX + MOST_TYPE, path) }));
  expectOnce(parsed, path);
  const floors = parsed
    .filter(({ active }) => active)
    .map(({ row, index, at }) => ({
      type: index - FIRST_INDEX,
      name: needed(row, 'name', at),
      least: leastOf(row, at),
    }));
  const names = floors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw malformed(path, `two floors are called ${twice}`);
  return floors;
}

function leastOf(row: XmlElement, at: string): number {
  // Another kind of reference value, passed over, would be lost.
  const other = row.attributes.find(
    ({ namespace, localName }) => namespace !== '' && !isKnown(namespace, localName),
  );
  if (other) throw malformed(`${at}.${other.localName}`, 'is no attribute of a floor');
  return wholeNumber(needed(row, 'minSvn', at, OPAQUE_NAMESPACE), MOST_SVN, `${at}.minSvn`);
}

function isKnown(namespace: string, localName: string): boolean {
  return (
    namespace === OPAQUE_NAMESPACE && (localName === 'minSvn' || localName === 'includeInResult')
  );
}
