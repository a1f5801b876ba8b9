import { Fault } from '../../core/fault.ts';

/** Where the local server is: a port of this machine's loopback, or a socket in its file system. */
export type UpstreamAddress =
  | { readonly kind: 'loopback'; readonly host: '127.0.0.1' | '::1'; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})$/;
const UNIX = /^unix:(\/[^\p{C}\p{Zl}\p{Zp}]{1,106})$/u;

/**
 * `http://127.0.0.1:8000`, `http://[::1]:8000` or `unix:/run/vllm.sock`, and nothing else: prompts
 * go nowhere outside of this machine. A name (`localhost` too) leads where a resolver says.
 *
 * @throws Fault `usage` at `upstream.address`.
 */
export function parseUpstreamAddress(text: string): UpstreamAddress {
  const [, path] = UNIX.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', path };
  const [, host, port] = LOOPBACK.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    const detail = 'want http://127.0.0.1:<port>, http://[::1]:<port> or unix:<path of a socket>';
    throw new Fault('usage', 'upstream.address', detail);
  }
  return { kind: 'loopback', host: host === '127.0.0.1' ? host : '::1', port: Number(port) };
}
