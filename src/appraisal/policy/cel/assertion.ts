import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { bounded, malformed } from '../../../core/fault.ts';
import type { Claim, Claims } from '../../../evidence/verification.ts';
import {
  DEEPEST_BRACKETS,
  LONGEST_FACT_LIST,
  LONGEST_FACT_TEXT,
  LONGEST_SOURCE,
} from './bounds.ts';
import { type Expr, inspect } from './inspect.ts';
import { makeStrict } from './strict.ts';

/** What an assertion is asked about, by its roots. */
export interface Facts {
  readonly cpu: Claims;
  readonly gpu: readonly Claims[];
  readonly nvswitch: readonly Claims[];
  readonly binding: Claims;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Answer =
  | { readonly outcome: 'true' | 'false' }
  | { readonly outcome: 'error'; readonly because: string };

/**
 * A question in CEL (cel-spec), ready to be asked.
 *
 * It speaks of `cpu`, `gpu` and `nvswitch` (lists), `binding` and `now` (a timestamp), with the
 * operators of CEL, has(), all, exists, exists_one, map, filter, size, contains, startsWith,
 * endsWith, matches (RE2, a pattern of its own text), timestamp, duration, int and string. Whole
 * numbers are ints, others doubles. A member that is not there is an error unless has() asked.
 */
export interface CompiledAssertion {
  /** Strictly true, strictly false, or neither: an error or another value is no answer. */
  readonly ask: (facts: Facts) => Answer;
}

const ENVIRONMENT = celEnv();

/**
 * @param path for errors, e.g. `spec.assertions[0].cel`.
 * @throws Fault `malformed` at `path` for what is no CEL, or none that is answered here.
 */
export function compileAssertion(source: string, path: string): CompiledAssertion {
  const expr = parsed(source, path);
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

function parsed(source: string, path: string): Expr {
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
    else if (')]}'.includes(character)) depth--;
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

function inputOf({ cpu, gpu, nvswitch, binding, now }: Facts) {
  return {
    cpu: input(cpu),
    gpu: input(gpu),
    nvswitch: input(nvswitch),
    binding: input(binding),
    now: timestampFromMs(now),
  };
}

/** @throws RangeError beyond the bounds that costs were reckoned with: a part is not the whole. */
function input(claim: Claim): unknown {
  if (typeof claim === 'string') {
    if (claim.length > LONGEST_FACT_TEXT) throw new RangeError('a fact is too long a text');
    return claim;
  }
  if (typeof claim === 'number') return Number.isSafeInteger(claim) ? BigInt(claim) : claim;
  if (Array.isArray(claim)) {
    if (claim.length > LONGEST_FACT_LIST) throw new RangeError('a fact is too long a list');
    return claim.map(input);
  }
  if (typeof claim !== 'object' || claim === null) return claim;
  return new Map(Object.entries(claim).map(([name, value]) => [name, input(value)]));
}
