import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { checkReceipt } from '../../src/client/receipt.ts';
import { sessionId } from '../../src/protocol/session/session-id.ts';
import {
  type Asked,
  fieldOf,
  innerRequest,
  keysOf,
  opened,
  ready,
  sealed,
  send,
} from '../support/agent-bed.ts';

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const body = { model: 'simulated', messages: [{ role: 'user', content: 'a b' }] };

it.each<[string, Asked, number]>([
  ['an answer', { body }, 200],
  ['a stream', { body: { ...body, stream: true } }, 200],
  ['a refusal', { body, path: '/v1/other' }, 403],
  ['a server that is away', { body: { ...body, model: 'fault:dies-before' } }, 502],
  ['a server’s own error', { body: { ...body, model: 'fault:server-error' } }, 500],
])('a client finds the receipt right of %s', async (_name, asked, status) => {
  const bed = await ready();
  const request = sealed(bed, innerRequest(bed, asked));
  const answer = opened(request, await send(bed, request.bytes));
  const { receiptKey, digest } = keysOf(bed.agent.keyset());
  const statements = {
    receipt: fieldOf(answer.trailers, 'postern-receipt'),
    usage: answer.came.trailers['postern-usage'],
  };
  const checked = checkReceipt(statements, receiptKey, {
    machine: { node: 'n', pool: 'p', keyset: digest },
    session: sessionId(request.sealer.enc),
    model: (asked.body as { model: string }).model,
    status,
    requestSha256: sha256Hex(request.plain),
    responseSha256: sha256Hex(answer.content),
  });
  expect(checked.outcome).toBe('complete');
});
