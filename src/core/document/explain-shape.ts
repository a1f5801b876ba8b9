import type { TSchema } from 'typebox';
import type { JsonValue } from '../encoding/json.ts';
import { nearName } from './near-name.ts';

/** Where a value does not fit its schema, in words. */
export interface Misfit {
  readonly path: string;
  readonly problem: string;
}

/** The parts of JSON Schema that the schemas of documents are made of. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly const?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** More of them help nobody. */
const MOST = 50;

/**
 * What a person needs to mend a value that a schema refuses: each misfit at the innermost place
 * that is to blame. Whether it is refused, the validator says; this says why.
 *
 * @param fits the validator's word on a part.
 */
export function misfitsOf(
  schema: TSchema,
  value: JsonValue,
  fits: (schema: TSchema, value: JsonValue) => boolean,
): readonly Misfit[] {
  const found: Misfit[] = [];
  const look = (node: Node, part: JsonValue | undefined, path: string): void => {
    if (found.length >= MOST) return;
    if (part !== undefined && fits(node as TSchema, part)) return;
    const before = found.length;
    inside(node, part, path, look, (at, problem) => {
      found.push({ path: at, problem });
    });
    if (found.length === before) found.push({ path, problem: wanted(node, part) });
  };
  look(schema as Node, value, '');
  return found.slice(0, MOST);
}

type Look = (node: Node, part: JsonValue | undefined, path: string) => void;
type Report = (path: string, problem: string) => void;

function inside(
  node: Node,
  part: JsonValue | undefined,
  path: string,
  look: Look,
  report: Report,
): void {
  if (node.anyOf) {
    const branch = meantBranch(node.anyOf, part);
    if (branch) look(branch, part, path);
  } else if (node.type === 'object' && isObject(part))
    objectMisfits(node, part, path, look, report);
  else if (node.type === 'array' && Array.isArray(part)) {
    arrayMisfits(node, part, path, look, report);
  }
}

function objectMisfits(
  { properties = {}, patternProperties, required = [], minProperties = 0 }: Node,
  part: Readonly<Record<string, JsonValue>>,
  path: string,
  look: Look,
  report: Report,
): void {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const [free] = Object.entries(patternProperties ?? {});
  for (const name of required) {
    if (!(name in part)) report(at(name), `is missing: want ${describe(properties[name])}`);
  }
  for (const [name, member] of Object.entries(part)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) look(known, member, at(name));
    else if (free) {
      const [pattern, node] = free;
      if (new RegExp(pattern, 'u').test(name)) look(node, member, at(name));
      else report(at(name), `no name for this: want ${pattern}`);
    } else report(at(name), unknownMember(name, Object.keys(properties)));
  }
  if (Object.keys(part).length < minProperties) {
    report(path, `want at least ${minProperties} of ${Object.keys(properties).join(', ')}`);
  }
}

function arrayMisfits(
  { items, minItems = 0, maxItems = Infinity, uniqueItems }: Node,
  part: readonly JsonValue[],
  path: string,
  look: Look,
  report: Report,
): void {
  if (part.length < minItems) {
    report(path, 'an empty list would mean nothing or everything: name what is wanted');
  }
  if (part.length > maxItems) report(path, `want at most ${maxItems} of them, got ${part.length}`);
  if (items) for (const [i, item] of part.entries()) look(items, item, `${path}[${i}]`);
  if (!uniqueItems) return;
  const seen = new Map<string, number>();
  for (const [i, item] of part.entries()) {
    const text = JSON.stringify(item);
    const before = seen.get(text);
    if (before !== undefined) report(`${path}[${i}]`, `is the same as ${path}[${before}]`);
    else seen.set(text, i);
  }
}

/** Of several forms the one that was meant, by what tells them apart; undefined if none stands out. */
function meantBranch(branches: readonly Node[], part: JsonValue | undefined): Node | undefined {
  if (Array.isArray(part)) return branches.find(({ type }) => type === 'array');
  if (!isObject(part)) return undefined;
  const scored = branches
    .filter(({ type }) => type === 'object')
    .map((branch) => ({ branch, score: likeness(branch, part) }))
    .toSorted((a, b) => b.score - a.score);
  const [best, second] = scored;
  if (best === undefined || best.score <= 0) return undefined;
  return second === undefined || best.score > second.score ? best.branch : undefined;
}

/** A member by whose very value forms are told apart counts for more than any number of names. */
function likeness({ properties = {} }: Node, part: Readonly<Record<string, JsonValue>>): number {
  let score = 0;
  for (const [name, member] of Object.entries(properties)) {
    if (!(name in part)) continue;
    score += 1;
    if (member.const !== undefined) score += member.const === part[name] ? 1000 : -1000;
  }
  return score;
}

function wanted(node: Node, part: JsonValue | undefined): string {
  const numbers = typeof part === 'number' && acceptsText(node);
  const hint = numbers ? ': quote it, or it is a number' : '';
  return `want ${describe(node)}, got ${shown(part)}${hint}`;
}

function acceptsText({ type, anyOf, enum: values }: Node): boolean {
  return (
    type === 'string' || values !== undefined || (anyOf?.some((one) => acceptsText(one)) ?? false)
  );
}

function describe(node: Node | undefined): string {
  if (node?.description !== undefined) return node.description;
  if (node?.const !== undefined) return JSON.stringify(node.const);
  if (node?.type === 'integer' || node?.type === 'number') {
    return `a whole number from ${node.minimum ?? 0} to ${node.maximum ?? 'any'}`;
  }
  if (node?.type === 'array') return 'a list';
  if (node?.type === 'object') {
    const names = Object.keys(node.properties ?? {});
    return names.length > 0 ? `an object with ${names.join(', ')}` : 'an object';
  }
  return 'another value';
}

function unknownMember(name: string, known: readonly string[]): string {
  // No member has a space: between braces a comma ends a text that has no quotes.
  if (name.includes(' '))
    return 'is read as a member of its own: quote the text before it, commas and all';
  const near = nearName(name, known);
  const hint = near === undefined ? `want ${known.join(', ')}` : `did you mean ${near}?`;
  return `is not known, and would not be looked at: ${hint}`;
}

function isObject(value: JsonValue | undefined): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  const length =
    typeof value === 'string' && value.length > 40 ? ` (${value.length} characters)` : '';
  return text.length > 44 ? `${text.slice(0, 44)}…"${length}` : text;
}
