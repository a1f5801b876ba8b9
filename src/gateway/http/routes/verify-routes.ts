import Type from 'typebox';
import { text } from '../../../appraisal/policy/schema/values.ts';
import { fromHex } from '../../../core/bytes/hex.ts';
import { VerificationSchema } from '../../../protocol/appraisal.ts';
import { BUNDLE_TYPE, BYTES_TYPE } from '../../../protocol/media-types.ts';
import { Nonce, PoolName } from '../../../protocol/values.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { bytesBody, jsonAnswer } from './answer-specs.ts';

const VerifyQuery = Type.Object(
  {
    pool: Type.Optional(PoolName),
    nonce: Type.Optional(Nonce),
    purpose: Type.Optional(text(1, 256)),
  },
  { additionalProperties: false },
);

export function verifyRoutes(fleet: Pick<FleetService, 'verify'>, limits: Limits): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/verify',
      operation: 'evidence.verify',
      summary: 'Verifies evidence, and decides nothing',
      description:
        'Says what `postern verify --json` says of the evidence, whatever the verdict. It is no decision: nothing is written into the ledger, no token is issued, no node is let in or put out. With `pool`, the policy of that pool appraises it.',
      query: VerifyQuery,
      body: bytesBody([BYTES_TYPE, BUNDLE_TYPE], limits.body.bundle),
      answers: { 200: jsonAnswer('What was verified, and what it comes to', VerificationSchema) },
      problems: ['missing', 'unsupported', 'usage'],
      costly: 'verification',
      subject: ({ query: { pool } }) => (pool === undefined ? {} : { pool }),
      handle: async ({ query: { pool, nonce, purpose }, body }) => ({
        status: 200,
        body: await fleet.verify({
          evidence: body,
          ...(pool !== undefined && { pool }),
          ...(nonce !== undefined && { nonce: fromHex(nonce, 'query.nonce', 32) }),
          ...(purpose !== undefined && { purpose }),
        }),
      }),
    }),
  ];
}
