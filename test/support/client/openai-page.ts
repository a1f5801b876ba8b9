import OpenAI from 'openai';
import { createPostern } from '../../../src/client/create-postern.ts';
import { fromBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';

/** What the page is told, as JSON, at `/page.json`. */
export interface OpenAiPageOptions {
  /** Of another origin than the page's. */
  readonly gateway: string;
  readonly apiKey: string;
  readonly pool: string;
  readonly model: string;
  readonly prompt: string;
  /** PEM. */
  readonly policyOwner: string;
  readonly verifierKey: string;
  /** The simulator's root for TDX; DER in base64. */
  readonly root: string;
}

/** What the page found, as JSON, posted to `/found`. */
export interface OpenAiPageFound {
  readonly words?: readonly string[];
  readonly state?: string | undefined;
  readonly receipts?: number;
  /** Status of what the server itself refused. */
  readonly failed?: number | undefined;
  /** How a route that is not for pages of other origins was answered. */
  readonly operators?: string;
  readonly error?: string;
}

async function run(): Promise<OpenAiPageFound> {
  const options = (await (await fetch('/page.json')).json()) as OpenAiPageOptions;
  const { gateway, apiKey, pool, model, prompt } = options;
  let receipts = 0;
  const postern = await createPostern({
    gateway,
    apiKey,
    pool,
    policy: {
      name: pool,
      signers: { keys: [options.policyOwner], threshold: 1 },
      leastRevision: 1,
    },
    ledger: { verifierKey: options.verifierKey },
    anchors: { tdx: [anchorFromCertificate(fromBase64(options.root, 'root'), 'root')] },
    onReceipt: () => receipts++,
  });
  const openai = new OpenAI({
    baseURL: `${gateway}/v1`,
    apiKey,
    fetch: postern.fetch,
    maxRetries: 0,
    dangerouslyAllowBrowser: true,
  });
  const messages = [{ role: 'user' as const, content: prompt }];
  const words: string[] = [];
  for await (const { choices } of await openai.chat.completions.create({
    model,
    messages,
    stream: true,
  })) {
    words.push(choices[0]?.delta.content ?? '');
  }
  // Left in its middle.
  const hanging = await openai.chat.completions.create({
    model: 'fault:hangs-mid-stream',
    messages,
    stream: true,
  });
  for await (const _ of hanging) break;
  const failed = await openai.chat.completions
    .create({ model: 'fault:server-error', messages })
    .then(() => undefined)
    .catch((error: unknown) => (error instanceof OpenAI.APIError ? error.status : undefined));
  const operators = await fetch(`${gateway}/v1/nodes`, { headers: { authorization: 'Bearer x' } })
    .then(({ status }) => `${status}`)
    .catch((error: unknown) => (error instanceof TypeError ? 'kept from the page' : String(error)));
  return {
    words: words.filter((word) => word !== ''),
    state: postern.verification().nodes.find(({ state }) => state === 'verified')?.state,
    receipts,
    failed,
    operators,
  };
}

const found = await run().catch((error: unknown): OpenAiPageFound => ({ error: String(error) }));
await fetch('/found', { method: 'POST', body: JSON.stringify(found) });
