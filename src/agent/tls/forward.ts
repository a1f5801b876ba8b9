import type { NetConnectOpts } from 'node:net';
import { Fault } from '../../core/fault.ts';

const LOOPBACK = /^(127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})$/;
const UNIX = /^unix:(\/[^\p{C}\p{Zl}\p{Zp}]{1,106})$/u;

/**
 * `127.0.0.1:8000`, `[::1]:8000` or `unix:/run/server.sock`, and nothing else: what was sent to this
 * machine goes nowhere outside of it.
 *
 * @throws Fault `usage` at `tls.forward`.
 */
export function parseForward(text: string): NetConnectOpts {
  const [, path] = UNIX.exec(text) ?? [];
  if (path !== undefined) return { path };
  const [, host, port] = LOOPBACK.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    const detail = 'want 127.0.0.1:<port>, [::1]:<port> or unix:<path of a socket>';
    throw new Fault('usage', 'tls.forward', detail);
  }
  return { host: host === '127.0.0.1' ? host : '::1', port: Number(port) };
}
