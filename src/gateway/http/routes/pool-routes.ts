import Type from 'typebox';
import { fromBase64 } from '../../../core/encoding/base64.ts';
import { Fault } from '../../../core/fault.ts';
import { PolicyRequest, PoolListSchema, PoolPolicySchema } from '../../../protocol/operator.ts';
import { PoolName } from '../../../protocol/values.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { poolJson, poolPolicyJson } from '../wire/pool-json.ts';
import { jsonAnswer, jsonBody } from './answer-specs.ts';

const PoolPath = Type.Object({ pool: PoolName }, { additionalProperties: false });

export function poolRoutes(
  fleet: Pick<FleetService, 'policies' | 'activatePolicy'>,
  limits: Limits,
): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/pools',
      operation: 'pool.read',
      summary: 'The pools, and which policy decides in each',
      answers: { 200: jsonAnswer('All of them', PoolListSchema) },
      handle: async () => ({
        status: 200,
        body: { items: (await fleet.policies()).map(poolJson) },
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/pools/:pool/policy',
      origins: 'any',
      operation: 'pool.read',
      summary: 'The policy that decides in a pool, as it was handed in',
      params: PoolPath,
      answers: { 200: jsonAnswer('With its files', PoolPolicySchema) },
      problems: ['missing'],
      handle: async ({ params: { pool } }) => {
        const policy = (await fleet.policies()).find((one) => one.pool === pool);
        if (!policy) throw new Fault('missing', 'path.pool', 'there is no such pool');
        return { status: 200, body: poolPolicyJson(policy) };
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/pools/:pool/policy',
      operation: 'pool.change',
      summary: 'Lets another policy decide in a pool: a signed one, or a later revision',
      description:
        'Every machine of the pool is looked at again. Where the keyring has a delay for later revisions, this one waits for its time, and the answer is the policy that decides until then.',
      params: PoolPath,
      body: jsonBody(PolicyRequest, limits.body.policy),
      answers: { 200: jsonAnswer('The policy that decides from now on', PoolPolicySchema) },
      problems: ['conflict', 'missing', 'unsupported', 'usage'],
      handle: async ({ params: { pool }, by, body: { file, revocations = [] } }) => {
        const policy = await fleet.activatePolicy(
          pool,
          by,
          fromBase64(file, 'body.file'),
          revocations.map((one, i) => fromBase64(one, `body.revocations[${i}]`)),
        );
        return { status: 200, body: poolPolicyJson(policy) };
      },
    }),
  ];
}
