import Type from 'typebox';
import { fromHex } from '../../../core/bytes/hex.ts';
import { AttestationAnswerSchema } from '../../../protocol/attestation.ts';
import { ChallengeSchema } from '../../../protocol/enrolment.ts';
import { BUNDLE_TYPE, NONCE_HEADER } from '../../../protocol/media-types.ts';
import { Nonce } from '../../../protocol/values.ts';
import type { AttestationAnswer, FleetService } from '../../fleet/service.ts';
import type { Subject } from '../../operation.ts';
import type { Limits } from '../limits.ts';
import { Refusal } from '../problem.ts';
import { type Answer, type Route, route } from '../route.ts';
import { acceptanceJson, reasonJson } from '../wire/decision-json.ts';
import { bytesBody, jsonAnswer } from './answer-specs.ts';
import { challengeJson } from './enrolment-routes.ts';
import { NodePath } from './node-routes.ts';

const OUTCOME = {
  answers: { 200: jsonAnswer('Accepted, and written into the ledger', AttestationAnswerSchema) },
  problems: [
    'attestation-rejected',
    'attestation-indeterminate',
    'conflict',
    'missing',
    'unsupported',
    'usage',
  ],
  costly: 'decision',
} as const;

export function attestationRoutes(
  fleet: Pick<FleetService, 'challenge' | 'attest' | 'call'>,
  limits: Limits,
): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/nodes/:node/challenges',
      operation: 'node.challenge',
      summary: 'A challenge for the evidence of an enrolled machine',
      params: NodePath,
      answers: { 200: jsonAnswer('Good once, until it ends', ChallengeSchema) },
      problems: ['missing', 'conflict', 'usage'],
      handle: async ({ params }) => ({
        status: 200,
        body: challengeJson(await fleet.challenge(params.node)),
      }),
    }),
    route({
      method: 'POST',
      path: '/v1/nodes/:node/attestations',
      operation: 'node.attest',
      summary: 'Evidence for a challenge: verified, appraised, recorded, and only then answered',
      description:
        'A rejection is a problem with status 403, what could not be decided one with 503 and `Retry-After`; both are decisions, and in the ledger.',
      params: NodePath,
      headers: Type.Object({ [NONCE_HEADER]: Nonce }, { additionalProperties: false }),
      body: bytesBody([BUNDLE_TYPE], limits.body.bundle),
      ...OUTCOME,
      handle: async ({ params: { node }, headers, body, now, reasons }) => {
        const nonce = fromHex(headers[NONCE_HEADER], `header.${NONCE_HEADER}`, 32);
        const answer = await fleet.attest(node, { nonce, bundle: body });
        return answerOf(answer, now(), reasons, limits);
      },
    }),
    route({
      method: 'POST',
      path: '/v1/nodes/:node/call',
      operation: 'node.call',
      summary: 'Asks a machine at its endpoint, unannounced, and decides on what it answers',
      params: NodePath,
      ...OUTCOME,
      handle: async ({ params: { node }, now, reasons }) =>
        answerOf(await fleet.call(node), now(), reasons, limits),
    }),
  ];
}

function answerOf(
  answer: AttestationAnswer,
  now: number,
  reasons: (subject: Subject) => 'seen' | 'kept',
  { retryAfter }: Limits,
): Answer {
  const { decision, verdict, node } = answer;
  if (verdict === 'accept') {
    const seen = reasons({ node: node.id, pool: node.pool });
    return { status: 200, decision, body: acceptanceJson(answer, now, seen) };
  }
  const first = answer.reasons.find(({ outcome }) => outcome === 'fail') ?? answer.reasons[0];
  const told = {
    decision,
    ...(first && { code: first.code }),
    reasons: answer.reasons.map(reasonJson),
  };
  if (verdict === 'reject') throw new Refusal('attestation-rejected', told);
  throw new Refusal('attestation-indeterminate', {
    ...told,
    retryAfter: answer.retryAfter ?? retryAfter,
  });
}
