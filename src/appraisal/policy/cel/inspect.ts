import type { parse } from '@bufbuild/cel';
import { malformed } from '../../../core/fault.ts';
import {
  DEEPEST_COMPREHENSION,
  LONGEST_FACT_LIST,
  LONGEST_FACT_TEXT,
  LONGEST_PATTERN,
  MOST_NODES,
  MOST_STEPS,
} from './bounds.ts';

export type Expr = ReturnType<typeof parse>['expr'];

/** What an assertion can speak of. */
const ROOTS = ['cpu', 'gpu', 'nvswitch', 'binding', 'now'] as const;

/** By the names that the parser gives to operators and macros. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['_&&_', '_||_', '!_', '_?_:_', '@not_strictly_false'],
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '@in'],
  ...['_+_', '_-_', '_*_', '_/_', '_%_', '-_', '_[_]'],
  ...['size', 'contains', 'startsWith', 'endsWith', 'matches'],
  ...['timestamp', 'duration', 'int', 'string'],
]);

const LOGIC: ReadonlySet<string> = new Set(['_&&_', '_||_', '!_', '_?_:_']);

/** What a part costs at most, and how large its value is at most. */
interface Cost {
  readonly steps: number;
  /** Items of a list, also of one within it. */
  readonly items: number;
  /** Characters of a text, also of one within a list. */
  readonly text: number;
}

const SCALAR = { steps: 1, items: 1, text: 1 } as const;

/**
 * Refuses what is no question about the machine, or what could cost too much: everything is
 * known before the first evaluation, so that none needs a clock.
 *
 * @throws Fault `malformed` at `path`.
 */
export function inspect(expr: Expr, path: string): void {
  new Inspection(path).whole(expr);
}

class Inspection {
  readonly #path: string;
  #nodes = 0;
  #roots = 0;

  constructor(path: string) {
    this.#path = path;
  }

  whole(expr: Expr): void {
    const { steps } = this.#cost(expr, new Set(), 0);
    if (steps > MOST_STEPS) {
      throw this.#refuse(`could take ${steps} steps, more than ${MOST_STEPS}`);
    }
    if (this.#roots === 0) {
      throw this.#refuse(`says nothing about the machine: want one of ${ROOTS.join(', ')} in it`);
    }
  }

  #refuse(problem: string): Error {
    return malformed(this.#path, problem);
  }

