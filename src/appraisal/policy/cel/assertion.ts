import { isCelError, parse, plan } from '@bufbuild/cel';
import { bounded, malformed } from '../../../core/fault.ts';
import { DEEPEST_BRACKETS, LONGEST_SOURCE } from './bounds.ts';
import { ENVIRONMENT } from './engine.ts';
import { type Facts, inputOf } from './facts.ts';
import { type Expr, inspect } from './inspect.ts';
import { makeStrict } from './strict.ts';

export type Answer =
  | { readonly outcome: 'true' | 'false' }
  | { readonly outcome: 'error'; readonly because: string };

/**
 * A question in CEL (cel-spec), ready to be asked.
 *
 * It speaks of `cpu`, `gpu` and `nvswitch` (lists), `binding` and `now` (a timestamp), with the
 * operators of CEL, has(), all, exists, exists_one, map, filter, size, contains, startsWith,
 * endsWith, matches (RE2, a pattern of its own text), timestamp, duration, int and string. Whole
 * numbers are ints, others doubles.
 *
 * What would be true by mistake is none of it: a member that is not there is an error unless has()
 * asked, and no operator absorbs it; so is a comparison between kinds, such as a number and a text,
 * null aside; so is a fact beyond the bounds. Refused from the start: a condition that no fact has
 * a say in, and all that is beyond `bounds.ts`.
 */
export interface CompiledAssertion {
  /** Strictly true, strictly false, or neither: an error or another value is no answer. */
  readonly ask: (facts: Facts) => Answer;
}

/**
 * @param path for errors, e.g. `spec.assertions[0].cel`.
 * @throws Fault `malformed` at `path` for what is no CEL, or none that is answered here.
 */
export function compileAssertion(source: string, path: string): CompiledAssertion {
  const expr = parseAssertion(source, path);
  inspect(expr, path);
  makeStrict(expr);
  const program = plan(ENVIRONMENT, expr);
  return {
    ask: (facts) => {
      try {
        return answerOf(program(inputOf(facts) as never));
      } catch (error) {
        return { outcome: 'error', because: messageOf(error) };
      }
    },
  };
}

/**
 * The syntax alone, within bounds of length and depth.
 *
 * @throws Fault `malformed` at `path`.
 */
export function parseAssertion(source: string, path: string): Expr {
  if (source.length > LONGEST_SOURCE) {
    throw malformed(path, `want at most ${LONGEST_SOURCE} characters, got ${source.length}`);
  }
  if (deepestBrackets(source) > DEEPEST_BRACKETS) {
    throw malformed(path, `has more than ${DEEPEST_BRACKETS} brackets within each other`);
  }
  try {
    return parse(source).expr;
  } catch (error) {
    throw malformed(path, `is no CEL: ${messageOf(error)}`);
  }
}

/** Those in texts count as well: nobody needs as many. */
function deepestBrackets(source: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of source) {
    if ('([{'.includes(character)) depth++;
    // Never below none, or those that a text closes would let as many others in.
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function answerOf(value: unknown): Answer {
  if (value === true) return { outcome: 'true' };
  if (value === false) return { outcome: 'false' };
  if (isCelError(value)) return { outcome: 'error', because: messageOf(value) };
  return { outcome: 'error', because: 'it is neither true nor false' };
}

/** The engine's own sentence may hold what a stranger chose. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return bounded(text)
    .slice(0, LONGEST_MESSAGE)
    .replace(/\p{Cc}/gu, ' ');
}

const LONGEST_MESSAGE = 200;
