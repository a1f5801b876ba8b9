import { type CborEntries, describeCbor } from '../../core/encoding/cbor-shape.ts';
import { bounded } from '../../core/fault.ts';

/** Something that a CoRIM says and that was not taken over: never lost without a word. */
export interface Omission {
  /** Where it stands, e.g. `corim.tags[0].triples.reference-triples[0][1][0].mval.svn`. */
  readonly at: string;
  readonly because: string;
}

export function omission(at: string, because: string): Omission {
  return { at: bounded(at), because: bounded(because) };
}

/** One by one: arguments of a call are limited, and strangers choose how many these are. */
export function addAll(omissions: Omission[], more: Iterable<Omission>): void {
  for (const one of more) omissions.push(one);
}

/** What a map holds beyond the entries that its reader knows. */
export function unknownEntries(entries: CborEntries): Omission[] {
  return entries
    .unread()
    .map(({ at, value }) => omission(at, `not known here: ${describeCbor(value)}`));
}
