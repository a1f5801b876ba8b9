import { Fault } from '../core/fault.ts';

/**
 * Reads a body while counting, so that an endless one costs no more than the limit.
 *
 * @throws Fault `unreachable` when it is too long, or ends before its own Content-Length;
 * what the connection itself throws is passed on.
 */
export async function readBody(
  response: Response,
  url: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const declared = declaredLength(response.headers);
  const tooLong = () =>
    new Fault('unreachable', url, `the answer is longer than ${maxBytes} bytes`);
  if (declared !== undefined && declared > maxBytes) {
    await response.body?.cancel().catch(() => undefined);
    throw tooLong();
  }
  const reader = response.body?.getReader();
  // One buffer that grows: a list of chunks would cost far more than the limit in one-byte chunks.
  let body = new Uint8Array(declared ?? 65_536);
  let length = 0;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    const end = length + value.length;
    if (end > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLong();
    }
    if (end > body.length) {
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(end, 2 * body.length)));
      larger.set(body.subarray(0, length));
      body = larger;
    }
    body.set(value, length);
    length = end;
  }
  if (declared !== undefined && declared !== length) {
    throw new Fault('unreachable', url, `the answer ended after ${length} of ${declared} bytes`);
  }
  return body.subarray(0, length);
}

/** Content-Length, where it counts the bytes that we see: not those before decompression. */
function declaredLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  if (text === null || headers.has('content-encoding') || !/^\d{1,15}$/.test(text)) {
    return undefined;
  }
  return Number(text);
}
