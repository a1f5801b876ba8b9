import { fromUtf8 } from '../../core/bytes/text.ts';
import { PosternError } from '../errors.ts';
import { Refusal, readAll } from '../gateway.ts';
import type { Failure } from './failure.ts';

const UNAUTHENTICATED = 'postern-unauthenticated';
const LARGEST_PROBLEM = 16 * 1024;

/**
 * What the gateway marks as its own words: no machine said it, and nobody vouches for it.
 *
 * @param path that was asked for.
 * @returns undefined for a machine's answer, which nothing was read of.
 */
export async function gatewayRefusal(
  path: string,
  response: Response,
): Promise<PosternError | undefined> {
  if (!response.headers.has(UNAUTHENTICATED)) return undefined;
  const { message } = new Refusal(path, response.status, await problemIn(response));
  return new PosternError('relay.refused', message);
}

/** The same, for whoever asked the proxy. */
export async function failureOfGateway(
  path: string,
  response: Response,
): Promise<Failure | undefined> {
  const error = await gatewayRefusal(path, response);
  if (error === undefined) return undefined;
  const { code, stage, trust, message } = error;
  const { status } = response;
  return { status, code, message, stage, trust, again: status === 429 || status >= 500 };
}

/** Title and detail of a problem document (RFC 9457), as a quotation. */
async function problemIn(response: Response): Promise<string> {
  try {
    const text = fromUtf8(await readAll(response, LARGEST_PROBLEM, 'problem'), 'problem');
    const { title, detail }: Record<string, unknown> = JSON.parse(text);
    const words = [title, detail].filter((word) => typeof word === 'string');
    return JSON.stringify(words.join('; ').slice(0, 300));
  } catch {
    return '';
  }
}
