import { decodeCbor } from '../../core/encoding/cbor.ts';
import {
  bytesOf,
  CborEntries,
  type CborEntry,
  pairOf,
  someItemsOf,
} from '../../core/encoding/cbor-shape.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { readIdentifier, showIdentifier } from './identifier.ts';
import { type Measurement, readMeasurement } from './measurement.ts';
import { addAll, type Omission, omission, unknownEntries } from './omission.ts';

/** A reference-triple-record: what evidence of an environment is to say, all of it together. */
export interface Reference {
  readonly at: string;
  /** Name of the CoMID that it stands in. */
  readonly tagId: string;
  readonly environment: Environment;
  readonly measurements: readonly Measurement[];
}

const COMID = {
  language: 0,
  'tag-identity': 1,
  entities: 2,
  'linked-tags': 3,
  triples: 4,
} as const;
const TAG_IDENTITY = { 'tag-id': 0, 'tag-version': 1 } as const;
const TRIPLES = {
  'reference-triples': 0,
  'endorsed-triples': 1,
  'identity-triples': 2,
  'attest-key-triples': 3,
  'dependency-triples': 4,
  'membership-triples': 5,
  'coswid-triples': 6,
  'conditional-endorsement-series-triples': 8,
  'conditional-endorsement-triples': 10,
} as const;

/**
 * Reads the references of a concise-mid-tag (draft-ietf-rats-corim, section 5.1).
 *
 * @param entry the byte string that the tag wraps.
 * @param omissions takes all that is no reference.
 */
export function readComid(
  entry: Pick<CborEntry, 'at' | 'value'>,
  omissions: Omission[],
): Reference[] {
  const { at } = entry;
  const map = new CborEntries(decodeCbor(bytesOf(entry), at), at, COMID);
  map.get(COMID.language);
  map.get(COMID.entities); // those who made the tag: for people
  const identity = map.need(COMID['tag-identity']);
  const identityMap = new CborEntries(identity.value, identity.at, TAG_IDENTITY);
  const tagId = showIdentifier(readIdentifier(identityMap.need(TAG_IDENTITY['tag-id'])));
  identityMap.get(TAG_IDENTITY['tag-version']);
  addAll(omissions, unknownEntries(identityMap));
  const linked = map.get(COMID['linked-tags']);
  if (linked !== undefined) {
    omissions.push(omission(linked.at, 'replaces or supplements other tags, which are not read'));
  }
  const triples = map.need(COMID.triples);
  addAll(omissions, unknownEntries(map));
  return readTriples(new CborEntries(triples.value, triples.at, TRIPLES), tagId, omissions);
}

function readTriples(map: CborEntries, tagId: string, omissions: Omission[]): Reference[] {
  const references = map.get(TRIPLES['reference-triples']);
  for (const { at } of map.unread()) omissions.push(omission(at, 'no reference values'));
  return references === undefined
    ? []
    : someItemsOf(references).map((triple) => {
        const [environment, measurements] = pairOf(triple);
        return {
          at: triple.at,
          tagId,
          environment: readEnvironment(environment, omissions),
          measurements: someItemsOf(measurements).map((one) => readMeasurement(one, omissions)),
        };
      });
}
