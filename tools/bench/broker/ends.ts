import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { bodyOf, FakeAgent, NONCE, sealedRequest } from '../../../test/support/fake-agent.ts';

/** Of one answer. */
const MIB = 16;
const PART = Buffer.alloc(64 * 1024, 0x40);

/** An agent whose answers are long, and signed where a gateway asks. */
export async function longAgent(): Promise<FakeAgent> {
  const agent = await FakeAgent.start();
  agent.serve = async (request, response) => {
    const body = await bodyOf(request);
    response.writeHead(200, {
      'content-type': 'message/ohttp-chunked-res',
      trailer: 'postern-usage',
    });
    response.write(NONCE);
    for (let sent = 0; sent < MIB * 16; sent++) {
      if (!response.write(PART)) await once(response, 'drain');
    }
    if (request.headers['postern-account'] === undefined) response.end();
    else agent.finish(request, response, body);
  };
  return agent;
}

let seed = 0;

/** A client's request. */
export function sealed(url: string, headers: Readonly<Record<string, string>> = {}) {
  const request = httpRequest(url, {
    method: 'POST',
    headers: {
      authorization: 'Bearer client',
      'content-type': 'message/ohttp-chunked-req',
      ...headers,
    },
  });
  request.end(sealedRequest(++seed, 1000));
  return request;
}

/** Takes some long answers, one after the other. @returns how many MiB came. */
export async function take(url: string, answers: number, headers = {}): Promise<number> {
  for (let i = 0; i < answers; i++) {
    const [answer] = await once(sealed(url, headers), 'response');
    let length = 0;
    answer.on('data', (part: Uint8Array) => {
      length += part.length;
    });
    await once(answer, 'end');
    if (length < MIB * 1024 * 1024) throw new Error(`${url}: ${length} bytes came`);
  }
  return answers * MIB;
}
