import { setTimeout } from 'node:timers/promises';
import { GatewayClient } from '../../../agent/gateway/gateway-client.ts';
import type { CheckedReceipt } from '../../../client/receipt.ts';
import { UsagePageSchema } from '../../../protocol/session/usage.ts';
import { ORIGIN } from '../folder.ts';
import { type Scene, wantShown } from '../scene.ts';

/** The receipt that came sealed with the answer, beside the statement that the gateway bills by. */
export async function showBilled(
  { io, world, teller }: Scene,
  receipt: CheckedReceipt | undefined,
): Promise<void> {
  teller.begin('The receipt: the enclave signed what was asked, what was answered, and how much');
  wantShown(receipt !== undefined, 'a receipt came with the answer');
  if (receipt === undefined) return;
  const { session, outcome, promptTokens, completionTokens, keyset, usage } = receipt;
  const proof = { kind: 'api-key', text: world.clientKey } as const;
  const client = new GatewayClient(io, { base: world.url, origin: ORIGIN, proof });
  const billed = await billedBy(client, usage);
  wantShown(billed, 'the gateway bills by the statement that the client has');
  teller.good(
    `${outcome}: ${promptTokens} tokens in, ${completionTokens} out, bound to exactly this request and this answer`,
  );
  teller.good('the gateway has the same statement and no other to bill by: GET /v1/usage');
  teller.line(`session ${session.slice(0, 32)}…`, 'dim');
  teller.facts('billed', {
    session,
    keyset,
    outcome,
    promptTokens,
    completionTokens,
    billedTheSame: billed,
  });
}

const PATIENCE = 20_000;
const PAUSE = 50;

/** It comes behind the answer, and is written down a moment later. */
async function billedBy(client: GatewayClient, usage: string): Promise<boolean> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const ask = { method: 'GET', path: '/v1/usage' } as const;
    const { items } = await client.json(UsagePageSchema, ask);
    if (items.some((item) => item.usage === usage)) return true;
    await setTimeout(PAUSE);
  }
  return false;
}
