import { readBody } from './body.ts';
import { eventText, WholeEvents } from './events.ts';
import { breakOff, type Exchange, isEventStream, partsOf } from './exchange.ts';
import { type Failure, openAiError } from './failure.ts';
import { failureOfGateway } from './refusal.ts';
import { beginStream, sendFailure, write } from './reply.ts';

/** What goes in with a request; tokens, cookies and what tells programs apart stay here. */
const SENT = /^(accept|content-type|idempotency-key|openai-(beta|organization|project))$/;
/** What comes out with an answer. */
const RETURNED = /^(content-type|content-disposition|retry-after|x-request-id|openai-[a-z-]+)$/;

/**
 * OpenAI's API, passed on as it is.
 *
 * @returns what went wrong, where anything did.
 */
export async function forward(exchange: Exchange): Promise<Failure | undefined> {
  try {
    return await passOn(exchange);
  } catch (error) {
    const event = (failure: Failure) => eventText(openAiError(failure), 'error');
    const isStream = /event-stream/.test(String(exchange.response.getHeader('content-type')));
    return breakOff(exchange, error, isStream ? event : undefined);
  }
}

async function passOn(exchange: Exchange): Promise<Failure | undefined> {
  const { request, response, path, query, signal } = exchange;
  const { method = 'GET' } = request;
  const content = await readBody(request, exchange.largestRequest);
  const answer = await exchange.fetch(path + query, {
    method,
    headers: kept(Object.entries(request.headers), SENT),
    ...(method !== 'GET' && content.length > 0 && { body: content as BodyInit }),
    signal,
  });
  const failure = await failureOfGateway(path, answer);
  if (failure) {
    sendFailure(response, failure, exchange.shape);
    return failure;
  }
  for (const [name, value] of Object.entries(kept(answer.headers, RETURNED))) {
    response.setHeader(name, value);
  }
  beginStream(response, answer.status, {});
  const events = isEventStream(answer) ? new WholeEvents() : undefined;
  for await (const part of partsOf(answer)) {
    if (!(await write(response, events ? events.push(part) : part))) return undefined;
  }
  if (events) await write(response, events.end());
  response.end();
  return undefined;
}

function kept(headers: Iterable<readonly [string, unknown]>, names: RegExp) {
  const found: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (typeof value === 'string' && names.test(name)) found[name] = value;
  }
  return found;
}
