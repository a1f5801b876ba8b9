/** Enough for the endorsements of several kinds of machine; what is older is asked for again. */
const MOST = 512;

/**
 * Asks the same question once: many machines of one kind have the same endorsements. Only what
 * was answered is remembered, and for as long as one command runs.
 */
export function rememberingFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const known = new Map<string, Response>();
  return async (input, init) => {
    const key = await keyOf(input, init);
    const before = known.get(key);
    if (before) return before.clone();
    const response = await fetch(input, init);
    if (!response.ok) return response;
    const [oldest] = known.keys();
    if (known.size >= MOST && oldest !== undefined) known.delete(oldest);
    known.set(key, response.clone());
    return response;
  };
}

async function keyOf(
  input: Parameters<typeof globalThis.fetch>[0],
  init: RequestInit | undefined,
): Promise<string> {
  const request = new Request(input, { ...init, signal: null });
  const body = Buffer.from(await request.arrayBuffer()).toString('base64');
  const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`).sort();
  return [request.method, request.url, ...headers, body].join('\n');
}
