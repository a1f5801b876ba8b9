import type { parse } from '@bufbuild/cel';
import { malformed } from '../../../core/fault.ts';
import { DEEPEST_COMPREHENSION, LONGEST_PATTERN, MOST_NODES, MOST_STEPS } from './bounds.ts';
import { isPattern } from './engine.ts';
import { isRoot, ROOT_SHAPES, ROOTS } from './facts.ts';
import { patternStates } from './pattern-states.ts';
import {
  comparison,
  either,
  gathered,
  itemsOf,
  joined,
  type Shape,
  SINGLE,
  within,
  words,
} from './shape.ts';

export type Expr = ReturnType<typeof parse>['expr'];

/** By the names that the parser gives to operators and macros. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['_&&_', '_||_', '!_', '_?_:_', '@not_strictly_false'],
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '@in'],
  ...['_+_', '_-_', '_*_', '_/_', '_%_', '-_', '_[_]'],
  ...['size', 'contains', 'startsWith', 'endsWith', 'matches'],
  ...['timestamp', 'duration', 'int', 'string'],
]);

const TRUTHS: ReadonlySet<string> = new Set([
  ...['_&&_', '_||_', '!_', '@not_strictly_false'],
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '@in'],
  ...['contains', 'startsWith', 'endsWith', 'matches'],
]);

/** What a part costs at most, beside what it comes to. */
interface Cost extends Shape {
  readonly steps: number;
}

type Locals = ReadonlyMap<string, Shape>;

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

  constructor(path: string) {
    this.#path = path;
  }

  whole(expr: Expr): void {
    const { steps, speaks } = this.#cost(expr, new Map(), 0);
    if (steps > MOST_STEPS) {
      throw this.#refuse(`could take ${steps} steps, more than ${MOST_STEPS}`);
    }
    if (!speaks) {
      throw this.#refuse(`says nothing about the machine: want one of ${ROOTS.join(', ')} in it`);
    }
  }

  #refuse(problem: string): Error {
    return malformed(this.#path, problem);
  }

  #cost(expr: Expr, locals: Locals, depth: number): Cost {
    if (++this.#nodes > MOST_NODES) throw this.#refuse(`has more than ${MOST_NODES} parts`);
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'constExpr':
        return this.#constant(exprKind.value.constantKind);
      case 'identExpr':
        return { ...this.#name(exprKind.value.name, locals), steps: 1 };
      case 'selectExpr': {
        const { operand, testOnly } = exprKind.value;
        if (operand === undefined) throw this.#refuse('has a member of nothing');
        const { steps, ...of } = this.#cost(operand, locals, depth);
        const shape = testOnly ? { ...SINGLE, speaks: of.speaks, truth: true } : within(of);
        return { ...shape, steps: steps + 1 };
      }
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

  #constant({ case: kind, value }: { case: string | undefined; value?: unknown }): Cost {
    switch (kind) {
      case 'boolValue':
        return { ...SINGLE, truth: true, steps: 1 };
      case 'stringValue':
        return { ...SINGLE, text: String(value).length, steps: 1 };
      case 'int64Value':
      case 'doubleValue':
      case 'nullValue':
        return { ...SINGLE, steps: 1 };
      default:
        throw this.#refuse('has a value of a kind that no fact has: bytes, or an unsigned number');
    }
  }

  #name(name: string, locals: Locals): Shape {
    const local = locals.get(name);
    if (local !== undefined) return local;
    if (isRoot(name)) return { ...SINGLE, ...ROOT_SHAPES[name], speaks: true };
    throw this.#refuse(`knows no ${JSON.stringify(name)}: want ${ROOTS.join(', ')}`);
  }

  #call({ function: name, target, args }: Call, locals: Locals, depth: number): Cost {
    if (!FUNCTIONS.has(name)) throw this.#refuse(`knows no function ${JSON.stringify(name)}`);
    const operands = target ? [target, ...args] : args;
    const costs = operands.map((operand) => this.#cost(operand, locals, depth));
    this.#conditions(name, operands, costs);
    const own = name === 'matches' ? this.#pattern(args, costs) : effort(name, costs);
    return {
      ...resultOf(name, costs),
      steps: costs.reduce((sum, { steps }) => sum + steps, 1 + own),
    };
  }

  /** `x.y == 'a' || true` is true of every machine, and so is `|| 1 == 1`. */
  #conditions(name: string, operands: readonly Expr[], costs: readonly Cost[]): void {
    const silent = (i: number) => costs[i]?.speaks === false && !isGathered(operands[i]);
    const decided =
      name === '_?_:_'
        ? silent(0) || [1, 2].some((i) => silent(i) && costs[i]?.truth)
        : LOGIC.has(name) && operands.some((_, i) => silent(i));
    if (decided) {
      throw this.#refuse(
        'has a condition that says nothing about the machine: it decides all, or nothing',
      );
    }
  }

  #pattern(args: readonly Expr[], [text = SINGLE]: readonly Shape[]): number {
    const [pattern] = args.map(textIn);
    if (pattern === undefined || args.length !== 1) {
      throw this.#refuse('matches a pattern that is no text of its own');
    }
    if (pattern.length > LONGEST_PATTERN) {
      throw this.#refuse(`has a pattern of more than ${LONGEST_PATTERN} characters`);
    }
    // States are written out before RE2 is asked, since it would write them out as well.
    const steps = patternStates(pattern) * (text.text + STEPS_TO_COMPILE_A_STATE);
    if (steps <= MOST_STEPS && !isPattern(pattern)) {
      throw this.#refuse('has a pattern that RE2 does not read');
    }
    return steps;
  }

  #list(elements: readonly Expr[], locals: Locals, depth: number): Cost {
    const costs = elements.map((element) => this.#cost(element, locals, depth));
    const item = either(costs);
    return {
      ...item,
      levels: [elements.length, ...item.levels],
      truth: false,
      steps: costs.reduce((sum, { steps }) => sum + steps, 1),
    };
  }

  #comprehension(
    { iterVar, accuVar, ...parts }: Comprehension,
    locals: Locals,
    depth: number,
  ): Cost {
    if (depth === DEEPEST_COMPREHENSION) {
      throw this.#refuse(`has more than ${DEEPEST_COMPREHENSION} comprehensions within each other`);
    }
    const { iterRange, accuInit, loopCondition, loopStep, result } = parts;
    if (!iterRange || !accuInit || !loopCondition || !loopStep || !result) {
      throw this.#refuse('has a comprehension that lacks a part');
    }
    const range = this.#cost(iterRange, locals, depth);
    const start = this.#cost(accuInit, locals, depth);
    const inside = new Map([...locals, [iterVar, within(range)], [accuVar, start]]);
    const condition = this.#cost(loopCondition, inside, depth + 1);
    const step = this.#cost(loopStep, inside, depth + 1);
    const rounds = itemsOf(range);
    const after = gathered(step, rounds);
    const end = this.#cost(result, new Map([...locals, [accuVar, after]]), depth);
    return {
      ...end,
      speaks: range.speaks || step.speaks,
      steps:
        range.steps +
        start.steps +
        end.steps +
        rounds * (range.chain + condition.steps + step.steps),
    };
  }
}

