import { fromUtf8, utf8 } from '../core/bytes/text.ts';
import { parseJson } from '../core/encoding/json.ts';
import { JsonShape } from '../core/encoding/json-shape.ts';
import { Fault } from '../core/fault.ts';

/** The problems that Oblivious HTTP has names for (RFC 9458 sections 5.3 and 6.5.2). */
export const OHTTP_PROBLEMS = {
  /** Sealed to a key that is not served: the key configuration is out of date. */
  'ohttp-key': {
    type: 'https://iana.org/assignments/http-problem-types#ohttp-key',
    title: 'the request is sealed to a key that is not served here',
  },
  /** The `date` inside is too far from the clock of who opened it, which is in the answer's `date`. */
  date: {
    type: 'https://iana.org/assignments/http-problem-types#date',
    title: 'the date of the request is not acceptable',
  },
} as const;

export type OhttpProblem = keyof typeof OHTTP_PROBLEMS;

const LARGEST_PROBLEM = 16_384;

/** The body of an answer in `application/problem+json` (RFC 9457). */
export function encodeOhttpProblem(problem: OhttpProblem): Uint8Array {
  return utf8(JSON.stringify({ ...OHTTP_PROBLEMS[problem], status: 400 }));
}

/**
 * Which of the problems a body in `application/problem+json` tells. Outside of a sealed response
 * nobody vouches for it: it may make a client look for a new key, and nothing else.
 *
 * @returns undefined for another problem, and for what is none.
 */
export function ohttpProblemIn(body: Uint8Array): OhttpProblem | undefined {
  if (body.length > LARGEST_PROBLEM) return undefined;
  try {
    const { value } = parseJson(fromUtf8(body, 'problem'), 'problem');
    const type = new JsonShape(value, 'problem').value('type');
    const names = Object.keys(OHTTP_PROBLEMS) as OhttpProblem[];
    return names.find((name) => OHTTP_PROBLEMS[name].type === type);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}
