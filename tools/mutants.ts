import { parseSync } from 'oxc-parser';

/** One small lie in a source file: what tests are for is to notice it. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly text: string;
  readonly kind: string;
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '&&': '||',
  '||': '&&',
  '??': '&&',
};

const METHODS: Readonly<Record<string, string>> = { some: 'every', every: 'some' };

/** All mutants of a module, in the order of its text. Types are left alone: they do nothing. */
export function mutantsOf(path: string, source: string): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const { program } = parseSync(path, source);
  const text = (node: Node) => source.slice(node.start, node.end);
  const add = (node: Node, replacement: string, kind: string) => {
    const { start, end } = node;
    const line = source.slice(0, start).split('\n').length;
    mutants.push({ start, end, text: replacement, kind, line });
  };
  const visit = (node: Node): void => {
    if (
      node.type.startsWith('TS') &&
      node.type !== 'TSAsExpression' &&
      node.type !== 'TSSatisfiesExpression'
    )
      return;
    mutate(node, text, add);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program as unknown as Node);
  return mutants.toSorted((a, b) => a.start - b.start);
}

type Add = (node: Node, replacement: string, kind: string) => void;

function mutate(node: Node, text: (node: Node) => string, add: Add): void {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const opposite = OPPOSITES[String(node['operator'])];
      const [left, right] = [node['left'] as Node, node['right'] as Node];
      if (opposite === undefined) return;
      const mixed = opposite === '&&' && node['operator'] === '??';
      add(
        node,
        `(${text(left)}) ${mixed ? '&&' : opposite} (${text(right)})`,
        `${node['operator']} → ${opposite}`,
      );
      return;
    }
    case 'IfStatement':
    case 'ConditionalExpression':
      add(node['test'] as Node, 'true', 'condition → true');
      add(node['test'] as Node, 'false', 'condition → false');
      return;
    case 'UnaryExpression':
      if (node['operator'] === '!') add(node, `(${text(node['argument'] as Node)})`, '! removed');
      return;
    case 'ExpressionStatement':
      if ((node['expression'] as Node).type === 'CallExpression') add(node, ';', 'call removed');
      return;
    case 'CallExpression': {
      const callee = node['callee'] as Node;
      const property =
        callee.type === 'MemberExpression' ? (callee['property'] as Node) : undefined;
      const other = property && METHODS[text(property)];
      if (property && other) add(property, other, `${text(property)} → ${other}`);
      return;
    }
    case 'Literal':
      if (typeof node['value'] === 'boolean') add(node, String(!node['value']), 'boolean');
      return;
  }
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value) => {
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
