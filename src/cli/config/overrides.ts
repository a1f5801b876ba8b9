import { utf8 } from '../../core/bytes/text.ts';
import { nearName } from '../../core/document/near-name.ts';
import { readYaml } from '../../core/document/yaml-text.ts';
import type { JsonObject, JsonValue } from '../../core/encoding/json.ts';
import { type Io, usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';

/** @param example of paths and values. */
export function setOption(example: string): Options {
  return {
    set: {
      value: '<path=value>',
      multiple: true,
      help: `say a value otherwise than the file, e.g. ${example}`,
    },
  };
}

/** The places of a configuration, and the variables of the environment that they are said by. */
export interface ConfigPlaces {
  /** Every place that a value may stand at, `[]` for an item. */
  readonly places: readonly string[];
  /** What the names of its variables begin with, e.g. `POSTERN_`. */
  readonly prefix: string;
}

/** @param schema TypeBox’s. */
export function configPlaces(schema: object, prefix: string): ConfigPlaces {
  return { places: [...new Set(placesOf(schema as Node, ''))], prefix };
}

/** One value that somebody says otherwise than the file. */
export interface Override {
  /** `--set` or the variable of the environment, for messages. */
  readonly source: string;
  readonly path: string;
  /** Null takes it out. */
  readonly value: JsonValue;
}

/**
 * What the environment and then the command line say otherwise than the file; the last one counts.
 *
 * @throws Fault `usage` for a text that is no value, and for a variable that nothing reads.
 */
export function readOverrides(io: Io, args: Args, known: ConfigPlaces): readonly Override[] {
  return [...fromEnvironment(io, known), ...fromOptions(args)];
}

const SET = /^([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*|\[\d{1,3}\])*)=(.*)$/s;

function fromOptions(args: Args): readonly Override[] {
  return args.many('set').map((text) => {
    const [, path, value] = SET.exec(text) ?? [];
    if (path === undefined || value === undefined) {
      throw usage(`--set: want path=value, e.g. times.challengeTtl=90s, got ${shown(text)}`);
    }
    return { source: '--set', path, value: valueIn(`--set ${path}`, value) };
  });
}

/**
 * Others' variables that begin the same: those that Kubernetes sets for a service named postern,
 * and those of this project's own tests.
 */
const FOREIGN =
  /^POSTERN_(?:.*_)?(?:SERVICE_(?:HOST|PORT)(?:_.*)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_.*)?)?)$|^POSTERN_(?:TEST|FUZZ)_|^POSTERN_VECTORS$/;

function fromEnvironment(io: Io, known: ConfigPlaces): readonly Override[] {
  const { prefix } = known;
  const names = io.envNames().filter((name) => name.startsWith(prefix) && !FOREIGN.test(name));
  return names.toSorted().flatMap((name) => {
    const text = io.env(name);
    if (text === undefined) return [];
    const path = pathOf(name, known);
    if (path === undefined) throw usage(unknownVariable(name, known));
    return [{ source: name, path, value: valueIn(name, text) }];
  });
}

function unknownVariable(name: string, { places, prefix }: ConfigPlaces): string {
  const near = nearName(
    name,
    places.map((place) => variableOf(place.replaceAll('[]', '[0]'), prefix)),
  );
  const hint = near === undefined ? '' : `: did you mean ${near}?`;
  return `${name} is set, and no part of the configuration is named like that${hint}`;
}

/** The member that a variable is about; undefined where there is none. */
function pathOf(name: string, { places, prefix }: ConfigPlaces): string | undefined {
  for (const place of places) {
    const numbers: string[] = [];
    const pattern = variableOf(place, prefix).replaceAll('[]', '_(0|[1-9]\\d{0,2})');
    const match = new RegExp(`^${pattern}$`).exec(name);
    if (!match) continue;
    numbers.push(...match.slice(1));
    return place.replaceAll('[]', () => `[${numbers.shift()}]`);
  }
  return undefined;
}

/** `POSTERN_TIMES_CHALLENGE_TTL` of `times.challengeTtl`, `POSTERN_POOLS_0_POLICY` of `pools[0].policy`. */
export function variableOf(path: string, prefix: string): string {
  const words = path
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_');
  return `${prefix}${words.toUpperCase()}`;
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
}

function placesOf({ properties = {}, anyOf = [], items }: Node, path: string): readonly string[] {
  return [
    ...(path === '' ? [] : [path]),
    ...Object.entries(properties).flatMap(([name, node]) =>
      placesOf(node, path === '' ? name : `${path}.${name}`),
    ),
    ...anyOf.flatMap((node) => placesOf(node, path)),
    ...(items ? placesOf(items, `${path}[]`) : []),
  ];
}

/** A value as the file would have it: `90s` is text, `8` a number, `[a, b]` a list. */
function valueIn(source: string, text: string): JsonValue {
  const { value, problems } = readYaml(utf8(text));
  const [problem] = problems;
  if (problem) throw usage(`${source}: ${problem.problem}`);
  return value ?? null;
}

/**
 * The file's value with one member said otherwise.
 *
 * @param value is left as it is.
 * @throws Fault `usage` where the path leads nowhere.
 */
export function overridden(value: JsonValue, override: Override): JsonValue {
  return replaced(value, stepsOf(override.path), override);
}

type Step = string | number;

function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/([A-Za-z][A-Za-z0-9]*)|\[(\d+)\]/g)].map(([, name, index]) =>
    name === undefined ? Number(index) : name,
  );
}

/** Whether there is something at a path. */
export function hasPath(value: JsonValue, path: string): boolean {
  let around: JsonValue | undefined = value;
  for (const step of stepsOf(path)) {
    if (typeof around !== 'object' || around === null || !Object.hasOwn(around, step)) return false;
    around = (around as { readonly [name: Step]: JsonValue })[step];
  }
  return true;
}

function replaced(
  around: JsonValue,
  [step, ...rest]: readonly Step[],
  override: Override,
): JsonValue {
  if (step === undefined) return override.value;
  if (typeof step === 'number') return withItem(around, step, rest, override);
  const object: JsonObject =
    typeof around === 'object' && around !== null && !Array.isArray(around)
      ? (around as JsonObject)
      : {};
  const before = Object.hasOwn(object, step) ? (object[step] ?? null) : null;
  const made = replaced(before, rest, override);
  // Without a prototype, as the reader of the file makes them.
  const copy: { [name: string]: JsonValue } = Object.assign(Object.create(null), object);
  if (made === null) delete copy[step];
  else copy[step] = made;
  return copy;
}

function withItem(
  around: JsonValue,
  index: number,
  rest: readonly Step[],
  override: Override,
): JsonValue {
  const items = around ?? [];
  if (!Array.isArray(items) || index > items.length) {
    const there = Array.isArray(items) ? `a list of ${items.length}` : 'no list';
    throw usage(`${override.source} ${override.path}: there is ${there}, and no [${index}] of it`);
  }
  const copy: JsonValue[] = [...items];
  const made = replaced(copy[index] ?? null, rest, override);
  if (made === null) copy.splice(index, 1);
  else copy[index] = made;
  return copy;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
