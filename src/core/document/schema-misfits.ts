import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { JsonValue } from '../encoding/json.ts';
import { type Misfit, misfitsOf } from './explain-shape.ts';
import { oversize } from './sizes.ts';

/** All by which a value departs from a schema; of one that is too large for any, that alone. */
export function schemaMisfits(schema: TSchema, value: JsonValue): readonly Misfit[] {
  const large = oversize(value);
  if (large) return [large];
  return misfitsOf(schema, value, (part, one) => Value.Check(part, one));
}
