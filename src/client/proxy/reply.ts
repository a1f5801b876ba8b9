import type { ServerResponse } from 'node:http';
import type { Failure } from './failure.ts';

/** On every answer: none is for a cache, another site's page, or a browser to guess about. */
const CLOSED: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** An answer that a page could be made of has no rights at all. */
const SANDBOX = {
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
};

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const json = { 'content-type': 'application/json; charset=utf-8' };
  send(response, status, JSON.stringify(value), { ...json, ...headers });
}

export function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, {
    ...CLOSED,
    ...SANDBOX,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** @param shape of the API that was asked. */
export function sendFailure(
  response: ServerResponse,
  failure: Failure,
  shape: (failure: Failure) => unknown,
): void {
  // Both SDKs ask again by themselves otherwise.
  const again = failure.again ? {} : { 'x-should-retry': 'false' };
  // What is left of a body that nobody read would be taken for the next request.
  sendJson(response, failure.status, shape(failure), { ...again, connection: 'close' });
}

export function beginStream(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...CLOSED, ...SANDBOX, ...headers });
  response.flushHeaders();
}

/** Writes no faster than the other side reads. @returns false once it is gone. */
export async function write(response: ServerResponse, part: Uint8Array | string): Promise<boolean> {
  if (response.destroyed) return false;
  if (part.length === 0 || response.write(part)) return true;
  return new Promise((resolve) => {
    const over = (goesOn: boolean) => () => {
      response.off('drain', drained);
      response.off('close', closed);
      resolve(goesOn);
    };
    const [drained, closed] = [over(true), over(false)];
    response.once('drain', drained);
    response.once('close', closed);
  });
}

/**
 * Ends an answer that broke: the connection is torn, so that nobody takes what came for a whole one.
 *
 * @param last what is still said before.
 */
export async function tear(response: ServerResponse, last: string): Promise<void> {
  if (last !== '' && !response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once('close', () => resolve());
      response.write(last, () => resolve());
    });
  }
  response.destroy();
}
