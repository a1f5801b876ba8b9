import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { brokerBed, POOL } from '../../../test/support/broker-bed.ts';
import { FakeAgent } from '../../../test/support/fake-agent.ts';

/*
 * A gateway in a process of its own, so that its memory is nobody else's. It says where it relays,
 * and how much memory it has each time that it is asked.
 */

const [, , endpoint = '', most = '0'] = process.argv;
const streams = Number(most) + 1;
const bed = await brokerBed({
  limits: { streams, each: { requests: 1_000_000, streams, tokens: undefined, evidence: 1 } },
  http: { connection: { ...LIMITS.connection, count: streams, each: streams } },
});
const agent = new FakeAgent();
const node = bed.admit({ keyset: agent.keyset, keysetSha384: agent.keysetSha384, endpoint });
process.send?.(`${bed.url}/ohttp/${POOL}/${node}`);
process.on('message', () => {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
process.once('disconnect', () => void bed.close().then(() => process.exit()));
