import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { FAULTS, Fault, type FaultCode } from '../../core/fault.ts';
import { readBody } from '../../endorsements/http-body.ts';
import { PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { ProblemSchema } from '../../protocol/problem.ts';
import { jsonIn } from './gateway-json.ts';

export type GatewayProblem = Static<typeof ProblemSchema>;

const LARGEST_PROBLEM = 4 * 1024 * 1024;

/** Why a gateway did not do what it was asked; undefined where what answers is none. */
export async function problemIn(
  response: Response,
  url: string,
): Promise<GatewayProblem | undefined> {
  const type = response.headers.get('content-type')?.split(';')[0];
  if (type !== PROBLEM_TYPE) {
    await response.body?.cancel();
    return undefined;
  }
  const value = jsonIn(await readBody(response, url, LARGEST_PROBLEM), url);
  const known = Value.Clean(ProblemSchema, value);
  return Value.Check(ProblemSchema, known) ? (known as GatewayProblem) : undefined;
}

export function codeOf({ type }: GatewayProblem): string {
  return type.slice(type.lastIndexOf(':') + 1);
}

/** Of these the request is to blame, which is ours. */
const OURS: ReadonlySet<string> = new Set([
  'malformed',
  'usage',
  'media-type',
  'too-large',
  'uri-too-long',
  'length-required',
  'headers-too-large',
]);

/** The fault that stands for a gateway's problem on the command line, with the exit code it has there. */
export function faultOf(
  problem: GatewayProblem | undefined,
  { status, headers }: Response,
  url: string,
): Fault {
  if (problem === undefined) return new Fault('unreachable', url, `HTTP ${status}`);
  const code = codeOf(problem);
  const at = problem.at ?? url;
  const wait = headers.get('retry-after');
  const later = wait === null ? '' : `; it says to try again in ${wait.slice(0, 40)} s`;
  const detail = `${problem.detail ?? problem.title}${later}`;
  if (OURS.has(code)) return new Fault('usage', at, detail);
  if (code !== 'internal' && Object.hasOwn(FAULTS, code)) {
    return new Fault(code as FaultCode, at, detail);
  }
  return new Fault('unreachable', url, `${problem.title}: ${detail}`);
}
