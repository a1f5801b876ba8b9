import type { IncomingMessage } from 'node:http';
import { PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { answerBytes } from '../answer-bytes.ts';

const LARGEST = 16 * 1024;
/** Nothing else of what an agent says outside is handed on. */
const STATUSES: ReadonlySet<number> = new Set([400, 409, 413, 415, 422]);

/** An agent's own refusal of what is outside, as it wrote it; undefined where the answer is none. */
export async function agentProblem(
  answer: IncomingMessage,
): Promise<{ readonly status: number; readonly body: Uint8Array } | undefined> {
  const { statusCode: status = 0 } = answer;
  if (!STATUSES.has(status) || mediaType(answer) !== PROBLEM_TYPE) return undefined;
  const body = await answerBytes(answer, LARGEST).catch(() => undefined);
  return body && { status, body };
}

/** Lower-case, without parameters. */
export function mediaType({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
