import { PosternError } from '../errors.ts';
import { refusalOf } from '../gateway.ts';
import type { Failure } from './failure.ts';

/** What the gateway marks as its own words: no machine said it, and nobody vouches for it. */
export const UNAUTHENTICATED = 'postern-unauthenticated';

/** A gateway's refusal, told as what it is. */
export async function failureOfGateway(path: string, response: Response): Promise<Failure> {
  const { message } = await refusalOf(path, response);
  const { code, stage, trust, message: said } = new PosternError('relay.refused', message);
  const again = response.status === 429 || response.status >= 500;
  return { status: response.status, code, message: said, stage, trust, again };
}
