import {
  CborEntries,
  type CborEntry,
  describeCbor,
  isTagged,
  someItemsOf,
  taggedWith,
  textOf,
} from '../../core/encoding/cbor-shape.ts';
import type { CborValue } from '../../core/encoding/cbor-value.ts';
import { type Reference, readComid } from './comid.ts';
import { type Identifier, readIdentifier, showIdentifier } from './identifier.ts';
import { addAll, type Omission, omission, unknownEntries } from './omission.ts';
import { type Period, readPeriod } from './validity.ts';

/** An unsigned CoRIM as it was read: reference values, and a list of all that is none. */
export interface Corim {
  readonly id: string;
  readonly profiles: readonly Identifier[];
  readonly period: Period;
  /** Names of those who made it, as it says itself. */
  readonly entities: readonly string[];
  readonly references: readonly Reference[];
  readonly omissions: readonly Omission[];
}

const CORIM_TAG = 501;
const COSWID_TAG = 505;
const COMID_TAG = 506;
const OTHER_TAGS: ReadonlyMap<number, string> = new Map([
  [COSWID_TAG, 'CoSWID'],
  [507, 'CoTS'],
  [508, 'CoTL'],
]);

const CORIM = {
  id: 0,
  tags: 1,
  'dependent-rims': 2,
  profile: 3,
  'rim-validity': 4,
  entities: 5,
} as const;

/**
 * Reads #6.501(corim-map) of draft-ietf-rats-corim, sections 4.1 and 5.1 (drafts 01 to 11 agree in
 * what is read here).
 *
 * @throws Fault `malformed` at `corim…`.
 */
export function readCorim(value: CborValue, at = 'corim'): Corim {
  const omissions: Omission[] = [];
  const map = new CborEntries(taggedWith(CORIM_TAG, { at, value }).value, at, CORIM);
  const id = showIdentifier(readIdentifier(map.need(CORIM.id)));
  const profile = map.get(CORIM.profile);
  const validity = map.get(CORIM['rim-validity']);
  const entities = map.get(CORIM.entities);
  const dependent = map.get(CORIM['dependent-rims']);
  if (dependent !== undefined) {
    omissions.push(omission(dependent.at, 'other manifests, which are not fetched'));
  }
  const references = someItemsOf(map.need(CORIM.tags)).flatMap((tag) => readTag(tag, omissions));
  addAll(omissions, unknownEntries(map));
  return {
    id,
    profiles: profile === undefined ? [] : readProfiles(profile),
    period: validity === undefined ? {} : readPeriod(validity, omissions),
    entities: entities === undefined ? [] : someItemsOf(entities).map(entityName),
    references,
    omissions,
  };
}

/** One profile; older drafts have a list of them. */
function readProfiles(entry: CborEntry): Identifier[] {
  return Array.isArray(entry.value)
    ? someItemsOf(entry).map(readIdentifier)
    : [readIdentifier(entry)];
}

function entityName({ at, value }: Pick<CborEntry, 'at' | 'value'>): string {
  return textOf(new CborEntries(value, at, { 'entity-name': 0 }).need(0));
}

function readTag(tag: Pick<CborEntry, 'at' | 'value'>, omissions: Omission[]): Reference[] {
  if (isTagged(tag, COMID_TAG)) return readComid(taggedWith(COMID_TAG, tag), omissions);
  for (const [number, name] of OTHER_TAGS) {
    if (!isTagged(tag, number)) continue;
    omissions.push(omission(tag.at, `${name}: only CoMID is read`));
    return [];
  }
  omissions.push(omission(tag.at, `${describeCbor(tag.value)}: only CoMID is read`));
  return [];
}
