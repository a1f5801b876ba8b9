import { parseSync } from 'oxc-parser';

/** One import, re-export or import type, as written. */
export interface ImportRecord {
  /** Undefined when it is computed, so that nobody can say where it goes. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** One use of something that differs from run to run or from place to place. */
export interface AmbientUse {
  readonly name: string;
  readonly line: number;
}

export interface ModuleRecord {
  readonly imports: readonly ImportRecord[];
  readonly ambient: readonly AmbientUse[];
  readonly syntaxErrors: readonly string[];
}

/**
 * Names that stand for the process, the clock, the network, chance, or code made at run time.
 * `Date` and `Math` are looked at more closely below.
 */
const AMBIENT: ReadonlySet<string> = new Set([
  ...['process', 'Buffer', 'console', 'require', 'globalThis', 'navigator', 'localStorage'],
  ...['fetch', 'WebSocket', 'XMLHttpRequest', 'performance', 'crypto', 'eval', 'Function'],
  ...['setTimeout', 'setInterval', 'setImmediate'],
]);

/**
 * What a TypeScript module imports, types included, and which ambient things it names.
 *
 * Names are found by walking the syntax tree, not by resolving scopes: any identifier of
 * such a name counts unless it stands behind a dot, is a key, or is the outer name of an
 * import or export. A local of that name counts too; call it something else.
 */
export function readModule(path: string, text: string): ModuleRecord {
  const { module, program, errors } = parseSync(path, text);
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const imports: ImportRecord[] = [];
  const ambient: AmbientUse[] = [];
  const requests = [
    ...module.staticImports.map((found) => found.moduleRequest),
    ...module.staticExports.flatMap((found) => found.entries.map((e) => e.moduleRequest)),
  ];
  // `export { a, b } from` is one import with two entries.
  const seen = new Set<number>();
  for (const request of requests) {
    if (request == null || seen.has(request.start)) continue;
    seen.add(request.start);
    imports.push({ specifier: request.value, line: lineAt(request.start) });
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const written = text.slice(moduleRequest.start, moduleRequest.end);
    const [, , specifier] = /^(['"])([^'"\\]*)\1$/.exec(written) ?? [];
    imports.push({ specifier, line: lineAt(moduleRequest.start) });
  }
  // The parser's own node types have no index signature to walk along.
  walk(program as unknown as Node, undefined, (node, place) => {
    if (node.type === 'TSImportType' && isNode(node['source'])) {
      const { value } = node['source'];
      imports.push({
        specifier: typeof value === 'string' ? value : undefined,
        line: lineAt(node.start),
      });
    }
    const name = node.type === 'Identifier' ? ambientName(node, place) : undefined;
    if (name !== undefined) ambient.push({ name, line: lineAt(node.start) });
  });
  return { imports, ambient, syntaxErrors: errors.map(({ message }) => message) };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

/** Where a node stands: which member of which parent it is. */
interface Place {
  readonly parent: Node;
  readonly member: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function walk(
  node: Node,
  place: Place | undefined,
  visit: (node: Node, place: Place | undefined) => void,
): void {
  visit(node, place);
  for (const [member, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, { parent: node, member }, visit);
    }
  }
}

function ambientName(node: Node, place: Place | undefined): string | undefined {
  const name = String(node['name']);
  if (place === undefined || isOuterName(place)) return undefined;
  if (AMBIENT.has(name)) return name;
  if (name === 'Date' && !isPureDate(place)) return memberName(name, place);
  if (name === 'Math' && !isPureMath(place)) return memberName(name, place);
  return undefined;
}

/** A name that belongs to some object or module, not to the world. */
function isOuterName({ parent, member }: Place): boolean {
  const fixed = parent['computed'] !== true;
  if (member === 'property' || member === 'key') return fixed;
  return (
    member === 'imported' ||
    member === 'exported' ||
    (member === 'right' && parent.type === 'TSQualifiedName')
  );
}

/** The property in `<name>.property`, where the name stands in front of a dot. */
function propertyOf({ parent, member }: Place): string | undefined {
  const dotted = parent.type === 'MemberExpression' && member === 'object' && !parent['computed'];
  return dotted && isNode(parent['property']) ? String(parent['property']['name']) : undefined;
}

function memberName(name: string, place: Place): string {
  const property = propertyOf(place);
  return property === undefined ? name : `${name}.${property}`;
}

/** `Date.UTC(…)`, `Date.parse(…)`, `new Date(…)` of something, and the type. */
function isPureDate(place: Place): boolean {
  const { parent, member } = place;
  const property = propertyOf(place);
  if (property !== undefined) return property === 'UTC' || property === 'parse';
  if (parent.type === 'TSTypeReference') return true;
  const [first] = Array.isArray(parent['arguments']) ? parent['arguments'] : [];
  const given = isNode(first) && first.type !== 'SpreadElement';
  return parent.type === 'NewExpression' && member === 'callee' && given;
}

function isPureMath(place: Place): boolean {
  const property = propertyOf(place);
  return property !== undefined && property !== 'random';
}
