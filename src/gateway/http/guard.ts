import type { IncomingMessage } from 'node:http';
import { malformed } from '../../core/fault.ts';
import type { Limits } from './limits.ts';
import { Refusal } from './problem.ts';
import { atMost } from './read-body.ts';
import type { BodyRule } from './route.ts';

/** Of these a second would be for somebody who reads another than we do. */
const ONCE = new Set([
  'host',
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'last-event-id',
  'postern-nonce',
]);

/**
 * What makes a request one thing to whoever reads it: a path in its one spelling, headers that are
 * not there twice, all of them in sight.
 *
 * @throws Refusal or Fault.
 */
export function checkHead(request: IncomingMessage, limits: Limits['request']): void {
  const { url = '', rawHeaders, httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw malformed('version', 'want HTTP/1.1');
  if (url.length > limits.url) throw new Refusal('uri-too-long');
  if (!url.startsWith('/') || url.includes('#')) {
    throw malformed('path', 'want a path, without scheme, host and fragment');
  }
  const [path = ''] = url.split('?', 1);
  // Nothing here needs an escape, and what looks at paths before us may not decode them as we do.
  if (path.includes('%')) throw malformed('path', 'has escapes: nothing here needs any');
  if (rawHeaders.length / 2 > limits.headerCount) throw new Refusal('headers-too-large');
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (ONCE.has(name) && seen.has(name)) throw malformed(`header.${name}`, 'is there twice');
    seen.add(name);
  }
}

/** Whether a body is announced, and may be: before a byte of it is kept. @throws Refusal or Fault. */
export function checkBody(request: IncomingMessage, rule: BodyRule | undefined): void {
  const { headers } = request;
  // Of several codings the others would be left on: what is behind them, two may not read alike.
  if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
    throw malformed('header.transfer-encoding', 'want chunked, or none');
  }
  const length = Number(headers['content-length'] ?? 0);
  const chunked = headers['transfer-encoding'] !== undefined;
  if (rule === undefined) {
    if (length > 0 || chunked) throw malformed('body', 'there is no use for one here');
    return;
  }
  if (headers['content-length'] === undefined && !chunked) throw new Refusal('length-required');
  if (length > rule.limit) throw new Refusal('too-large', { detail: atMost(rule.limit) });
  const wanted = { detail: `want ${rule.types.join(' or ')}`, at: 'header.content-type' };
  if (!rule.types.includes(mediaType(headers['content-type']))) {
    throw new Refusal('media-type', wanted);
  }
  if (headers['content-encoding'] !== undefined) {
    throw new Refusal('media-type', { detail: 'want it as it is', at: 'header.content-encoding' });
  }
}

/** Without its parameters; of those, only a charset that changes nothing is let pass. */
function mediaType(header: string | undefined): string {
  const [type = '', ...parameters] = (header ?? '').toLowerCase().split(';');
  const plain = parameters.every((parameter) => /^\s*charset="?utf-8"?\s*$/.test(parameter));
  return plain ? type.trim() : '';
}
