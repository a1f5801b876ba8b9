import type { TObject, TSchema } from 'typebox';
import { NearestSchema, ReasonSchema, VerificationSchema } from '../../protocol/appraisal.ts';
import { AttestationAnswerSchema, DecisionSchema } from '../../protocol/attestation.ts';
import {
  ChallengeSchema,
  EnrolmentChallengeRequest,
  EnrolmentRequest,
} from '../../protocol/enrolment.ts';
import { EventSchema, GapSchema } from '../../protocol/event.ts';
import { KeySetSchema, ReadinessSchema } from '../../protocol/health.ts';
import { PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { NodePageSchema, NodeSchema } from '../../protocol/node.ts';
import {
  MisbehaviourPageSchema,
  PolicyRequest,
  PoolListSchema,
  PoolPolicySchema,
  PoolSchema,
} from '../../protocol/operator.ts';
import { PROBLEMS, type ProblemCode, ProblemSchema } from '../../protocol/problem.ts';
import { CandidateSchema, CandidatesSchema } from '../../protocol/session/candidates.ts';
import { EpochSchema } from '../../protocol/session/epoch.ts';
import { ModelListSchema } from '../../protocol/session/models.ts';
import { UsageFatesSchema, UsagePageSchema, UsageRequest } from '../../protocol/session/usage.ts';
import type { AnswerSpec, DescribedRoute } from './route.ts';

/**
 * OpenAPI 3.1 from the table of routes. Ours, and not a plugin's that reads what Fastify
 * validates by: nothing here is validated by Fastify, and schemas of TypeBox are those of
 * OpenAPI 3.1 as they stand (JSON Schema 2020-12).
 */
export function describeRoutes(routes: readonly DescribedRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Postern gateway',
      version,
      description:
        'Who may do what is a matter of roles; 401 and 403 say so. Every problem is one of a closed list (`type`).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ apiKey: [] }, { signature: [] }, {}],
    paths,
    components: {
      schemas: Object.fromEntries(
        [...NAMED].map(([schema, name]) => [name, referring(schema, schema)]),
      ),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'signature-input',
          description: 'The request is signed (RFC 9421) by a key that the gateway knows.',
        },
      },
    },
  };
}

/** Schemas that have a name of their own in the document. */
const NAMED: ReadonlyMap<object, string> = new Map<object, string>([
  [ProblemSchema, 'Problem'],
  [ReasonSchema, 'Reason'],
  [NearestSchema, 'Nearest'],
  [VerificationSchema, 'Verification'],
  [ChallengeSchema, 'Challenge'],
  [EnrolmentChallengeRequest, 'EnrolmentChallengeRequest'],
  [EnrolmentRequest, 'EnrolmentRequest'],
  [NodeSchema, 'Node'],
  [NodePageSchema, 'NodePage'],
  [AttestationAnswerSchema, 'AttestationAnswer'],
  [DecisionSchema, 'Decision'],
  [PoolSchema, 'Pool'],
  [PoolListSchema, 'PoolList'],
  [PoolPolicySchema, 'PoolPolicy'],
  [PolicyRequest, 'PolicyRequest'],
  [MisbehaviourPageSchema, 'MisbehaviourPage'],
  [EventSchema, 'Event'],
  [GapSchema, 'Gap'],
  [CandidatesSchema, 'Candidates'],
  [CandidateSchema, 'Candidate'],
  [EpochSchema, 'Epoch'],
  [ModelListSchema, 'ModelList'],
  [UsageRequest, 'UsageRequest'],
  [UsageFatesSchema, 'UsageFates'],
  [UsagePageSchema, 'UsagePage'],
  [ReadinessSchema, 'Readiness'],
  [KeySetSchema, 'KeySet'],
]);

/** A copy in which named schemas are referred to, but for the outermost of a component. */
function referring(part: unknown, whole?: object): unknown {
  if (typeof part !== 'object' || part === null) return part;
  const name = part === whole ? undefined : NAMED.get(part);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (Array.isArray(part)) return part.map((item) => referring(item));
  return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, referring(item)]));
}

/** `/v1/nodes/:node` is `/v1/nodes/{node}`; what a star stands for has a name here. */
function templateOf(path: string): string {
  return path.replaceAll(/:([a-z]+)/g, '{$1}').replace('*', '{path}');
}

function operationOf(route: DescribedRoute): object {
  const { operation, summary, description, body, origins } = route;
  return {
    operationId: operationId(route),
    summary,
    description: [
      description,
      `Operation \`${operation}\`.`,
      origins === 'any' &&
        'Pages of any origin may ask, with a key and without credentials (CORS).',
    ]
      .filter(Boolean)
      .join('\n\n'),
    parameters: [
      ...parametersOf(route.params, 'path'),
      ...parametersOf(route.query, 'query'),
      ...parametersOf(route.headers, 'header'),
    ],
    ...(body && {
      requestBody: {
        required: true,
        description: `At most ${body.limit} bytes.`,
        content: Object.fromEntries(
          body.types.map((type) => [
            type,
            body.kind === 'json' ? { schema: referring(body.schema) } : {},
          ]),
        ),
      },
    }),
    responses: responsesOf(route),
  };
}

function operationId({ method, path }: DescribedRoute): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${method.toLowerCase()}${name}`;
}

function parametersOf(schema: TObject | undefined, place: 'path' | 'query' | 'header'): object[] {
  const required = new Set<string>((schema as { required?: string[] } | undefined)?.required ?? []);
  return Object.entries<TSchema>(schema?.properties ?? {}).map(([name, member]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: referring(member),
  }));
}

/** What any route may have to say, whatever it does. */
const OF_ALL: readonly ProblemCode[] = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'too-many-requests',
  'internal',
  'unreachable',
  'busy',
  'closing',
  'took-too-long',
];
const OF_BODIES: readonly ProblemCode[] = ['length-required', 'too-large', 'media-type'];

/** The problems that a route may come to, in the order of their statuses. */
function problemsOf({ body, problems = [] }: DescribedRoute): readonly ProblemCode[] {
  const codes = new Set([...OF_ALL, ...(body ? OF_BODIES : []), ...problems]);
  return Object.keys(PROBLEMS).filter((code): code is ProblemCode =>
    codes.has(code as ProblemCode),
  );
}

function responsesOf(route: DescribedRoute): object {
  const responses: Record<string, { description: string; content?: object; headers?: object }> = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = { description: answer.description, ...contentOf(answer) };
  }
  for (const code of problemsOf(route)) {
    const { status, title } = PROBLEMS[code];
    const before = responses[status];
    const told = `${title} (\`${code}\`).`;
    responses[status] = {
      description: before ? `${before.description} ${told}` : told,
      content: { ...before?.content, [PROBLEM_TYPE]: { schema: referring(ProblemSchema) } },
      ...(HEADERS[status] && { headers: HEADERS[status] }),
    };
  }
  // Of connections and addresses that no route comes to see.
  responses['default'] = {
    description: 'Any other problem.',
    content: { [PROBLEM_TYPE]: { schema: referring(ProblemSchema) } },
  };
  return responses;
}

const RETRY = {
  'retry-after': { description: 'In seconds.', schema: { type: 'integer', minimum: 1 } },
};
const HEADERS: Readonly<Record<number, object>> = {
  401: { 'www-authenticate': { schema: { type: 'string' } } },
  429: RETRY,
  503: RETRY,
};

function contentOf({ type, schema }: AnswerSpec): { content?: object } {
  if (type === '') return {};
  const [mediaType = type] = type.split(';');
  return { content: { [mediaType]: schema ? { schema: referring(schema) } : {} } };
}
