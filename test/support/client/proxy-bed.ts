import { randomBytes } from 'node:crypto';
import { createPostern } from '../../../src/client/create-postern.ts';
import type { PosternOptions } from '../../../src/client/options.ts';
import type { Postern } from '../../../src/client/postern.ts';
import type { Visit } from '../../../src/client/proxy/handler.ts';
import { Receipts } from '../../../src/client/proxy/receipts.ts';
import { type RunningProxy, startProxy } from '../../../src/client/proxy/server.ts';
import { makeTokens, type ProxyTokens } from '../../../src/client/proxy/tokens.ts';
import { type ClientBed, clientBed } from './bed.ts';
import { GATEWAY } from './gateway.ts';

/** A proxy that listens, and what it was told to be. */
export interface ProxyBed {
  readonly proxy: RunningProxy;
  readonly tokens: ProxyTokens;
  readonly port: number;
  readonly visits: readonly Visit[];
  readonly receipts: Receipts;
}

export async function proxyOf(
  postern: Pick<Postern, 'fetch' | 'verification'>,
  more: { readonly receipts?: Receipts; readonly largestRequest?: number } = {},
): Promise<ProxyBed> {
  const tokens = makeTokens((length) => new Uint8Array(randomBytes(length)));
  const visits: Visit[] = [];
  const receipts = more.receipts ?? new Receipts(Date.now);
  const proxy = await startProxy({
    ...more,
    postern,
    receipts,
    tokens,
    host: '127.0.0.1',
    port: 0,
    onVisit: (visit) => visits.push(visit),
  });
  return { proxy, tokens, port: Number(new URL(proxy.url).port), visits, receipts };
}

/** One before a stand-in gateway and machine. */
export async function sealedProxy(
  changes: Parameters<typeof clientBed>[0] = {},
  more: Pick<PosternOptions, 'resume'> = {},
): Promise<ProxyBed & { readonly bed: ClientBed; readonly postern: Postern }> {
  const bed = await clientBed(changes);
  const receipts = new Receipts(() => bed.gateway.now);
  const postern = await createPostern({
    ...bed.options,
    ...more,
    apiKey: 'key-1',
    onReceipt: receipts.add,
  });
  return { ...(await proxyOf(postern, { receipts })), bed, postern };
}

/** One before whatever a test answers; nothing is sealed. */
export function answering(
  answer: (path: string, init: RequestInit) => Response | Promise<Response>,
): Pick<Postern, 'fetch' | 'verification'> {
  return {
    fetch: async (input, init = {}) => answer(String(input).slice(GATEWAY.length), init),
    verification: () => ({
      gateway: GATEWAY,
      policy: undefined,
      ledger: { state: 'unchecked' },
      nodes: [],
    }),
  };
}
