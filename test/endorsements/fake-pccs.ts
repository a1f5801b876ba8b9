import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toHex } from '../../src/core/bytes/hex.ts';
import type { ServedEndorsements } from '../../src/simulator/tdx/endorsements.ts';

/** What is asked for, by the documents' names. */
export type Route = 'tcbInfo' | 'qeIdentity' | 'pckCrl' | 'rootCaCrl' | 'numbers';

export interface Answer {
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export type Behaviour = (
  response: ServerResponse,
  honest: Answer,
  request: IncomingMessage,
) => void;

const PATHS: ReadonlyMap<string, Route> = new Map([
  ['/tdx/certification/v4/tcb', 'tcbInfo'],
  ['/tdx/certification/v4/qe/identity', 'qeIdentity'],
  ['/sgx/certification/v4/pckcrl', 'pckCrl'],
  ['/sgx/certification/v4/rootcacrl', 'rootCaCrl'],
  ['/tdx/certification/v4/tcbevaluationdatanumbers', 'numbers'],
]);

/** A caching service on loopback that serves simulated collateral and can be told to misbehave. */
export class FakePccs {
  served: ServedEndorsements;
  numbers: Answer = { body: '', headers: {} };
  behaviours: Partial<Record<Route, Behaviour>> = {};
  /** Path and query of every request, in order of arrival. */
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(served: ServedEndorsements) {
    this.served = served;
  }

  static async start(served: ServedEndorsements): Promise<FakePccs> {
    const pccs = new FakePccs(served);
    await new Promise<void>((resolve) => {
      pccs.#server.listen(0, '127.0.0.1', resolve);
    });
    return pccs;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  /** Every route answers like this. */
  behave(behaviour: Behaviour): void {
    const routes = [...PATHS.values()];
    this.behaviours = Object.fromEntries(routes.map((route) => [route, behaviour]));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    const { pathname } = new URL(request.url ?? '', this.url);
    const route = PATHS.get(pathname);
    if (route === undefined) {
      response.writeHead(404).end();
      return;
    }
    const behaviour = this.behaviours[route] ?? honest;
    behaviour(response, this.#honestAnswer(route), request);
  }

  #honestAnswer(route: Route): Answer {
    const { tcbInfo, qeIdentity, pckCrl, rootCrl } = this.served;
    const chain = (name: string, pem: string) => ({ [name]: encodeURIComponent(pem) });
    switch (route) {
      case 'tcbInfo':
        return { body: tcbInfo.body, headers: chain('TCB-Info-Issuer-Chain', tcbInfo.issuerChain) };
      case 'qeIdentity':
        return {
          body: qeIdentity.body,
          headers: chain('SGX-Enclave-Identity-Issuer-Chain', qeIdentity.issuerChain),
        };
      case 'pckCrl':
        return { body: pckCrl.der, headers: chain('SGX-PCK-CRL-Issuer-Chain', pckCrl.issuerChain) };
      case 'rootCaCrl':
        return { body: toHex(rootCrl.der), headers: {} };
      case 'numbers':
        return this.numbers;
    }
  }
}

export const honest: Behaviour = (response, { body, headers }) => {
  response.writeHead(200, headers).end(body);
};

/** The honest headers around another body. */
export function body(other: string | Uint8Array | ((body: string) => string)): Behaviour {
  return (response, answer, request) => {
    const replaced = typeof other === 'function' ? other(String(answer.body)) : other;
    honest(response, { ...answer, body: replaced }, request);
  };
}

/** The honest body under other headers. */
export function headers(other: Readonly<Record<string, string>>): Behaviour {
  return (response, answer, request) => honest(response, { ...answer, headers: other }, request);
}

export function status(code: number, more: Readonly<Record<string, string>> = {}): Behaviour {
  return (response) => response.writeHead(code, more).end('no');
}

/** The first request fails like this, all others are answered honestly. */
export function once(behaviour: Behaviour): Behaviour {
  let used = 0;
  return (...args) => (used++ === 0 ? behaviour : honest)(...args);
}

export const stallBeforeHeaders: Behaviour = () => undefined;

export const stallInBody: Behaviour = (response, { body: whole, headers: all }) => {
  response.writeHead(200, all);
  response.write(whole.slice(0, whole.length / 2));
};

/** Announces all of it, sends half, hangs up. */
export const truncate: Behaviour = (response, { body: whole, headers: all }) => {
  const length = Buffer.byteLength(whole as string);
  response.writeHead(200, { ...all, 'Content-Length': length });
  response.write(whole.slice(0, whole.length / 2), () => response.destroy());
};

export const endless: Behaviour = (response, { headers: all }) => {
  response.writeHead(200, all);
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(16_384)));
  };
  response.on('drain', more);
  more();
};

export const reset: Behaviour = (_, __, request) => {
  request.socket.resetAndDestroy();
};

export const html: Behaviour = (response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end('<!doctype html><title>Please log in to the guest network</title>');
};
