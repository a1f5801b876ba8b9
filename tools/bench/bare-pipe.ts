import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BarePipe {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** What passes requests and answers on can do no less than this. @param target of every request. */
export async function barePipe(target: URL): Promise<BarePipe> {
  const server = createServer((request, response) => {
    const up = httpRequest(target, { method: 'POST' }, (answer) => {
      response.writeHead(200, { 'content-type': answer.headers['content-type'] });
      answer.pipe(response);
    });
    request.pipe(up);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
