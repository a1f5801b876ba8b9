import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { misunderstandings } from '../../src/appraisal/policy/meaning.ts';
import { type Policy, PolicySchema } from '../../src/appraisal/policy/schema/policy.ts';

/** The parts of JSON Schema that the policy's schema is made of. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
}

/** A policy with one thing changed, and where: `spec.evidence.cpu.vmpl[]`, lists without a place. */
export interface Variant {
  readonly path: string;
  readonly value: unknown;
}

const schema = PolicySchema as unknown as Node;

/** Asked of many thousands of values. */
const compiled = Compile(PolicySchema);

/** Every change of one member that the schema lets pass, a few values each. */
export function variantsOf(policy: unknown): readonly Variant[] {
  return [...eachVariantOf(policy)];
}

/** The same, each made when it is asked for. */
export function eachVariantOf(policy: unknown): IteratorObject<Variant> {
  return changesOf(schema, policy, '');
}

/** The variant as a policy, where its parts still fit each other; without the detour over text. */
export function asPolicy(value: unknown): Policy | undefined {
  if (!compiled.Check(value)) return undefined;
  return misunderstandings(value).length === 0 ? value : undefined;
}

/** Members of the schema that can differ at all, in the form of a variant's path. */
export function changeablePaths(): ReadonlySet<string> {
  const paths = new Set<string>();
  const look = (node: Node, path: string): void => {
    for (const branch of node.anyOf ?? []) look(branch, path);
    for (const [name, member] of Object.entries(node.properties ?? {})) {
      look(member, path === '' ? name : `${path}.${name}`);
    }
    for (const member of Object.values(node.patternProperties ?? {})) look(member, `${path}.*`);
    if (node.items) look(node.items, `${path}[]`);
    const leaf = node.anyOf ?? node.properties ?? node.patternProperties ?? node.items;
    if (leaf === undefined && node.const === undefined) paths.add(path);
  };
  look(schema, '');
  return paths;
}

function* changesOf(node: Node, value: unknown, path: string): Generator<Variant> {
  if (node.anyOf) {
    for (const branch of node.anyOf) {
      if (fits(branch, value)) yield* changesOf(branch, value, path);
      else for (const sample of samplesOf(branch)) yield { path, value: sample };
    }
  } else if (node.properties ?? node.patternProperties) {
    yield* objectChanges(node, value as Record<string, unknown>, path);
  } else if (node.items) yield* arrayChanges(node.items, node, value as unknown[], path);
  else for (const sample of samplesOf(node)) if (sample !== value) yield { path, value: sample };
}

function* objectChanges(
  { properties = {}, patternProperties, required = [] }: Node,
  value: Record<string, unknown>,
  path: string,
): Generator<Variant> {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const [free] = Object.values(patternProperties ?? {});
  const { ...members } = value;
  for (const [name, member] of Object.entries(members)) {
    const node = Object.hasOwn(properties, name) ? properties[name] : free;
    if (node === undefined) throw new Error(`${at(name)} is not in the schema`);
    const shown = Object.hasOwn(properties, name) ? at(name) : at('*');
    for (const change of changesOf(node, member, shown)) {
      yield { path: change.path, value: { ...members, [name]: change.value } };
    }
    if (!required.includes(name)) {
      const { [name]: _gone, ...others } = members;
      yield { path: shown, value: others };
    }
  }
  for (const [name, node] of Object.entries(properties)) {
    if (name in members) continue;
    for (const sample of samplesOf(node)) {
      yield { path: at(name), value: { ...members, [name]: sample } };
    }
  }
  for (const name of ['9', 'x-more']) {
    if (!free || name in members) continue;
    for (const sample of samplesOf(free)) {
      yield { path: at('*'), value: { ...members, [name]: sample } };
    }
  }
}

function* arrayChanges(
  items: Node,
  { minItems = 0 }: Node,
  value: readonly unknown[],
  path: string,
): Generator<Variant> {
  for (const [i, item] of value.entries()) {
    for (const change of changesOf(items, item, `${path}[]`)) {
      yield { path: change.path, value: value.with(i, change.value) };
    }
    if (value.length > minItems) yield { path: `${path}[]`, value: value.toSpliced(i, 1) };
  }
  for (const sample of samplesOf(items)) yield { path: `${path}[]`, value: [...value, sample] };
  if (value.length > 1) yield { path: `${path}[]`, value: value.toReversed() };
}

/** Texts of every form that the schema knows, two of each. */
const TEXTS = [
  ...[3, 6, 8, 16, 32, 48, 64].flatMap((bytes) =>
    ['a', 'b'].map((digit) => digit.repeat(2 * bytes)),
  ),
  ...['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`),
  ...['2000-01-01T00:00:00Z', '2099-01-01T00:00:00Z'],
  ...['9m', '9d', '600s'],
  ...['INTEL-SA-00900', 'INTEL-DOC-00901', 'AMD-SB-3019', 'AMD-SB-3020'],
  ...['GA900', 'GB900', '9000_0000_000', '9001_0000_000', '9.9.9', '9.9.8'],
  ...['ANOTHER_ID', 'ONE_MORE_ID', 'other-name', 'one-more-name'],
  ...['another text', 'one more text', 'root=*', 'quiet'],
];

function samplesOf(node: Node): readonly unknown[] {
  if (node.const !== undefined) return [node.const];
  if (node.enum) return node.enum;
  if (node.anyOf) return node.anyOf.flatMap(samplesOf);
  if (node.properties ?? node.patternProperties) return objectSamples(node);
  if (node.items) return listSamples(node, node.items);
  if (node.type === 'integer') {
    const { minimum = 0, maximum = 100 } = node;
    return [...new Set([minimum, minimum + 1, 9, maximum])].filter(
      (number) => number >= minimum && number <= maximum,
    );
  }
  // Only assertions are free texts, and those must be CEL about a machine.
  if (node.maxLength !== undefined) return ['has(cpu.type)', 'size(gpu) < 9', 'size(gpu) > 99'];
  const pattern = new RegExp(node.pattern ?? '', 'u');
  return TEXTS.filter((text) => pattern.test(text)).slice(0, 3);
}

function objectSamples({ properties = {}, patternProperties, required = [] }: Node): unknown[] {
  const [free] = Object.values(patternProperties ?? {});
  const own = Object.entries(properties).filter(([name]) => required.includes(name));
  const all = [0, 1].map((which) =>
    Object.fromEntries(
      own.map(([name, node]) => {
        const samples = samplesOf(node);
        return [name, samples[which] ?? samples[0]];
      }),
    ),
  );
  const [some] = all;
  // Of members that are optional each, one at a time is enough.
  const single = Object.entries(properties).find(([name]) => !required.includes(name));
  const more = own.length === 0 && single ? [{ [single[0]]: samplesOf(single[1])[0] }] : [];
  const freed = free ? samplesOf(free).map((sample) => ({ '8': sample })) : [];
  return own.length > 0 ? (some ? all : []) : [...more, ...freed];
}

function listSamples({ minItems = 0 }: Node, items: Node): unknown[] {
  const samples = samplesOf(items).slice(0, 3);
  return [...(minItems === 0 ? [[]] : []), samples.slice(0, 1), samples.slice(0, 2)];
}

function fits(node: Node, value: unknown): boolean {
  return Value.Check(node as never, value);
}
