import { utf8 } from '../../src/core/bytes/text.ts';
import type { BrokerService } from '../../src/gateway/broker/service.ts';
import { DECISION, NODE } from './fake-fleet.ts';

export const SESSION = 'cd'.repeat(32);

/** A broker that answers what it is told. */
export function fakeBroker(answers: Partial<BrokerService> = {}): BrokerService {
  return {
    candidates: async ({ model }) => ({
      pool: 'h100',
      ...(model !== undefined && { model }),
      ledger: { origin: 'log.example' },
      candidates: [
        {
          node: NODE,
          name: 'node-1',
          region: 'eu',
          weight: 1,
          until: '2026-03-01T12:05:00Z',
          decision: DECISION,
          keysetSha384: 'ab'.repeat(48),
          proofs: [{ entry: 'e30=', proof: 'e30=', salt: '12'.repeat(32) }],
        },
      ],
    }),
    models: () => [{ model: 'some-model', pool: 'h100' }],
    evidence: async () => utf8('{"v":1}'),
    epoch: async () => ({ checkpoint: 'log.example\n1\n', bundle: 'e30=' }),
    open: async () => ({
      is: 'answer',
      session: SESSION,
      to: (response) => response.end('sealed'),
    }),
    resume: ({ session }) => ({ session, to: (response) => response.end('sealed') }),
    abort: () => {},
    handIn: async (_node, statements) => statements.map(() => 'taken'),
    usage: async () => [
      {
        seq: 4,
        node: NODE,
        account: 'ef'.repeat(16),
        keyset: 'ab'.repeat(48),
        session: SESSION,
        nth: 1,
        tokens: 7,
        statement: 'e30.e30.c2ln',
        at: 1,
      },
    ],
    ...answers,
  };
}
