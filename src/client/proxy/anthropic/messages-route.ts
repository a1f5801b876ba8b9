import { fromUtf8 } from '../../../core/bytes/text.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { Fault } from '../../../core/fault.ts';
import { readAll } from '../../gateway.ts';
import { readBody } from '../body.ts';
import { eventsIn, eventText, WholeEvents } from '../events.ts';
import { breakOff, type Exchange, isEventStream, partsOf } from '../exchange.ts';
import { anthropicError, type Failure } from '../failure.ts';
import { failureOfGateway } from '../refusal.ts';
import { beginStream, sendFailure, sendJson, write } from '../reply.ts';
import { messageOf } from './answer.ts';
import type { ChatRequest } from './chat.ts';
import { Untranslated } from './members.ts';
import { MessageStream } from './message-stream.ts';
import { isJson, textIn, UnfitAnswer } from './outcome.ts';
import { chatRequest } from './request.ts';

const CHAT = '/v1/chat/completions';
/** Of an answer that is translated whole. */
const LARGEST_ANSWER = 32 * 1024 * 1024;
/** Of an error of the model's server. */
const LARGEST_ERROR = 64 * 1024;

/**
 * Anthropic's `POST /v1/messages`, by way of chat completions.
 *
 * @returns what went wrong, where anything did.
 */
export async function messagesRoute(exchange: Exchange): Promise<Failure | undefined> {
  try {
    const content = await readBody(exchange.request, exchange.largestRequest);
    return await translate(exchange, chatRequest(jsonIn(content)));
  } catch (error) {
    return breakOff(exchange, error, (failure) => eventText(anthropicError(failure), 'error'));
  }
}

function jsonIn(content: Uint8Array) {
  try {
    return parseJson(fromUtf8(content, 'request'), 'request').value;
  } catch (error) {
    if (error instanceof Fault) throw new Untranslated(error.at, error.detail);
    throw error;
  }
}

async function translate(exchange: Exchange, chat: ChatRequest): Promise<Failure | undefined> {
  const answer = await exchange.fetch(CHAT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: chat.stream ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify(chat),
    signal: exchange.signal,
  });
  const failure = await failureOfGateway(CHAT, answer);
  if (failure) return refused(exchange, failure);
  if (answer.status !== 200) return refused(exchange, await failureOfServer(answer));
  if (chat.stream) return stream(exchange, answer);
  const completion = await readAll(answer, LARGEST_ANSWER, 'answer');
  sendJson(exchange.response, 200, messageOf(answerJson(new TextDecoder().decode(completion))));
  return undefined;
}

function refused({ response, shape }: Exchange, failure: Failure): Failure {
  sendFailure(response, failure, shape);
  return failure;
}

/** The machine's own word on why not, in the other API's shape. */
async function failureOfServer(answer: Response): Promise<Failure> {
  const text = new TextDecoder().decode(await readAll(answer, LARGEST_ERROR, 'answer'));
  const said = errorIn(text);
  const message = said === '' ? `the model’s server answered ${answer.status}` : said;
  const again = answer.status === 429 || answer.status >= 500;
  return { status: answer.status, code: 'model_server', message, again };
}

function errorIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const error = isJson(value) && isJson(value['error']) ? value['error'] : value;
    return isJson(error) ? textIn(error['message']) : '';
  } catch {
    return '';
  }
}

async function stream(exchange: Exchange, answer: Response): Promise<undefined> {
  const { response } = exchange;
  if (!isEventStream(answer)) throw new UnfitAnswer('a stream was asked for, and is not given');
  const [whole, message] = [new WholeEvents(), new MessageStream()];
  beginStream(response, 200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for await (const part of partsOf(answer)) {
    if (!(await write(response, translated(whole.push(part), message)))) return undefined;
  }
  // Only now is the end of it the machine's.
  const rest = translated(whole.end(), message);
  const end = message.end().map((event) => eventText(event, event.type));
  await write(response, rest + end.join(''));
  response.end();
  return undefined;
}

function translated(events: Uint8Array, message: MessageStream): string {
  let text = '';
  for (const data of eventsIn(events)) {
    if (data === '[DONE]') continue;
    if (data === undefined) text += ':\n\n';
    else for (const event of message.push(answerJson(data))) text += eventText(event, event.type);
  }
  return text;
}

function answerJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnfitAnswer('it is no JSON', { cause });
  }
}