const LOGIC: ReadonlySet<string> = new Set(['_&&_', '_||_', '!_']);

/** The engine compiles a pattern each time it is asked. */
const STEPS_TO_COMPILE_A_STATE = 16;

/** Steps of a function itself, its operands being there. */
function effort(name: string, [left = SINGLE, right = SINGLE]: readonly Shape[]): number {
  switch (name) {
    case '_==_':
    case '_!=_':
      return comparison(left, right);
    case '@in':
      return itemsOf(right) * (right.chain + comparison(left, within(right)));
    case '_[_]':
      return left.chain;
    // A search may start again at each character.
    case 'contains':
      return words(left.text) * words(right.text) * 8;
    // Counts characters, not units of UTF-16.
    case 'size':
      return left.text >> 3;
    default:
      return words(Math.max(left.text, right.text));
  }
}

function resultOf(name: string, costs: readonly Shape[]): Shape {
  const speaks = costs.some((cost) => cost.speaks);
  const [left = SINGLE, right = SINGLE] = costs;
  switch (name) {
    case '_+_':
      return joined(left, right);
    case '_[_]':
      return { ...within(left), speaks };
    case '_?_:_':
      return { ...either(costs.slice(1)), speaks };
    case 'string':
      return { ...SINGLE, text: Math.max(SINGLE.text, left.text), speaks };
    default:
      return { ...SINGLE, truth: TRUTHS.has(name), speaks };
  }
}

interface Call {
  readonly function: string;
  readonly target?: Expr | undefined;
  readonly args: readonly Expr[];
}

interface Comprehension {
  readonly iterVar: string;
  readonly accuVar: string;
  readonly iterRange?: Expr | undefined;
  readonly accuInit?: Expr | undefined;
  readonly loopCondition?: Expr | undefined;
  readonly loopStep?: Expr | undefined;
  readonly result?: Expr | undefined;
}

function textIn({ exprKind }: Expr): string | undefined {
  if (exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}

/** What a macro gathers in: its name is none that a source can spell. */
function isGathered(expr: Expr | undefined): boolean {
  return expr?.exprKind.case === 'identExpr' && expr.exprKind.value.name.startsWith('@');
}
