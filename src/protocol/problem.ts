import Type from 'typebox';
import { ReasonSchema } from './appraisal.ts';
import { Code, Id } from './values.ts';

/** Why nothing came of a request. Codes are API: add, never rename. */
export const PROBLEMS = {
  malformed: { status: 400, title: 'The request is not what it claims to be' },
  usage: { status: 400, title: 'What is asked for makes no sense' },
  unauthenticated: { status: 401, title: 'Who asks was not shown' },
  forbidden: { status: 403, title: 'This is for others to ask' },
  'attestation-rejected': { status: 403, title: 'The evidence was rejected' },
  missing: { status: 404, title: 'What was asked for is not there' },
  'method-not-allowed': { status: 405, title: 'There is something here, but not by this method' },
  'request-timeout': { status: 408, title: 'The request did not come whole in time' },
  conflict: { status: 409, title: 'It contradicts what is there' },
  'length-required': { status: 411, title: 'A body has to say how long it is' },
  'too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'media-type': { status: 415, title: 'A body of this type is not read here' },
  expectation: { status: 417, title: 'What is expected is not done' },
  unsupported: { status: 422, title: 'It is of a version or kind that is not read here' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too many or too large' },
  internal: { status: 500, title: 'Unexpected error' },
  'attestation-indeterminate': { status: 503, title: 'The evidence could not be decided on' },
  unreachable: { status: 503, title: 'What the answer needs could not be reached' },
  busy: { status: 503, title: 'Too much at once' },
  closing: { status: 503, title: 'The gateway is closing' },
  'took-too-long': { status: 503, title: 'The answer took too long; it may still come to be' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

const URN = 'urn:postern:problem:';

export function problemType(code: ProblemCode): string {
  return `${URN}${code}`;
}

/** `application/problem+json` (RFC 9457). */
export const ProblemSchema = Type.Object(
  {
    type: Type.Enum(
      Object.keys(PROBLEMS).map((code) => problemType(code as ProblemCode)),
      { description: 'says what went wrong, for programs' },
    ),
    title: Type.String({ description: 'says it for people; the same for each of a type' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.Optional(Type.String({ description: 'what is wrong with this one' })),
    at: Type.Optional(Type.String({ description: 'the place in the request' })),
    decision: Type.Optional(Id),
    code: Type.Optional(Code),
    reasons: Type.Optional(Type.Array(ReasonSchema)),
    candidates: Type.Optional(
      Type.Array(Id, {
        description: 'nodes of the pool that may do instead, by whom to ask first',
      }),
    ),
  },
  { additionalProperties: false },
);
export type Problem = Type.Static<typeof ProblemSchema>;