  #cost(expr: Expr, locals: ReadonlySet<string>, depth: number): Cost {
    if (++this.#nodes > MOST_NODES) throw this.#refuse(`has more than ${MOST_NODES} parts`);
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'constExpr':
        return { ...SCALAR, text: textIn(expr)?.length ?? 1 };
      case 'identExpr':
        return this.#name(exprKind.value.name, locals);
      case 'selectExpr':
        return this.#one(exprKind.value.operand, locals, depth);
      case 'callExpr':
        return this.#call(exprKind.value, locals, depth);
      case 'listExpr':
        return this.#list(exprKind.value.elements, locals, depth);
      case 'comprehensionExpr':
        return this.#comprehension(exprKind.value, locals, depth);
      default:
        throw this.#refuse('has a part that is none of these: names, values, lists, functions');
    }
  }

  #name(name: string, locals: ReadonlySet<string>): Cost {
    if (locals.has(name)) return { steps: 1, items: LONGEST_FACT_LIST, text: LONGEST_FACT_TEXT };
    if (!(ROOTS as readonly string[]).includes(name)) {
      throw this.#refuse(`knows no ${JSON.stringify(name)}: want ${ROOTS.join(', ')}`);
    }
    this.#roots++;
    return { steps: 1, items: LONGEST_FACT_LIST, text: LONGEST_FACT_TEXT };
  }

  #one(operand: Expr | undefined, locals: ReadonlySet<string>, depth: number): Cost {
    if (operand === undefined) throw this.#refuse('has a member of nothing');
    const { steps, ...size } = this.#cost(operand, locals, depth);
    return { steps: steps + 1, ...size };
  }

  #call(
    { function: name, target, args }: { function: string; target?: Expr | undefined; args: Expr[] },
    locals: ReadonlySet<string>,
    depth: number,
  ): Cost {
    if (!FUNCTIONS.has(name)) throw this.#refuse(`knows no function ${JSON.stringify(name)}`);
    const operands = target ? [target, ...args] : args;
    // `x.y == 'a' || true` is true of every machine, and hides that there is no y.
    if (LOGIC.has(name) && depth === 0 && operands.some(isBoolean)) {
      throw this.#refuse('has true or false as a condition: it decides all, or nothing');
    }
    if (name === 'matches') this.#pattern(args);
    const costs = operands.map((operand) => this.#cost(operand, locals, depth));
    const steps = costs.reduce((sum, cost) => sum + cost.steps + lookAt(cost), 1);
    const sum = (of: 'items' | 'text') => costs.reduce((total, cost) => total + cost[of], 0);
    const most = (of: 'items' | 'text') => Math.max(1, ...costs.map((cost) => cost[of]));
    return name === '_+_'
      ? { steps, items: sum('items'), text: sum('text') }
      : { steps, items: most('items'), text: most('text') };
  }

  #pattern(args: readonly Expr[]): void {
    const [pattern] = args.map(textIn);
    if (pattern === undefined) throw this.#refuse('matches a pattern that is no text of its own');
    if (pattern.length > LONGEST_PATTERN) {
      throw this.#refuse(`has a pattern of more than ${LONGEST_PATTERN} characters`);
    }
  }

  #list(elements: readonly Expr[], locals: ReadonlySet<string>, depth: number): Cost {
    const costs = elements.map((element) => this.#cost(element, locals, depth));
    return {
      steps: costs.reduce((sum, { steps }) => sum + steps, 1),
      items: Math.max(elements.length, ...costs.map(({ items }) => items)),
      text: Math.max(1, ...costs.map(({ text }) => text)),
    };
  }

  #comprehension(
    { iterVar, iterVar2, accuVar, ...parts }: Comprehension,
    locals: ReadonlySet<string>,
    depth: number,
  ): Cost {
    if (depth === DEEPEST_COMPREHENSION) {
      throw this.#refuse(`has more than ${DEEPEST_COMPREHENSION} comprehensions within each other`);
    }
    const inside = new Set([...locals, iterVar, accuVar, ...(iterVar2 === '' ? [] : [iterVar2])]);
    const cost = (part: Expr | undefined, names: ReadonlySet<string>) =>
      part === undefined ? SCALAR : this.#cost(part, names, depth + 1);
    const range = cost(parts.iterRange, locals);
    const body = [parts.loopCondition, parts.loopStep].map((part) => cost(part, inside));
    const around = [cost(parts.accuInit, locals), cost(parts.result, inside)];
    const once = body.reduce((sum, { steps }) => sum + steps, 0);
    return {
      steps: range.steps + range.items * once + around.reduce((sum, { steps }) => sum + steps, 0),
      items: Math.max(range.items, ...body.map(({ items }) => items)),
      text: Math.max(...body.map(({ text }) => text)),
    };
  }
}

interface Comprehension {
  readonly iterVar: string;
  readonly iterVar2: string;
  readonly accuVar: string;
  readonly iterRange?: Expr | undefined;
  readonly accuInit?: Expr | undefined;
  readonly loopCondition?: Expr | undefined;
  readonly loopStep?: Expr | undefined;
  readonly result?: Expr | undefined;
}

/** What it takes to compare or search a value once: texts go by words of the machine. */
function lookAt({ items, text }: Cost): number {
  return items * (1 + (text >> 6));
}

function textIn({ exprKind }: Expr): string | undefined {
  if (exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}

function isBoolean({ exprKind }: Expr): boolean {
  return exprKind.case === 'constExpr' && exprKind.value.constantKind.case === 'boolValue';
}
