import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';
import { childrenOf, needed } from './element.ts';
import { wholeNumber } from './whole-number.ts';

export const SWID_NAMESPACE = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';

/** What every row of a payload has, and where it stands. */
export interface RimRow {
  readonly index: number;
  readonly active: boolean;
  /** Names the row in what is said of it. */
  readonly at: string;
}

/**
 * @param path of the payload.
 * @throws Fault `malformed` naming the attribute.
 */
export function parseRow(row: XmlElement, mostIndex: number, path: string): RimRow {
  const { namespace, localName } = row;
  if (namespace !== SWID_NAMESPACE || localName !== 'Resource') {
    throw malformed(path, `want Resource, got ${localName}`);
  }
  const index = wholeNumber(needed(row, 'index', path), mostIndex, `${path}.index`);
  const at = `${path}[${index}]`;
  const type = needed(row, 'type', at);
  if (type !== 'Measurement') throw malformed(`${at}.type`, `want Measurement, got ${type}`);
  const active = needed(row, 'active', at);
  if (active !== 'True' && active !== 'False') {
    throw malformed(`${at}.active`, `want True or False, got ${active}`);
  }
  if (childrenOf(row, at).length > 0) throw malformed(at, 'elements inside of a measurement');
  return { index, active: active === 'True', at };
}

/** Of two rows of one index, which would count? */
export function expectOnce(rows: readonly { readonly index: number }[], path: string): void {
  const seen = new Set<number>();
  for (const { index } of rows) {
    if (seen.has(index)) throw malformed(path, `index ${index} twice`);
    seen.add(index);
  }
}
