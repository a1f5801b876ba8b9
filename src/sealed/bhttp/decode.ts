import { concatBytes } from '../../core/bytes/writer.ts';
import type {
  MessageKind,
  MessageLimits,
  RequestMessage,
  ResponseHead,
  ResponseMessage,
} from './message.ts';
import { type MessageEvent, MessageParser } from './parser.ts';

/**
 * A request that is all there, of known or indeterminate length.
 *
 * @throws SealedFault `malformed`, `oversized`, `incomplete`.
 */
export function decodeRequest(
  bytes: Uint8Array,
  limits: Partial<MessageLimits> = {},
): RequestMessage {
  const events = eventsOf('request', bytes, limits);
  const head = events.find((event) => event.kind === 'request');
  if (!head) throw new RangeError('a request without a head was taken');
  const { method, scheme, authority, path, fields } = head;
  return { method, scheme, authority, path, fields, ...bodyOf(events) };
}

/** A response that is all there; @throws as {@link decodeRequest}. */
export function decodeResponse(
  bytes: Uint8Array,
  limits: Partial<MessageLimits> = {},
): ResponseMessage {
  const events = eventsOf('response', bytes, limits);
  const head = events.find((event) => event.kind === 'response');
  if (!head) throw new RangeError('a response without a head was taken');
  const plain = ({ status, fields }: ResponseHead): ResponseHead => ({ status, fields });
  const informational = events.filter((event) => event.kind === 'informational').map(plain);
  return { informational, ...plain(head), ...bodyOf(events) };
}

function eventsOf(
  kind: MessageKind,
  bytes: Uint8Array,
  limits: Partial<MessageLimits>,
): readonly MessageEvent[] {
  const parser = new MessageParser(kind, limits);
  return [...parser.push(bytes), ...parser.end()];
}

function bodyOf(events: readonly MessageEvent[]) {
  const contents = events.filter((event) => event.kind === 'content').map(({ bytes }) => bytes);
  const trailers = events.find((event) => event.kind === 'trailers')?.fields ?? [];
  return { content: concatBytes(...contents), trailers };
}
