import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brokerBed, POOL } from '../../../test/support/broker-bed.ts';
import { bodyOf, FakeAgent, NONCE, sealedRequest } from '../../../test/support/fake-agent.ts';
import type { Scratch } from '../ledger/scratch.ts';
import { type Measurement, type Operation, row, type Workload } from '../measure.ts';

/** Of one answer. */
const MIB = 16;
const PART = Buffer.alloc(64 * 1024, 0x40);

/** The rows about the relay: a whole gateway, and a bare pipe between the same two ends. */
export async function brokerMeasurements(scratch: Scratch): Promise<readonly Measurement[]> {
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
  const each = { requests: 1_000_000, streams: 100, tokens: undefined, evidence: 1 };
  const bed = await brokerBed({ limits: { each } });
  const node = bed.admit(agent);
  const pipe = await barePipe(agent.endpoint);
  scratch.onEnd(async () => {
    await bed.close();
    await new Promise((resolve) => pipe.close(resolve));
    await agent.stop();
  });
  const { port } = pipe.address() as AddressInfo;
  return [
    row({
      subject: relayed('broker.relay', `${bed.url}/ohttp/${POOL}/${node}`),
      against: relayed('limit.pipe', `http://127.0.0.1:${port}/`),
      atLeast: 0.85,
    }),
  ];
}

/** What passes an answer on can do no less than this. */
async function barePipe(endpoint: string): Promise<Server> {
  const target = new URL('sealed', endpoint);
  const server = createServer((request, response) => {
    const up = httpRequest(target, { method: 'POST' }, (answer) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res' });
      answer.pipe(response);
    });
    request.pipe(up);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

let seed = 0;

function relayed(name: string, url: string): Workload {
  const operation: Operation = async () => {
    const request = httpRequest(url, {
      method: 'POST',
      headers: {
        authorization: 'Bearer client',
        'content-type': 'message/ohttp-chunked-req',
      },
    });
    request.end(sealedRequest(++seed, 1000));
    const [answer] = await once(request, 'response');
    let length = 0;
    answer.on('data', (part: Uint8Array) => {
      length += part.length;
    });
    await once(answer, 'end');
    if (length < MIB * 1024 * 1024) throw new Error(`${name}: ${length} bytes came`);
  };
  return { name, prepare: () => operation };
}
