import Type from 'typebox';
import { closed, Duration, text } from '../../appraisal/policy/schema/values.ts';
import { MOST_OF_QUOTA } from '../../gateway/identity/key-quotas.ts';
import { RegionName } from '../../protocol/session/candidates.ts';
import { count, Size } from '../config/values.ts';

const PerMinute = Type.Integer({
  minimum: 1,
  maximum: MOST_OF_QUOTA.requests,
  description: 'so many a minute',
});

const BrokerPool = closed({
  /** One of `pools`. */
  pool: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$', description: 'the name of a pool' }),
  models: Type.Array(text(1, 256), { minItems: 1, maxItems: 256, uniqueItems: true }),
  region: Type.Optional(RegionName),
});

/** Sealed sessions with the machines of pools. */
export const Broker = closed({
  pools: Type.Optional(Type.Array(BrokerPool, { maxItems: 64 })),
  /** Of each API key that has none of its own. */
  quotas: Type.Optional(
    closed({
      requests: Type.Optional(PerMinute),
      streams: Type.Optional(count(1, MOST_OF_QUOTA.streams)),
      tokens: Type.Optional(
        Type.Union(
          [Type.Integer({ minimum: 1, maximum: MOST_OF_QUOTA.tokens }), Type.Literal('unlimited')],
          {
            description: 'unlimited, or tokens a day',
          },
        ),
      ),
      evidence: Type.Optional(PerMinute),
    }),
  ),
  limits: Type.Optional(
    closed({
      /** At once, of all. */
      streams: Type.Optional(count(1, 100_000)),
      /** Of one. */
      request: Type.Optional(Size),
      /** Challenges of one machine. */
      evidence: Type.Optional(PerMinute),
      /** Ciphertext that is kept to be continued, of one answer and of all. */
      kept: Type.Optional(Size),
      keptInAll: Type.Optional(Size),
    }),
  ),
  times: Type.Optional(
    closed({
      /** Of a session as a whole. */
      deadline: Type.Optional(Duration),
      /** Without a byte of it. */
      idle: Type.Optional(Duration),
      /** For sessions that run when the gateway ends. */
      drain: Type.Optional(Duration),
      /** How long an answer is kept after its end. */
      keep: Type.Optional(Duration),
      /** How long one goes on whose reader has gone. */
      wait: Type.Optional(Duration),
      /** How long an epoch is handed out before it is asked for again. */
      epoch: Type.Optional(Duration),
    }),
  ),
});
