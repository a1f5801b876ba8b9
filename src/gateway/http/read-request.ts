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
  const known = knownPart(schema as Node, path);
  const at = known === '' || known.startsWith('[') ? `${place}${known}` : `${place}.${known}`;
  if (known === path) throw malformed(at, problem);
  // Its name is a stranger's text: told to who sent it, and in no log.
  throw malformed(at, `${JSON.stringify(path.slice(known.length).replace('.', ''))} ${problem}`);
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

/** A path as far as the schema has names for it. */
function knownPart({ properties = {}, items }: Node, path: string): string {
  const index = /^\[\d+\]/.exec(path)?.[0];
  if (index !== undefined && items) return index + after(items, path.slice(index.length));
  const isBegun = (name: string) =>
    path.startsWith(name) && ['', '.', '['].includes(path.charAt(name.length));
  const name = Object.keys(properties).find(isBegun);
  const next = name === undefined ? undefined : properties[name];
  return next === undefined ? '' : name + after(next, path.slice((name ?? '').length));
}

function after(node: Node, rest: string): string {
  if (!rest.startsWith('.')) return knownPart(node, rest);
  const inner = knownPart(node, rest.slice(1));
  return inner === '' ? '' : `.${inner}`;
}
