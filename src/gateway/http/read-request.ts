import type { Static, TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { misfitsOf } from '../../core/document/explain-shape.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';

/**
 * A JSON body that is of its schema: no member twice, none that is not known.
 *
 * @throws Fault `malformed` at `body…`, the innermost place that is to blame.
 */
export function readJsonBody<Schema extends TSchema>(
  bytes: Uint8Array,
  schema: Schema,
): Static<Schema> {
  return fitted(parseJson(fromUtf8(bytes, 'body'), 'body').value, schema, 'body');
}

/**
 * Members of a path, a query or of the headers, which are all texts: those that their schema has
 * for integers are read as such, in their one spelling.
 *
 * @throws Fault `malformed` at `<place>.<member>`.
 */
export function readTexts<Schema extends TObject>(
  texts: Readonly<Record<string, string>>,
  schema: Schema,
  place: 'path' | 'query' | 'header',
): Static<Schema> {
  const value: Record<string, JsonValue> = Object.create(null);
  for (const [name, text] of Object.entries(texts)) {
    const member: { readonly type?: string } | undefined = Object.hasOwn(schema.properties, name)
      ? schema.properties[name]
      : undefined;
    const integer = member?.type === 'integer' && /^(0|[1-9]\d{0,15})$/.test(text);
    value[name] = integer ? Number(text) : text;
  }
  return fitted(value, schema, place);
}

function fitted<Schema extends TSchema>(
  value: JsonValue,
  schema: Schema,
  place: string,
): Static<Schema> {
  if (Value.Check(schema, value)) return value;
  const [first] = misfitsOf(schema, value, (part, there) => Value.Check(part, there));
  const { path, problem } = first ?? { path: '', problem: 'is not of its schema' };
  throw malformed(
    path === '' ? place : `${place}${path.startsWith('[') ? '' : '.'}${path}`,
    problem,
  );
}
