import Type from 'typebox';
import { DecisionSchema } from '../../../protocol/attestation.ts';
import { DECISION_TYPE, TEXT_TYPE } from '../../../protocol/media-types.ts';
import { Id } from '../../../protocol/values.ts';
import type { FleetService } from '../../fleet/service.ts';
import { type Route, route } from '../route.ts';
import { decisionJson } from '../wire/decision-json.ts';
import { jsonAnswer } from './answer-specs.ts';

const DecisionPath = Type.Object({ decision: Id }, { additionalProperties: false });

/** Ids are those of leaves of the ledger. */
export function decisionRoutes(
  fleet: Pick<FleetService, 'decision' | 'exportDecision' | 'decisionProof'>,
): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/decisions/:decision',
      operation: 'decision.read',
      summary: 'What was decided',
      params: DecisionPath,
      answers: { 200: jsonAnswer('As it is recorded', DecisionSchema) },
      problems: ['missing'],
      handle: async ({ params: { decision }, reasons }) => {
        const record = await fleet.decision(decision);
        const seen = reasons(record.node === undefined ? {} : { node: record.node });
        return { status: 200, decision, body: decisionJson(record, seen) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/decisions/:decision/export',
      operation: 'decision.export',
      summary: 'A decision with all that it saw, as one file',
      description: 'For `postern audit verify` and `postern audit replay`, by anybody, offline.',
      params: DecisionPath,
      answers: { 200: { description: 'The file', type: DECISION_TYPE } },
      problems: ['missing', 'conflict'],
      handle: async ({ params: { decision } }) => ({
        status: 200,
        type: DECISION_TYPE,
        decision,
        body: await fleet.exportDecision(decision),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/decisions/:decision/proof',
      operation: 'decision.prove',
      summary: 'The proof that a decision is in the ledger',
      params: DecisionPath,
      answers: { 200: { description: 'C2SP tlog-proof', type: TEXT_TYPE } },
      problems: ['missing'],
      handle: async ({ params: { decision } }) => ({
        status: 200,
        type: TEXT_TYPE,
        decision,
        body: await fleet.decisionProof(decision),
      }),
    }),
  ];
}
