import { CborEntries, type CborEntry, countOf, textOf } from '../../core/encoding/cbor-shape.ts';
import { type Identifier, readIdentifier } from './identifier.ts';
import { addAll, type Omission, unknownEntries } from './omission.ts';

/** What is measured (environment-map of draft-ietf-rats-corim, section 5.1.4.1). */
export interface Environment {
  readonly at: string;
  readonly classId?: Identifier;
  readonly vendor?: string;
  readonly model?: string;
  readonly layer?: number;
  readonly index?: number;
  /** One machine, and no other. */
  readonly instance?: Identifier;
  readonly group?: Identifier;
}

const ENVIRONMENT = { class: 0, instance: 1, group: 2 } as const;
const CLASS = { 'class-id': 0, vendor: 1, model: 2, layer: 3, index: 4 } as const;

/** @param omissions takes what the map holds beyond these. */
export function readEnvironment(
  { at, value }: Pick<CborEntry, 'at' | 'value'>,
  omissions: Omission[],
): Environment {
  const map = new CborEntries(value, at, ENVIRONMENT);
  const classEntry = map.get(ENVIRONMENT.class);
  const instance = map.get(ENVIRONMENT.instance);
  const group = map.get(ENVIRONMENT.group);
  addAll(omissions, unknownEntries(map));
  return {
    at,
    ...(classEntry && readClass(classEntry, omissions)),
    ...(instance && { instance: readIdentifier(instance) }),
    ...(group && { group: readIdentifier(group) }),
  };
}

function readClass({ at, value }: CborEntry, omissions: Omission[]): Partial<Environment> {
  const map = new CborEntries(value, at, CLASS);
  const classId = map.get(CLASS['class-id']);
  const vendor = map.get(CLASS.vendor);
  const model = map.get(CLASS.model);
  const layer = map.get(CLASS.layer);
  const index = map.get(CLASS.index);
  addAll(omissions, unknownEntries(map));
  return {
    ...(classId && { classId: readIdentifier(classId) }),
    ...(vendor && { vendor: textOf(vendor) }),
    ...(model && { model: textOf(model) }),
    ...(layer && { layer: countOf(layer) }),
    ...(index && { index: countOf(index) }),
  };
}
