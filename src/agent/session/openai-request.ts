import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { Fault } from '../../core/fault.ts';
import { DEEPEST_REQUEST, MODEL_NAME } from '../../protocol/session/request-body.ts';

/** What has to be known of a request to serve it. */
export interface OpenAiRequest {
  /** As it names one. */
  readonly model: string | undefined;
  /** What the server gets. */
  readonly body: Uint8Array;
}

const STREAMED = /^\/v1\/(?:chat\/)?completions$/;

/**
 * The body of a request in JSON. A stream of chat or completions that did not ask for its counts
 * does so here, since they can't be had otherwise; nothing else of the text is changed.
 *
 * @param path without its query.
 * @returns undefined where it is no JSON object with members that stand there once, or names a
 *   model that is no name: what is wrong with it is not said, since that would say what is in it.
 */
export function readOpenAiRequest(path: string, body: Uint8Array): OpenAiRequest | undefined {
  const read = objectIn(body);
  if (read === undefined) return undefined;
  const { text, value, members } = read;
  const model = value['model'];
  if (model !== undefined && !isModelName(model)) return undefined;
  const stream = value['stream'] ?? false;
  // Servers that take 1 or "yes" for true would stream what was not asked to count.
  if (typeof stream !== 'boolean') return undefined;
  const isStream = STREAMED.test(path) && stream;
  return { model, body: isStream ? utf8(counting(text, value, members)) : body };
}

/** The model that JSON names, where it names one: whatever else is in it is not looked at. */
export function modelNamedIn(body: Uint8Array): string | undefined {
  const model = objectIn(body)?.value['model'];
  return isModelName(model) ? model : undefined;
}

function isModelName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && MODEL_NAME.test(value);
}

/** @returns undefined where it is no JSON object with members that stand there once. */
function objectIn(body: Uint8Array) {
  try {
    const text = fromUtf8(body, 'body');
    const { value, members } = parseJson(text, 'body', DEEPEST_REQUEST);
    return isObject(value) ? { text, value, members } : undefined;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

type Members = ReturnType<typeof parseJson>['members'];

function counting(text: string, value: Fields, members: Members): string {
  const options = value['stream_options'];
  const span = members.get('stream_options');
  if (isObject(options) && options['include_usage'] === true) return text;
  const wanted = JSON.stringify({ ...(isObject(options) && options), include_usage: true });
  if (span) return `${text.slice(0, span.start)}${wanted}${text.slice(span.end)}`;
  const brace = text.indexOf('{') + 1;
  return `${text.slice(0, brace)}"stream_options":${wanted},${text.slice(brace)}`;
}

type Fields = { readonly [name: string]: JsonValue };

function isObject(value: JsonValue | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
