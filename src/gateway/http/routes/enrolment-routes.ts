import { fromHex, toHex } from '../../../core/bytes/hex.ts';
import {
  ChallengeSchema,
  EnrolmentChallengeRequest,
  EnrolmentRequest,
} from '../../../protocol/enrolment.ts';
import { NodeSchema } from '../../../protocol/node.ts';
import { writeTime } from '../../../protocol/values.ts';
import type { FleetService, IssuedChallenge } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { nodeJson } from '../wire/node-json.ts';
import { jsonAnswer, jsonBody } from './answer-specs.ts';

export function enrolmentRoutes(
  fleet: Pick<FleetService, 'enrolmentChallenge' | 'enrol'>,
  limits: Limits,
): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/challenges',
      operation: 'enrolment.challenge',
      summary: 'A challenge for whoever wants to enrol a machine under a key',
      body: jsonBody(EnrolmentChallengeRequest, limits.body.json),
      answers: { 200: jsonAnswer('Good once, until it ends', ChallengeSchema) },
      handle: async ({ body: { key } }) => ({
        status: 200,
        body: challengeJson(await fleet.enrolmentChallenge(key)),
      }),
    }),
    route({
      method: 'POST',
      path: '/v1/nodes',
      operation: 'node.enrol',
      summary: 'Enrols a machine: nothing is let to it before it was admitted',
      body: jsonBody(EnrolmentRequest, limits.body.json),
      answers: { 201: jsonAnswer('It is enrolled', NodeSchema) },
      problems: ['conflict', 'missing', 'usage'],
      subject: ({ body: { pool } }) => ({ pool }),
      handle: async ({ body, by, now, reasons }) => {
        const { name, key, pool, endpoint, services, inventory, nonce, signature } = body;
        const node = await fleet.enrol(
          {
            name,
            key,
            pool,
            ...(endpoint !== undefined && { endpoint }),
            ...(services && { services }),
            inventory,
            nonce: fromHex(nonce, 'body.nonce', 32),
            signature: fromHex(signature, 'body.signature', 64),
          },
          by,
        );
        return {
          status: 201,
          headers: { location: `/v1/nodes/${node.id}` },
          body: nodeJson(node, now(), reasons({ node: node.id, pool: node.pool })),
        };
      },
    }),
  ];
}

export function challengeJson({ nonce, purpose, expiresAt }: IssuedChallenge) {
  return { nonce: toHex(nonce), purpose, expiresAt: writeTime(expiresAt) };
}
