import { Agent, request } from 'node:http';
import { parentPort } from 'node:worker_threads';

/** Requests that are to be made, so many at once. */
export interface Asking {
  readonly url: string;
  readonly type: string;
  readonly atOnce: number;
  readonly requests: readonly { readonly query: string; readonly body: Uint8Array }[];
}

/** Whoever asks a gateway, in a thread of its own: answers with how long each took, in milliseconds. */
parentPort?.on('message', async (asking: Asking) => {
  // A connection kept from before may have been closed meanwhile.
  const agent = new Agent({ keepAlive: true });
  const waiting = [...asking.requests];
  const took: number[] = [];
  const turns = Array.from({ length: asking.atOnce }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const start = performance.now();
      await post(agent, `${asking.url}?${next.query}`, asking.type, next.body);
      took.push(performance.now() - start);
    }
  });
  await Promise.all(turns);
  agent.destroy();
  parentPort?.postMessage(took);
});

function post(agent: Agent, url: string, type: string, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200 && text.startsWith('{"verdict":"accept"')) resolve();
        else reject(new Error(`${answer.statusCode} ${text.slice(0, 200)}`));
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
