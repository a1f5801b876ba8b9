import { createPostern } from '../../../src/client/create-postern.ts';
import { storageMemory } from '../../../src/client/memory.ts';
import { fromBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';

/** What the page is told, as JSON, at `/page.json`. */
export interface PageOptions {
  readonly policy: string;
  readonly verifierKey: string;
  readonly pool: string;
  readonly now: number;
  /** DER in base64. */
  readonly roots: {
    readonly tdx: string;
    readonly snp: string;
    readonly device: string;
    readonly rim: string;
  };
}

/** What the page found, as JSON, posted to `/found`. */
export interface Found {
  readonly text?: string;
  readonly state?: string | undefined;
  readonly evals?: boolean;
  readonly error?: string;
}

/** Runs in a browser, or where there is nothing but what one has. */
async function run(origin: string): Promise<Found> {
  const options = (await (await fetch(`${origin}/page.json`)).json()) as PageOptions;
  const root = (der: string) => [anchorFromCertificate(fromBase64(der, 'root'), 'root')];
  const { tdx, snp, device, rim } = options.roots;
  const items = new Map<string, string>();
  const storage = globalThis.localStorage ?? {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  const postern = await createPostern({
    gateway: origin,
    policy: { file: options.policy },
    ledger: { verifierKey: options.verifierKey },
    pool: options.pool,
    anchors: { tdx: root(tdx), snp: root(snp), nvidia: { device: root(device), rim: root(rim) } },
    memory: storageMemory(storage),
    now: () => options.now,
  });
  const response = await postern.fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm1', messages: [], stream: true }),
  });
  const text = await response.text();
  return { text, state: postern.verification().nodes[0]?.state, evals: evaluates() };
}

function evaluates(): boolean {
  try {
    return new Function('return true')();
  } catch {
    return false;
  }
}

const place =
  globalThis.location?.origin ?? (globalThis as { pageOrigin?: string }).pageOrigin ?? '';
const found = await run(place).catch((error: unknown): Found => ({ error: String(error) }));
await fetch(`${place}/found`, { method: 'POST', body: JSON.stringify(found) });
